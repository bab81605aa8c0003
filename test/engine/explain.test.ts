import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderChart } from '../../src/action/render-chart.ts';
import { loadFiles } from '../../src/chart/load-files.ts';
import { explainRenderError } from '../../src/engine/explain.ts';

async function explained(files: Record<string, string>, values = {}): Promise<string[]> {
  const all = { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n', ...files };
  const chart = loadFiles(Object.entries(all).map(([name, data]) => ({ name, data: Buffer.from(data) })));
  const options = { chart, releaseName: 'a', namespace: 'b', overrides: values };
  const error = await renderChart(options).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return explainRenderError(error, { chart, values });
}

test('the chain of includes with its lines, and where the path ends', async () => {
  const files = {
    'templates/a.yaml': 'kind: X\nname: {{ include "name" . }}\n',
    'templates/_h.tpl': '{{ define "name" -}}\n  {{ .Values.image.tag.name }}\n{{- end }}',
  };
  assert.equal(await explained(files, { image: { repository: 'x' } }), [
    '  web/templates/a.yaml:2:9',
    '    name: {{ include "name" . }}',
    '             ^',
    '  web/templates/_h.tpl:2:12',
    '      {{ .Values.image.tag.name }}',
    '                ^',
    '  .Values.image.tag.name: .Values.image has no "tag"',
  ]);
});

test('rendered lines around a fault of YAML', async () => {
  assert.equal(await explained({ 'templates/a.yaml': 'a: 1\nb:\n  c: 1\n d: 2\ne: 3\n' }), [
    '  web/templates/a.yaml rendered:',
    '    1 | a: 1',
    '    2 | b:',
    '  > 3 |   c: 1',
    '    4 |  d: 2',
    '    5 | e: 3',
    '    6 | ',
  ]);
});

test('parse errors show their line', async () => {
  assert.equal(await explained({ 'templates/a.yaml': 'a: 1\nb: {{ nope }}\n' }), [
    '  web/templates/a.yaml:2',
    '    b: {{ nope }}',
  ]);
});

test('an error that is none of rendering is left alone', () => {
  const chart = loadFiles([{ name: 'Chart.yaml', data: Buffer.from('name: web\nversion: 1.0.0\n') }]);
  assert.equal(explainRenderError(new Error('x'), { chart, values: {} }), []);
});

test.run();
