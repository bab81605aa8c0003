/** The cluster as a library for tests: time that is skipped, failures that are ordered, clusters beside each other. */
import { X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { resolveConnection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { CONFIG_MAPS, DEPLOYMENTS, JOBS, NODES, PODS } from '../../src/client/resources.ts';
import { type Cluster, ManualClock, startCluster } from '../../src/index.ts';
import { deployment, job, pod } from '../controller/objects.ts';

const conditionOf = ({ status }: KubeObject, type: string): KubeObject =>
  status.conditions.find((condition: KubeObject) => condition.type === type);

const at = (clock: ManualClock): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;

test('a rollout that fails its deadline of ten minutes, to the second', async () => {
  const clock = new ManualClock(Date.UTC(2026, 2, 1, 12));
  const rules = [{ match: { image: '*:2' }, behave: { ready: 'never' } }];
  const cluster = await startCluster({ clock, nodes: 1, scenario: { rules } });
  const progress = async () => {
    const { reason, status, lastUpdateTime } = conditionOf(
      await cluster.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default'),
      'Progressing',
    );
    return [reason, status, lastUpdateTime];
  };
  try {
    await cluster.client.create(DEPLOYMENTS, deployment('web', 'web:1'));
    await cluster.advance('1m');
    assert.equal((await progress()).slice(0, 2), ['NewReplicaSetAvailable', 'True']);
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };
    await cluster.client.patch(DEPLOYMENTS, 'web', 'default', patch, { type: 'strategic' });
    await cluster.advance('9m59s');
    assert.equal((await progress()).slice(0, 2), ['ReplicaSetUpdated', 'True']);
    await cluster.advance('2s');
    assert.equal(await progress(), ['ProgressDeadlineExceeded', 'False', '2026-03-01T12:11:01Z']);
    assert.is(at(clock), '2026-03-01T12:11:01Z');
    const live = await cluster.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    assert.is(live.status.availableReplicas, 3, 'the old pods serve on');
  } finally {
    await cluster.stop();
  }
});

test('a job backs off for ten, twenty and forty seconds', async () => {
  const clock = new ManualClock(Date.UTC(2026, 2, 1, 12));
  const cluster = await startCluster({
    clock,
    nodes: 1,
    scenario: { rules: [{ match: { kind: 'Job' }, behave: { exit: '1' } }] },
  });
  try {
    await cluster.client.create(JOBS, job('import', 'import:1', { backoffLimit: 3 }));
    await cluster.advance('5m');
    const { items } = await cluster.client.list<KubeObject>(PODS, { namespace: 'default' });
    const starts = items.map(({ metadata }) => Date.parse(metadata.creationTimestamp!)).sort();
    assert.equal(
      starts.map((start) => (start - Date.UTC(2026, 2, 1, 12)) / 1000),
      [0, 10, 30, 70],
    );
    const failed = conditionOf(await cluster.client.get<KubeObject>(JOBS, 'import', 'default'), 'Failed');
    assert.equal([failed.reason, failed.lastTransitionTime], ['BackoffLimitExceeded', '2026-03-01T12:01:10Z']);
  } finally {
    await cluster.stop();
  }
});

test('two clusters of one process know nothing of each other', async () => {
  const clocks = [new ManualClock(0), new ManualClock(1e12)] as const;
  const [a, b] = await Promise.all([
    startCluster({ clock: clocks[0], nodes: 2 }),
    startCluster({ clock: clocks[1], nodes: [{ name: 'big', cpu: '64' }] }),
  ]);
  try {
    const nodesOf = async ({ client }: Cluster) =>
      (await client.list(NODES)).items.map(({ metadata }) => metadata.name);
    assert.equal([await nodesOf(a), await nodesOf(b)], [['portolan-1', 'portolan-2'], ['big']]);
    await a.client.create(PODS, pod('one', 'nginx'));
    await Promise.all([a.advance('10s'), b.advance('1h')]);
    assert.is((await a.client.get<KubeObject>(PODS, 'one', 'default')).status.phase, 'Running');
    assert.equal((await b.client.list(PODS)).items, []);
    assert.equal([clocks[0].now(), clocks[1].now()], [10_000, 1e12 + 3_600_000]);
    await a.stop();
    await b.client.create(PODS, pod('two', 'nginx'));
    await b.advance(10_000);
    assert.is((await b.client.get<KubeObject>(PODS, 'two', 'default')).status.phase, 'Running');
  } finally {
    await Promise.all([a.stop(), b.stop()]);
  }
});

test('what a client was given is its own to change and send back', async () => {
  const cluster = await startCluster({ clock: new ManualClock(), nodes: 1 });
  try {
    await cluster.client.create(DEPLOYMENTS, deployment('web', 'web:1', { replicas: 1 }));
    await cluster.advance('1s');
    const events = cluster.client.watch<KubeObject>(DEPLOYMENTS, { namespace: 'default' })[Symbol.asyncIterator]();
    const { value: first } = await events.next();
    first.object.spec.replicas = 7;
    const web = await cluster.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    assert.is(web.spec.replicas, 1);
    web.spec.replicas = 3;
    await cluster.client.update(DEPLOYMENTS, web);
    await cluster.advance('1s');
    const { status } = await cluster.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    assert.is(status.availableReplicas, 3);
    await events.return?.();
  } finally {
    await cluster.stop();
  }
});

test('a kubeconfig leads other processes to it', async () => {
  const cluster = await startCluster({ nodes: 1 });
  try {
    const text = await cluster.kubeconfig();
    assert.is(await cluster.kubeconfig(), text, 'one port is enough');
    const connection = resolveConnection(parseKubeconfig(text, 'kubeconfig'), { readFile: () => '' });
    assert.ok(Date.parse(new X509Certificate(connection.certificate!).validTo) > Date.now());
    const transport = httpTransport(connection);
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sent', namespace: 'default' } };
    await createClient(transport.handler).create(CONFIG_MAPS, map);
    transport.close();
    assert.is((await cluster.client.get(CONFIG_MAPS, 'sent', 'default')).metadata.name, 'sent');
  } finally {
    await cluster.stop();
  }
});

test('time that runs by itself is not skipped, and none runs backwards', async () => {
  const [real, manual] = await Promise.all([startCluster({ nodes: 1 }), startCluster({ clock: new ManualClock() })]);
  try {
    for (const [cluster, by, message] of [
      [real, '1s', /only a cluster on a manual clock/],
      [manual, '-1s', /cannot go on by -1s/],
      [manual, Number.NaN, /cannot go on by NaN/],
      [manual, 'soon', /invalid duration "soon"/],
    ] as const)
      await cluster.advance(by).then(
        () => assert.unreachable(`advanced by ${by}`),
        (error) => assert.match(error.message, message),
      );
  } finally {
    await Promise.all([real.stop(), manual.stop()]);
  }
});

test('clusters start until a pod runs, many a minute', async () => {
  const count = 20;
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const cluster = await startCluster({ clock: new ManualClock(), nodes: 1 });
    try {
      await cluster.client.create(PODS, pod('one', 'nginx'));
      await cluster.advance('1s');
      assert.is((await cluster.client.get<KubeObject>(PODS, 'one', 'default')).status.phase, 'Running');
    } finally {
      await cluster.stop();
    }
  }
  const each = (performance.now() - started) / count;
  console.log(`start, run a pod, stop: ${each.toFixed(0)} ms, ${Math.round(60_000 / each)} a minute`);
});

test.run();
