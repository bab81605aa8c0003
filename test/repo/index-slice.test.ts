/** A chart's part of an index reads as it does in the whole. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChartVersion, encodeIndex, parseIndex, type RepositoryIndex } from '../../src/repo/index-file.ts';
import { chartParts, partText, sliceIndex } from '../../src/repo/index-slice.ts';

const version = (name: string, number: string, rest: Partial<ChartVersion> = {}): ChartVersion => ({
  apiVersion: 'v2',
  name,
  version: number,
  urls: [`${name}-${number}.tgz`],
  created: '2024-01-01T00:00:00Z',
  ...rest,
});

const index: RepositoryIndex = {
  apiVersion: 'v1',
  generated: '2024-01-01T00:00:00Z',
  entries: {
    app: [
      version('app', '2.0.0', {
        description: 'several\nlines\n\n  web:\n- of text',
        annotations: { changes: '- kind: added\n  web:\n  text: "x"\n' },
      }),
      version('app', '1.0.0', { description: `long ${'word '.repeat(60)}` }),
    ],
    'app-2': [version('app-2', '1.0.0')],
    odd: [version('odd', '1.0.0', { description: '*not an alias: &no anchor' })],
    web: [version('web', '1.0.0', { keywords: ['a', 'b'] })],
  },
};

test('the part is what the whole says', () => {
  const text = encodeIndex(index);
  const whole = parseIndex(text, 'x');
  for (const name of Object.keys(index.entries)) {
    const slice = sliceIndex(text, name);
    if (slice === undefined) assert.is(name, 'odd', name);
    else
      assert.equal(parseIndex(slice, 'x').entries, Object.assign(Object.create(null), { [name]: whole.entries[name] }));
  }
});

test('all parts together are the whole', () => {
  const { odd: _, ...entries } = index.entries;
  const text = encodeIndex({ ...index, entries });
  const parts = chartParts(text)!;
  const read = parts.map((part) => [part.name, parseIndex(partText(text, part), 'x').entries[part.name]]);
  assert.equal(read, Object.entries(parseIndex(text, 'x').entries));
  assert.ok(chartParts(text.replace(/generated.*\n/, '')));
});

test('an index that says more, or says it otherwise, is not taken apart', () => {
  const text = encodeIndex({ ...index, entries: { app: index.entries.app!, web: index.entries.web! } });
  for (const other of [
    '',
    encodeIndex(index),
    text.replace('\n  web:', '\n  "web":'),
    text.replace('\n  web:\n', '\n  web: []\n  x:\n'),
    `${text}other: 1\n`,
    `${text}  more:\n  - name: more\n`,
    text.replace('\n  web:', '\n web:'),
  ])
    assert.is(chartParts(other), undefined, other);
  assert.throws(() => chartParts(text.replace('\n  web:', '\n  app:')), /\n {2}line 32: key "app" already set in map$/);
});

test('what is written otherwise, or not there, is not sliced', () => {
  for (const [text, name] of [
    ['', 'app'],
    ['apiVersion: v1\nentries: {app: []}\n', 'app'],
    ['entries:\n  app:\n  - name: app\napiVersion: v1\n', 'app'],
    ['apiVersion: v1\nentries:\n    app:\n    - name: app\n', 'app'],
    ['apiVersion: v1\nentries:\n  app:\n  - &x\n    name: app\n', 'app'],
    [encodeIndex(index), 'ap'],
    [encodeIndex(index), 'generated'],
    [encodeIndex(index), 'app:\n  x'],
  ] as const)
    assert.is(sliceIndex(text, name), undefined, JSON.stringify(name));
});

test.run();
