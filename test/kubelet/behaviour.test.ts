import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import {
  type Behaviour,
  behaviourOf,
  duration,
  type ScenarioRule,
  validateRules,
} from '../../src/kubelet/behaviour.ts';
import { fullName, imageId, parseImage, pullError } from '../../src/kubelet/images.ts';

const pod = (annotations: Record<string, string> = {}, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-5d674799d6-abcde',
    namespace: 'shop',
    labels: { app: 'web' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d674799d6', uid: 'u', controller: true },
    ],
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`portolan.dev/${key}`, value])),
    ...more,
  },
});
const of = (annotations: Record<string, string>, image = 'nginx:1', rules: ScenarioRule[] = []) =>
  behaviourOf({ pod: pod(annotations), container: 'web', image }, rules);

const cases: [title: string, annotations: Record<string, string>, image: string, expected: Behaviour][] = [
  ['nothing said', {}, 'nginx:1', {}],
  ['a missing image', { pull: 'missing' }, 'nginx:1', { pull: 'missing' }],
  ['a slow pull', { pull: '1m30s' }, 'nginx:1', { pull: 90_000 }],
  ['an exit code', { exit: '3', run: '500ms' }, 'nginx:1', { exitCode: 3, runMs: 500 }],
  ['some crashes', { exit: '1', crashes: '2' }, 'nginx:1', { exitCode: 1, crashes: 2 }],
  ['out of memory', { oom: 'true' }, 'nginx:1', { oom: true }],
  ['never ready', { ready: 'never' }, 'nginx:1', { ready: 'never' }],
  ['ready later', { ready: '30s' }, 'nginx:1', { ready: 30_000 }],
  ['one container only', { 'exit.web': '2', 'exit.other': '3', exit: '4' }, 'nginx:1', { exitCode: 2 }],
  ['another container', { 'exit.other': '3' }, 'nginx:1', {}],
  ['a tag', {}, 'nginx:broken', { pull: 'missing' }],
  ['a tag that ends in the word', {}, 'localhost:5000/a/b:1.4-crash', { exitCode: 1 }],
  ['a tag that only holds the word', {}, 'nginx:crashed', {}],
  ['an annotation beats the tag', { exit: '7' }, 'nginx:crash', { exitCode: 7 }],
];
for (const [title, annotations, image, expected] of cases)
  test(`behaviour: ${title}`, () => {
    assert.equal(of(annotations, image), { behaviour: expected, wrong: [] });
  });

const wrong: [annotations: Record<string, string>, message: string][] = [
  [{ pull: 'no' }, 'pull must be "missing", "denied" or a duration, not "no"'],
  [{ exit: '256' }, 'exit must be a whole number up to 255, not "256"'],
  [{ run: '5' }, 'run must be a duration, not "5"'],
  [{ explode: 'yes' }, 'unknown behaviour "explode"'],
];
for (const [annotations, message] of wrong)
  test(`not understood: ${message}`, () => {
    assert.equal(of(annotations), { behaviour: {}, wrong: [message] });
  });

const matching: [match: ScenarioRule['match'], matches: boolean][] = [
  [undefined, true],
  [{ kind: 'Deployment', name: 'web' }, true],
  [{ kind: 'Deployment', name: 'we*' }, true],
  [{ kind: 'ReplicaSet', name: 'web-*' }, true],
  [{ kind: 'StatefulSet' }, false],
  [{ name: 'web-5d674799d6-abcde' }, true],
  [{ image: '*:2.*' }, true],
  [{ image: '*:3.*' }, false],
  [{ namespace: 'other' }, false],
  [{ container: 'web', labels: { app: 'web' } }, true],
  [{ labels: { app: 'db' } }, false],
];
for (const [match, matches] of matching)
  test(`a rule for ${JSON.stringify(match)}`, () => {
    const rules = [{ ...(match && { match }), behave: { exit: '1' } }];
    assert.equal(of({}, 'nginx:2.0', rules).behaviour, matches ? { exitCode: 1 } : {});
  });

test('the first rule that says something counts', () => {
  const rules: ScenarioRule[] = [{ behave: { exit: '1' } }, { behave: { exit: '2', run: '1s' } }];
  assert.equal(of({}, 'nginx:1', rules).behaviour, { exitCode: 1, runMs: 1000 });
});

test('a scenario is told all that is wrong with it', () => {
  assert.equal(validateRules([{ behave: { exit: '1' } }]), []);
  assert.equal(validateRules({}), ['scenario: rules must be a list']);
  assert.equal(validateRules([{ match: { colour: 'x' }, behave: { exit: 'x' } } as unknown as ScenarioRule, {}]), [
    'scenario: rules[0]: unknown match "colour"',
    'scenario: rules[0]: exit must be a whole number up to 255, not "x"',
    'scenario: rules[1]: behave must be a map',
  ]);
});

for (const [text, ms] of [
  ['0', 0],
  ['300ms', 300],
  ['1.5s', 1500],
  ['1h2m3s', 3_723_000],
  ['', undefined],
  ['5', undefined],
  ['5 s', undefined],
  ['-5s', undefined],
] as const)
  test(`duration ${JSON.stringify(text)}`, () => {
    assert.is(duration(text), ms);
  });

for (const [image, name] of [
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.25', 'docker.io/library/nginx:1.25'],
  ['bitnami/redis:7', 'docker.io/bitnami/redis:7'],
  ['ghcr.io/a/b', 'ghcr.io/a/b:latest'],
  ['localhost/a', 'localhost/a:latest'],
  ['registry:5000/a:b', 'registry:5000/a:b'],
  [`a@sha256:${'0'.repeat(64)}`, `docker.io/library/a@sha256:${'0'.repeat(64)}`],
] as const)
  test(`image ${image}`, () => {
    assert.is(fullName(image), name);
    assert.match(imageId(image), /@sha256:[0-9a-f]{64}$/);
  });

for (const image of ['', 'UPPER', 'a b', ':tag', 'a:', 'a::b', '/a', 'a/', 'http://a', 'x'.repeat(600)])
  test(`no image: ${JSON.stringify(image.slice(0, 20))}`, () => {
    assert.is(parseImage(image), undefined);
  });

test('a failed pull in the words of containerd', () => {
  assert.is(
    pullError('nginx:broken', 'missing'),
    'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:broken": failed to resolve reference "docker.io/library/nginx:broken": docker.io/library/nginx:broken: not found',
  );
});

test.run();
