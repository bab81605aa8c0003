import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lineLog } from '../../src/log.ts';
import { encodeIndex, findVersion, mergeIndexes, parseIndex } from '../../src/repo/index-file.ts';

const indexOf = (...versions: string[]) =>
  `apiVersion: v1\nentries:\n  web:\n${versions.map((version) => `  - {apiVersion: v2, name: web, version: "${version}", urls: [web-${version}.tgz], created: "2026-01-01T00:00:00Z"}\n`).join('')}generated: "2026-01-01T00:00:00Z"\n`;

const VERSIONS = ['1.0.0', '1.2.0', '2.0.0-rc.1', '1.10.0', '0.9.0'];
const SEARCHES: [constraint: string, found: string][] = [
  ['', '1.10.0'],
  ['^1.0.0', '1.10.0'],
  ['~1.2', '1.2.0'],
  ['1.2.0', '1.2.0'],
  ['2.0.0-rc.1', '2.0.0-rc.1'],
  ['>0.0.0-0', '2.0.0-rc.1'],
  ['<1.0.0', '0.9.0'],
];

test('entries are sorted newest first', () => {
  const index = parseIndex(indexOf(...VERSIONS), 'x');
  assert.equal(
    index.entries.web!.map((entry) => entry.version),
    ['2.0.0-rc.1', '1.10.0', '1.2.0', '1.0.0', '0.9.0'],
  );
});

test('the newest version that a constraint allows', () => {
  const index = parseIndex(indexOf(...VERSIONS), 'x');
  for (const [constraint, version] of SEARCHES)
    assert.is(findVersion(index, 'web', constraint).version, version, constraint);
});

test("what is not there is refused in Helm's words", () => {
  const index = parseIndex(indexOf(...VERSIONS), 'x');
  assert.throws(() => findVersion(index, 'nope', ''), 'no chart name found');
  assert.throws(() => findVersion(index, '__proto__', ''), 'no chart name found');
  assert.throws(() => findVersion(index, 'web', '^9'), 'no chart version found for web-^9');
  assert.throws(() => findVersion(index, 'web', 'not a version'), /improper constraint/);
});

test('an index that is none is refused', () => {
  for (const [text, message] of [
    ['', 'empty index.yaml file'],
    ['entries: {}', 'no API version specified'],
    ['just text', /cannot unmarshal string into Go value of type repo.IndexFile$/],
    ['apiVersion: v1\nextra: 1', /json: unknown field "extra"$/],
    [
      'apiVersion: v1\nentries: {web: 3}',
      /cannot unmarshal number into Go struct field IndexFile.entries of type repo.ChartVersions$/,
    ],
    ['apiVersion: v1\nentries: {web: [{name: web, version: 1.0}]}', /cannot unmarshal number .* of type string$/],
    [
      '{"apiVersion": "v1", "entries": {"web": [{"name": "web", "digest": 0}]}}',
      /cannot unmarshal number .* of type string$/,
    ],
    ['a: [', /yaml/],
  ] as const)
    assert.throws(() => parseIndex(text, 'x'), message);
});

test('entries that are no chart are left out and told', () => {
  const lines: string[] = [];
  const text = `apiVersion: v1\nentries:\n  web:\n  - null\n  - {apiVersion: v2, name: ../evil, version: 1.0.0}\n  - {name: web, version: 1.0.0, urls: [a]}\n  odd: null\n`;
  const index = parseIndex(
    text,
    'there',
    lineLog((line) => lines.push(line)),
  );
  assert.equal(
    index.entries.web!.map((entry) => entry.apiVersion),
    ['v1'],
  );
  assert.equal(index.entries.odd, []);
  assert.is(lines.length, 2);
  assert.match(lines[1]!, /skipping loading invalid entry for chart/);
});

test('a JSON index is read as well', () => {
  const text = JSON.stringify({
    apiVersion: 'v1',
    entries: { web: [{ apiVersion: 'v2', name: 'web', version: '1.0.0', urls: [] }] },
  });
  assert.is(parseIndex(text, 'x').entries.web!.length, 1);
});

test('merging keeps what is there', () => {
  const ours = parseIndex(indexOf('1.0.0', '1.1.0'), 'x');
  const theirs = parseIndex(indexOf('1.1.0', '2.0.0').replaceAll('.tgz', '.other'), 'y');
  const merged = mergeIndexes(ours, theirs);
  assert.equal(
    merged.entries.web!.map((entry) => entry.urls[0]),
    ['web-2.0.0.other', 'web-1.1.0.tgz', 'web-1.0.0.tgz'],
  );
});

test('what is written reads the same', () => {
  const index = parseIndex(indexOf(...VERSIONS), 'x');
  assert.equal(parseIndex(encodeIndex(index), 'x'), index);
});

test.run();
