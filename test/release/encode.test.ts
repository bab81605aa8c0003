import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeRelease, fromRecord } from '../../src/release/decode.ts';
import { encodeRelease } from '../../src/release/encode.ts';
import type { Release } from '../../src/release/release.ts';
import { releaseNameProblem } from '../../src/release/release.ts';
import { parseGoTime } from '../../src/release/time.ts';
import { GoInt } from '../../src/template/value.ts';

const sample = (overrides: Partial<Release> = {}): Release => ({
  name: 'web',
  namespace: 'default',
  revision: 1,
  info: {
    firstDeployed: parseGoTime('2026-01-02T03:04:05.123456789Z'),
    lastDeployed: parseGoTime('2026-01-02T03:04:05.12Z'),
    description: 'Install complete',
    status: 'deployed',
    notes: '',
  },
  chart: {
    metadata: { name: 'web', version: '0.1.0' },
    lock: null,
    templates: [{ name: 'templates/a.yaml', data: 'YTogMQ==' }],
    values: { b: 1, a: '<x>' },
    schema: null,
    schemamodtime: '0001-01-01T00:00:00Z',
    files: [],
  },
  overrides: {},
  manifest: '---\n# Source: web/templates/a.yaml\na: 1\n',
  hooks: [],
  labels: {},
  applyMethod: 'ssa',
  ...overrides,
});

test('the record is compressed JSON in base64, with the fields in order and HTML escaped', () => {
  const text = gunzipSync(Buffer.from(encodeRelease(sample()), 'base64')).toString();
  assert.is(
    text,
    '{"name":"web","info":{"first_deployed":"2026-01-02T03:04:05.123456789Z","last_deployed":"2026-01-02T03:04:05.12Z",' +
      '"description":"Install complete","status":"deployed"},"chart":{"metadata":{"name":"web","version":"0.1.0"},' +
      '"lock":null,"templates":[{"name":"templates/a.yaml","data":"YTogMQ=="}],"values":{"a":"\\u003cx\\u003e","b":1},' +
      '"schema":null,"schemamodtime":"0001-01-01T00:00:00Z","files":[]},' +
      '"manifest":"---\\n# Source: web/templates/a.yaml\\na: 1\\n","version":1,"namespace":"default","apply_method":"ssa"}',
  );
});

test('what was encoded is decoded', () => {
  const release = sample({
    overrides: { replicas: new GoInt('int64', 3n), nested: { list: [1n, 'x', null] } },
    hooks: [
      {
        name: 'h',
        kind: 'Job',
        path: 'web/templates/h.yaml',
        manifest: 'kind: Job',
        events: ['pre-install', 'test'],
        weight: -5,
        deletePolicies: ['hook-succeeded'],
        outputLogPolicies: [],
        lastRun: { startedAt: parseGoTime('2026-01-02T03:04:05+02:00'), phase: 'Running' },
      },
    ],
  });
  const back = decodeRelease(encodeRelease(release));
  assert.equal(back.overrides, { replicas: 3, nested: { list: [1, 'x', null] } });
  assert.equal(back.hooks[0]!.lastRun.startedAt, parseGoTime('2026-01-02T03:04:05+02:00'));
  assert.is(encodeRelease(back), encodeRelease(release));
});

test('a record without compression, or with empty times, is read', () => {
  const json = '{"name":"old","info":{"first_deployed":"","deleted":"","status":"failed"},"version":3}';
  const release = decodeRelease(Buffer.from(json).toString('base64'));
  assert.is(release.revision, 3);
  assert.is(release.info.status, 'failed');
  assert.is(release.info.firstDeployed, undefined);
});

test('what is no record is refused', () => {
  for (const text of ['', 'bm8=', Buffer.from('[]').toString('base64'), 'H4sIAAAA'])
    assert.throws(() => decodeRelease(text), undefined, text);
  assert.is(fromRecord({ name: 7, hooks: 'x', config: [] }).name, '');
});

test('release names', () => {
  const bad = 'invalid release name, must match regex';
  for (const [name, problem] of [
    ['web', undefined],
    ['a.b-c', undefined],
    ['0', undefined],
    ['a'.repeat(53), undefined],
    ['', 'no name provided'],
    ['Web', bad],
    ['-a', bad],
    ['a-', bad],
    ['a..b', bad],
    ['a_b', bad],
    ['a'.repeat(54), bad],
  ] as const)
    assert.is(releaseNameProblem(name)?.startsWith(problem ?? '-') ?? undefined, problem && true, name);
});

test.run();
