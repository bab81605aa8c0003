/** What our own `template` prints for a chart, made in this process. */
import { readFileSync } from 'node:fs';
import { ChartRenderError, renderChart } from '../../src/action/render.ts';
import { templateText } from '../../src/manifest/print.ts';
import { mergeOverrides } from '../../src/values/overrides.ts';
import type { Output } from './helm-output.ts';

export async function ourOutput(chart: string, values: string | undefined): Promise<Output> {
  try {
    const files = values === undefined ? [] : [values];
    const overrides = await mergeOverrides({ files }, (path) => readFileSync(path, 'utf8'));
    const { manifest, hooks } = await renderChart({
      chart,
      releaseName: 'release-name',
      namespace: 'default',
      overrides,
    });
    return { code: 0, stdout: templateText(manifest, hooks), stderr: '' };
  } catch (error) {
    const hint = error instanceof ChartRenderError ? '\n\nUse --debug flag to render out invalid YAML' : '';
    return { code: 1, stdout: '', stderr: `Error: ${(error as Error).message}${hint}\n` };
  }
}
