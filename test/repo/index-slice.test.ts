/** A chart's part of an index reads as it does in the whole. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChartVersion, encodeIndex, parseIndex, type RepositoryIndex } from '../../src/repo/index-file.ts';
import { sliceIndex } from '../../src/repo/index-slice.ts';

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
