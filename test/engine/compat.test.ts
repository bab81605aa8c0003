/** Charts as helm 3.18.0, 4.1.4 and 4.2.3 rendered them: the golden file holds what each printed. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChartRenderError } from '../../src/action/render.ts';
import { renderChart } from '../../src/action/render-chart.ts';
import { loadFiles } from '../../src/chart/load-files.ts';
import type { CompatVersion } from '../../src/engine/compat.ts';
import { templateText } from '../../src/manifest/print.ts';

interface Case {
  files: Record<string, string>;
  kubeVersion?: string;
  expected: Record<CompatVersion, string>;
}

const golden = new URL('../golden/engine/compat.json', import.meta.url);
const cases = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, Case>;

for (const [title, { files, kubeVersion, expected }] of Object.entries(cases))
  for (const [compat, text] of Object.entries(expected) as [CompatVersion, string][])
    test(`${title}, ${compat}`, async () => {
      const chart = loadFiles(Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data) })));
      const options = { chart, releaseName: 'release-name', namespace: 'default', compat };
      const printed = await renderChart({ ...options, ...(kubeVersion && { kubeVersion }) }).then(
        ({ manifest, hooks }) => templateText(manifest, hooks),
        (error: Error) => {
          const hint = error instanceof ChartRenderError ? '\n\nUse --debug flag to render out invalid YAML' : '';
          return `Error: ${error.message}${hint}\n`;
        },
      );
      assert.is(printed, text);
    });

test.run();
