/** Charts made to fill the memory or to take forever end in an error that says why. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packArchive } from '../../src/archive/pack.ts';
import { type ChartFiles, loadFiles, render } from '../../src/index.ts';

const DOUBLED = '{{ $d := dict "a" 1 }}{{ range until 60 }}{{ $d = dict "a" $d "b" $d }}{{ end }}';
const ALTERNATIVES = Array.from({ length: 30 }, (_, i) => {
  const next = { $ref: `#/definitions/a${i + 1}` };
  return [`a${i}`, { anyOf: [next, next] }];
});

const CASES: [name: string, files: ChartFiles, message: string][] = [
  [
    'a text of what holds itself twice',
    tpl(`${DOUBLED}{{ printf "%v" $d }}`),
    'fmt: value holds more than 2000000 lists and maps',
  ],
  ['a copy of it', tpl(`${DOUBLED}{{ deepCopy $d }}`), 'deepCopy: value is too large to copy'],
  ['its JSON', tpl(`${DOUBLED}{{ mustToJson $d }}`), 'json: the value holds more than 2000000 lists and maps'],
  [
    'a list that doubles',
    tpl('{{ $l := list 1 }}{{ range until 40 }}{{ $l = concat $l $l }}{{ end }}'),
    'a list of more than 16777216 elements is too long',
  ],
  [
    'alternatives of alternatives',
    {
      ...tpl('a: 1'),
      'values.yaml': 'x: 1\n',
      'values.schema.json': JSON.stringify({
        definitions: { ...Object.fromEntries(ALTERNATIVES), a30: { type: 'string' } },
        $ref: '#/definitions/a0',
      }),
    },
    'the schema takes more than 1000000 checks',
  ],
];

function tpl(text: string): ChartFiles {
  return { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n', 'templates/a.yaml': text };
}

for (const [name, files, message] of CASES)
  test(name, async () => {
    const rendering = render(loadFiles(files), { releaseName: 'a', namespace: 'b' });
    assert.match(await rendering.then(String, (error) => error.message), message);
  });

test('archives that unpack to gigabytes together', async () => {
  const big = Array.from({ length: 19 }, (_, i) => ({ name: `s/f${i}`, data: new Uint8Array(5 << 20) }));
  const chartYaml = Buffer.from('apiVersion: v2\nname: s\nversion: 1.0.0\n');
  const inner = await packArchive([{ name: 's/Chart.yaml', data: chartYaml }, ...big], { mtime: new Date(0) });
  const archives = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`charts/s${i}.tgz`, inner]));
  assert.throws(
    () => loadFiles({ ...tpl(''), ...archives }),
    /the chart's archives unpack to more than 536870912 bytes/,
  );
});

test.run();
