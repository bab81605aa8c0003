/** The rendering core bundles for a browser and renders there: in a context without Node's globals. */
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NAME, SCAFFOLD } from '../../src/chart/scaffold.ts';

const ENTRY = `
  import { processDependencies, toValuesChart } from './src/chart/dependencies.ts';
  import { loadFiles } from './src/chart/load-files.ts';
  import { render } from './src/engine/render.ts';
  import { toManifests } from './src/manifest/manifest.ts';
  import { coalesceValues } from './src/values/coalesce.ts';
  export function manifests(files, overrides) {
    const encoder = new TextEncoder();
    const loaded = loadFiles(Object.entries(files).map(([name, text]) => ({ name, data: encoder.encode(text) })));
    const chart = processDependencies(loaded, overrides);
    const values = coalesceValues(toValuesChart(chart), overrides);
    const context = { now: () => 0, randomBytes: (size) => new Uint8Array(size) };
    const rendered = render(chart, values, { release: { name: 'a', namespace: 'b' }, context });
    rendered.delete('web/templates/NOTES.txt');
    return toManifests(rendered).manifests.map(({ path, head }) => path + ' ' + head.kind + ' ' + head.metadata.name);
  }
`;

test('a chart renders where there is no Node', async () => {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: new URL('../..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'core',
    // Asked for by functions that a browser cannot have, and by them alone.
    external: ['node:*'],
    write: false,
    logLevel: 'silent',
  });
  const script = outputFiles[0]!.text;
  const context = createContext({ TextDecoder, TextEncoder });
  runInContext(script, context);
  context.files = Object.fromEntries(
    Object.entries(SCAFFOLD).map(([name, text]) => [name, text.replaceAll(NAME, 'web')]),
  );
  const manifests = runInContext('core.manifests(files, { ingress: { enabled: true } })', context) as string[];
  assert.equal(
    [...manifests],
    [
      'web/templates/serviceaccount.yaml ServiceAccount a-web',
      'web/templates/service.yaml Service a-web',
      'web/templates/deployment.yaml Deployment a-web',
      'web/templates/ingress.yaml Ingress a-web',
    ],
  );
});

test.run();
