/** Waits as people and programs see them, and the cluster's refusals in the middle of an operation. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS } from '../../src/client/resources.ts';
import { ok, onCluster, type TestCluster, writeChart } from './cluster.ts';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: {{ .Values.image | default "nginx" | quote }}}]}
`;

const configMap = (name: string, data = '{}') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${data}\n---\n`;

const names = async ({ client }: TestCluster): Promise<string[]> =>
  (await client.list(CONFIG_MAPS, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
    .sort();

test('with -o json standard output is one document, and progress is lines of JSON beside it', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'templates/web.yaml': DEPLOYMENT });
    const { stdout, stderr } = ok(await cluster.portolan('install', 'web', chart, '--wait', '-o', 'json'));
    assert.is(JSON.parse(stdout).info.status, 'deployed');
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(events.every(({ type, kind, name }) => type === 'progress' && kind === 'Deployment' && name === 'web'));
    assert.is(events.at(-1).status, 'Current');
    assert.is(
      ok(await cluster.portolan('upgrade', 'web', chart, '--wait', '-o', 'json', '-q', '--set', 'replicas=2')).stderr,
      '',
    );
  }));

test('why a wait failed is told before what failed is undone', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'templates/web.yaml': DEPLOYMENT });
    ok(await cluster.portolan('install', 'web', chart, '--wait'));
    const words = ['upgrade', 'web', chart, '--set', 'image=nginx:missing', '--rollback-on-failure', '--timeout', '1s'];
    const told = await cluster.portolan(...words);
    assert.is(told.code, 1);
    assert.match(
      told.stderr,
      /Deployment\/web is not ready:\n[\s\S]*(ErrImagePull|ImagePullBackOff)[\s\S]*has been rolled back/,
    );
    const events = (await cluster.portolan(...words, '-o', 'json')).stderr
      .split('\n')
      .filter((line) => line.startsWith('{'));
    const failure = events.map((line) => JSON.parse(line)).find(({ type }) => type === 'failure');
    assert.is(failure.object, 'Deployment/web');
    assert.match(failure.facts.join('\n'), /ErrImagePull|ImagePullBackOff/);
    assert.match(ok(await cluster.portolan('status', 'web')).stdout, /STATUS: deployed\nREVISION: 5\n/);
  }));

test('one object refused among many: the others are there, the release failed, and the next upgrade works', () =>
  onCluster(async (cluster) => {
    const many = Array.from({ length: 40 }, (_, i) => configMap(`c${String(i).padStart(2, '0')}`)).join('');
    const refused = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c99, labels: {bad: "{{ .Values.label }}"}}\n`;
    const chart = writeChart(cluster, { 'values.yaml': 'label: not/a/label/\n', 'templates/all.yaml': many + refused });
    const ran = await cluster.portolan('install', 'web', chart);
    assert.is(ran.code, 1);
    assert.match(ran.stderr, /INSTALLATION FAILED: .*c99.*metadata\.labels: Invalid value/);
    assert.is((await names(cluster)).length, 40);
    assert.match(ok(await cluster.portolan('status', 'web')).stdout, /STATUS: failed/);
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'label=good'));
    assert.is((await names(cluster)).length, 41);
    assert.match((await cluster.portolan('upgrade', 'web', chart, '--reset-values')).stderr, /UPGRADE FAILED: .*c99/);
    ok(await cluster.portolan('rollback', 'web', '2'));
    ok(await cluster.portolan('uninstall', 'web'));
    assert.equal(await names(cluster), []);
  }));

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

test('kinds that vanished from the cluster block neither an upgrade nor a removal', () =>
  onCluster(async (cluster) => {
    const { client } = cluster;
    await client.create(CUSTOM_RESOURCE_DEFINITIONS, CRD);
    const thing =
      '{{ if .Values.thing }}apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n---\n{{ end }}';
    const chart = writeChart(cluster, { 'templates/all.yaml': `${thing}\n${configMap('web')}` });
    // The definition may take a moment until it is served.
    for (let i = 0; ; i++) {
      const ran = await cluster.portolan('upgrade', '--install', 'web', chart, '--set', 'thing=true');
      if (ran.code === 0) break;
      assert.ok(i < 20, ran.stderr);
    }
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'thing=true'));
    await client.delete(CUSTOM_RESOURCE_DEFINITIONS, 'things.example.com');
    while (await client.resourceFor({ group: 'example.com', version: 'v1', kind: 'Thing' }));
    const upgraded = ok(await cluster.portolan('upgrade', 'web', chart, '--reset-values'));
    assert.match(upgraded.stderr, /a kind is gone/);
    // What is to be there again must be known.
    const back = await cluster.portolan('rollback', 'web', '2');
    assert.is(back.code, 1);
    assert.match(back.stderr, /no matches for kind "Thing" in version "example\.com\/v1"/);
    ok(await cluster.portolan('uninstall', 'web'));
    assert.equal(await names(cluster), []);
  }));

const testPod = (name: string, { exit = 0, weight = 0 } = {}) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  annotations: {helm.sh/hook: test, helm.sh/hook-weight: "${weight}", portolan.dev/exit: "${exit}", portolan.dev/log: "said by ${name}"}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}
`;

test('tests with logs and filters', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, {
      'templates/a.yaml': testPod('a'),
      'templates/b.yaml': testPod('b', { weight: 1 }),
      'templates/c.yaml': testPod('c', { weight: 2, exit: 3 }),
    });
    ok(await cluster.portolan('install', 'web', chart));
    const good = ok(await cluster.portolan('test', 'web', '--logs', '--filter', '!name=c'));
    assert.match(good.stdout, /POD LOGS: a\nsaid by a\n[\s\S]*POD LOGS: b\nsaid by b\n/);
    assert.not.match(good.stdout, /POD LOGS: c/);
    const bad = await cluster.portolan('test', 'web', '--logs', '--filter', 'name=a,name=c');
    assert.is(bad.code, 1);
    assert.match(bad.stdout, /POD LOGS: a\nsaid by a\n[\s\S]*POD LOGS: c\nsaid by c\n/);
  }));

test.run();
