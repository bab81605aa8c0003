/** Nodes that come, go and fall silent while the cluster runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { DEPLOYMENTS, NODES, POD_DISRUPTION_BUDGETS, PODS } from '../../src/client/resources.ts';
import { ManualClock, realClock } from '../../src/clock.ts';
import { addNodes, listNodes, nodeSpecs, removeNode } from '../../src/cluster/nodes.ts';
import { type Cluster, type StartClusterOptions, startCluster } from '../../src/index.ts';
import { deployment, pod, template } from '../controller/objects.ts';

const waiting = { clock: realClock, timeout: 20_000 };

async function withCluster(options: StartClusterOptions, use: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster(options);
  try {
    await use(cluster);
  } finally {
    await cluster.stop();
  }
}

const namesOf = async ({ client }: Cluster): Promise<string[]> =>
  (await client.list(NODES)).items.map(({ metadata }) => metadata.name);

test('new nodes take the first free names and what is said of them', () =>
  withCluster({ nodes: 3 }, async (cluster) => {
    await removeNode(cluster.client, 'portolan-2');
    const rest = { cpu: '16', memory: '64Gi', labels: { zone: 'b' } };
    assert.equal(await addNodes(cluster.client, 2, rest, waiting), ['portolan-2', 'portolan-4']);
    const nodes = await listNodes(cluster.client);
    assert.equal(
      nodes.map(({ name, status, cpu, labels }) => [name, status, cpu, labels]),
      [
        ['portolan-1', 'Ready', '8', {}],
        ['portolan-2', 'Ready', '16', { zone: 'b' }],
        ['portolan-3', 'Ready', '8', {}],
        ['portolan-4', 'Ready', '16', { zone: 'b' }],
      ],
    );
    const node = await cluster.client.get<KubeObject>(NODES, 'portolan-4');
    assert.is(node.status.allocatable.memory, '64Gi');
    assert.is(node.metadata.labels!['kubernetes.io/hostname'], 'portolan-4');
    assert.is(node.status.allocatable.pods, '110');
    assert.is(node.status.nodeInfo.kubeletVersion, 'v1.36.3');
  }));

test('a pod that found no place is placed on a new node', () =>
  withCluster({ nodes: 1 }, async (cluster) => {
    const resources = { requests: { cpu: '12' } };
    const big = pod('big', 'nginx', { containers: [{ name: 'main', image: 'nginx', resources }] });
    await cluster.client.create(PODS, big);
    await cluster.settled();
    const nodeOf = async () => (await cluster.client.get<KubeObject>(PODS, 'big', 'default')).spec.nodeName;
    assert.is(await nodeOf(), undefined);
    await addNodes(cluster.client, 1, { cpu: '16' }, waiting);
    await cluster.settled();
    assert.is(await nodeOf(), 'portolan-2');
  }));

for (const [title, drained] of [
  ['drained, as far as a budget allows', true],
  ['taken away at once, whatever a budget says', false],
] as const)
  test(`a node that is removed: ${title}`, () =>
    withCluster({ nodes: 2 }, async (cluster) => {
      const { client } = cluster;
      const spec = { nodeSelector: { 'kubernetes.io/hostname': 'portolan-1' } };
      await client.create(
        DEPLOYMENTS,
        deployment('web', 'nginx:1', { replicas: 2, template: template('web', 'nginx:1', spec) }),
      );
      await until(async () => (await availableOf(cluster)) === 2);
      await client.create(POD_DISRUPTION_BUDGETS, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web', namespace: 'default' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      });
      await cluster.settled();
      if (drained) {
        // The second pod has nowhere to go until the first is ready elsewhere, and that it never is.
        await removeNode(client, 'portolan-1', { ...waiting, timeout: 300 }).then(
          () => assert.unreachable(),
          (error) =>
            assert.is(
              error.message,
              'drain node "portolan-1": pods are left on it, held by disruption budgets or their grace',
            ),
        );
        assert.is((await listNodes(client))[0]!.status, 'Ready,SchedulingDisabled');
        await until(async () => (await availableOf(cluster)) === 1);
        await client.patch(
          DEPLOYMENTS,
          'web',
          'default',
          { spec: { template: { spec: { nodeSelector: null } } } },
          { type: 'merge' },
        );
        await removeNode(client, 'portolan-1', waiting);
        await until(async () => (await availableOf(cluster)) === 2);
      } else await removeNode(client, 'portolan-1');
      assert.equal(await namesOf(cluster), ['portolan-2']);
      await until(async () => (await listNodes(client))[0]!.pods === (drained ? 2 : 0));
    }));

const availableOf = async ({ client }: Cluster): Promise<number> =>
  (await client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).status?.availableReplicas ?? 0;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000 && !(await isSo()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(await isSo(), 'it did not come to that');
}

test('what is not there is not removed', () =>
  withCluster({ nodes: 1 }, async ({ client }) => {
    await removeNode(client, 'nope').then(
      () => assert.unreachable(),
      (error) => assert.is(error.message, 'nodes "nope" not found'),
    );
    await addNodes(client, 1000, {}, waiting).then(
      () => assert.unreachable(),
      (error) => assert.is(error.message, 'add 1000 nodes: there are 1, and there may be 1000'),
    );
  }));

test('a cluster on disk starts with the nodes of the last time, or with exactly those that are asked for', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'portolan-nodes-'));
  try {
    await withCluster({ dataDir, nodes: 3 }, async (cluster) => {
      await addNodes(cluster.client, 1, { cpu: '4', labels: { zone: 'b' } }, waiting);
    });
    await withCluster({ dataDir }, async (cluster) => {
      assert.equal(await namesOf(cluster), ['portolan-1', 'portolan-2', 'portolan-3', 'portolan-4']);
      assert.equal((await listNodes(cluster.client))[3]!.cpu, '4');
    });
    await withCluster({ dataDir, nodes: nodeSpecs(2, { cpu: '16', labels: { zone: 'a' } }) }, async (cluster) => {
      const nodes = await listNodes(cluster.client);
      assert.equal(
        nodes.map(({ name, cpu, labels }) => [name, cpu, labels['zone']]),
        [
          ['portolan-1', '16', 'a'],
          ['portolan-2', '16', 'a'],
        ],
      );
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a scenario silences a node for a time: its pods move, and it is well again', async () => {
  const clock = new ManualClock();
  const scenario = { nodes: [{ match: { name: '*-1' }, behave: { lost: '1m', for: '10m' } }] };
  await withCluster({ clock, nodes: 2, scenario }, async (cluster) => {
    const spec = { nodeSelector: { 'kubernetes.io/os': 'linux' } };
    await cluster.client.create(
      DEPLOYMENTS,
      deployment('web', 'nginx:1', { template: template('web', 'nginx:1', spec) }),
    );
    await cluster.advance('1m35s');
    const statuses = async () => (await listNodes(cluster.client)).map(({ status }) => status);
    assert.equal(await statuses(), ['Ready', 'Ready'], 'a silent node is believed for 50 seconds');
    await cluster.advance('20s');
    assert.equal(await statuses(), ['NotReady', 'Ready']);
    await cluster.advance('6m');
    const { items } = await cluster.client.list<KubeObject>(PODS, { namespace: 'default' });
    const living = items.filter(({ metadata }) => !metadata.deletionTimestamp);
    assert.equal(new Set(living.map((each) => each.spec.nodeName)), new Set(['portolan-2']));
    await cluster.advance('4m');
    assert.equal(await statuses(), ['Ready', 'Ready']);
  });
});

test.run();
