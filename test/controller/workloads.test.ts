/** StatefulSet, DaemonSet, ReplicationController: order, identity, updates. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import {
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  EVENTS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from '../../src/client/resources.ts';
import { daemonSet, statefulSet, template } from './objects.ts';
import { type Plane, startTestPlane } from './plane.ts';

/** `+web-0` when a pod appears, `✓` when it is ready, `-` when it is told to go. */
function follow(plane: Plane): string[] {
  const seen: string[] = [];
  const ready = ({ status }: KubeObject) =>
    status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True');
  plane.informers.for(PODS).onChange(({ type, object, previous }) => {
    const { name, deletionTimestamp } = object.metadata;
    if (type === 'added') seen.push(`+${name}`);
    if (previous && !ready(previous) && ready(object)) seen.push(`✓${name}`);
    if (previous && !previous.metadata.deletionTimestamp && deletionTimestamp) seen.push(`-${name}`);
  });
  return seen;
}
const pods = (plane: Plane) =>
  plane.informers
    .for(PODS)
    .list('default')
    .map(({ metadata }) => metadata.name)
    .sort();
const claimTemplate = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

async function changed(plane: Plane, spec: object): Promise<void> {
  const current = await plane.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
  await plane.client.update(STATEFUL_SETS, { ...current, spec: { ...current.spec, ...spec } });
  await plane.advance(2000);
}

test('a stateful set comes up one by one, rolls from the last, goes down from the last', async () => {
  const plane = await startTestPlane();
  try {
    const seen = follow(plane);
    await plane.client.create(STATEFUL_SETS, statefulSet('db', 'redis:7', { volumeClaimTemplates: [claimTemplate] }));
    await plane.advance(2000);
    assert.equal(seen.splice(0), ['+db-0', '✓db-0', '+db-1', '✓db-1', '+db-2', '✓db-2']);
    const [pod] = plane.informers.for(PODS).list('default');
    assert.equal([pod!.spec.hostname, pod!.spec.subdomain], ['db-0', 'db']);
    assert.equal(pod!.metadata.labels!['apps.kubernetes.io/pod-index'], '0');
    assert.equal(pod!.metadata.labels!['statefulset.kubernetes.io/pod-name'], 'db-0');
    const claims = plane.informers.for(PERSISTENT_VOLUME_CLAIMS).list('default');
    assert.equal(
      claims.map(({ metadata, status }) => `${metadata.name} ${status.phase}`),
      ['data-db-0 Bound', 'data-db-1 Bound', 'data-db-2 Bound'],
    );

    await changed(plane, { template: template('db', 'redis:8') });
    assert.equal(seen.splice(0), ['-db-2', '+db-2', '✓db-2', '-db-1', '+db-1', '✓db-1', '-db-0', '+db-0', '✓db-0']);
    const { status } = await plane.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
    assert.is(status.currentRevision, status.updateRevision);
    assert.is((await plane.client.list(CONTROLLER_REVISIONS)).items.length, 2);

    await changed(plane, { replicas: 1 });
    assert.equal(seen.splice(0), ['-db-2', '-db-1']);
    assert.equal(pods(plane), ['db-0']);
    assert.is(plane.informers.for(PERSISTENT_VOLUME_CLAIMS).list('default').length, 3, 'claims stay');
  } finally {
    await plane.stop();
  }
});

test('with a partition only the pods from there on are replaced', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(STATEFUL_SETS, statefulSet('db', 'redis:7'));
    await plane.advance(2000);
    const seen = follow(plane);
    seen.length = 0;
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    await changed(plane, { template: template('db', 'redis:8'), updateStrategy });
    assert.equal(seen, ['-db-2', '+db-2', '✓db-2']);
    const { status } = await plane.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
    assert.equal([status.currentReplicas, status.updatedReplicas], [2, 1]);
  } finally {
    await plane.stop();
  }
});

test('a parallel set does not wait; claims go with scaled down pods where that is asked for', async () => {
  const plane = await startTestPlane();
  try {
    const seen = follow(plane);
    await plane.client.create(
      STATEFUL_SETS,
      statefulSet('db', 'redis:7', {
        podManagementPolicy: 'Parallel',
        ordinals: { start: 5 },
        volumeClaimTemplates: [claimTemplate],
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
      }),
    );
    await plane.advance(2000);
    assert.equal(seen.slice(0, 3), ['+db-5', '+db-6', '+db-7']);
    await changed(plane, { replicas: 1 });
    assert.equal(pods(plane), ['db-5']);
    assert.equal(
      plane.informers
        .for(PERSISTENT_VOLUME_CLAIMS)
        .list('default')
        .map(({ metadata }) => metadata.name),
      ['data-db-5'],
    );
  } finally {
    await plane.stop();
  }
});

test('a set that goes down waits for pods that are not healthy, from the lowest on', async () => {
  const plane = await startTestPlane();
  try {
    const metadata = { annotations: { 'portolan.dev/ready': 'never' } };
    const unhealthy = { template: { ...template('db', 'redis:7'), metadata: { labels: { app: 'db' }, ...metadata } } };
    await plane.client.create(STATEFUL_SETS, statefulSet('db', '', { ...unhealthy, podManagementPolicy: 'Parallel' }));
    await plane.advance(1000);
    const made = await plane.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
    await plane.client.delete(STATEFUL_SETS, 'db', 'default', { propagationPolicy: 'Orphan' });
    await plane.advance(1000);
    // The same pods under a set that keeps order.
    const { uid: _, resourceVersion: __, ...rest } = made.metadata;
    const ordered = { ...made.spec, podManagementPolicy: 'OrderedReady', replicas: 0 };
    await plane.client.create(STATEFUL_SETS, { ...made, metadata: rest as KubeObject['metadata'], spec: ordered });
    await plane.advance(2000);
    assert.equal(pods(plane), ['db-0', 'db-1', 'db-2'], 'halted');
  } finally {
    await plane.stop();
  }
});

test('claims follow the policy of their set when it changes', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(
      STATEFUL_SETS,
      statefulSet('db', 'redis:7', { replicas: 1, volumeClaimTemplates: [claimTemplate] }),
    );
    await plane.advance(1000);
    const owners = () =>
      plane.informers
        .for(PERSISTENT_VOLUME_CLAIMS)
        .list('default')
        .flatMap(({ metadata }) => (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`));
    assert.equal(owners(), []);
    await changed(plane, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } });
    assert.equal(owners(), ['StatefulSet/db']);
    await changed(plane, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
    assert.equal(owners(), []);
  } finally {
    await plane.stop();
  }
});

test('an image that cannot be pulled holds an ordered set up', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(STATEFUL_SETS, statefulSet('db', 'redis:missing'));
    await plane.advance(20_000);
    assert.equal(pods(plane), ['db-0']);
    const { status } = await plane.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
    assert.equal([status.replicas, status.readyReplicas], [1, undefined]);
  } finally {
    await plane.stop();
  }
});

test('a daemon runs on every node, follows nodes as they come and go, and is replaced node by node', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DAEMON_SETS, daemonSet('agent', 'fluentd:1'));
    await plane.advance(1000);
    const nodes = () =>
      plane.informers
        .for(PODS)
        .list('default')
        .map(({ spec }) => spec.nodeName)
        .sort();
    assert.equal(nodes(), ['node-1', 'node-2', 'node-3']);
    await plane.kubelet.addNode({ name: 'node-4' });
    await plane.advance(1000);
    assert.equal(nodes(), ['node-1', 'node-2', 'node-3', 'node-4']);
    await plane.client.delete(NODES, 'node-2');
    await plane.advance(40_000);
    assert.equal(nodes(), ['node-1', 'node-3', 'node-4']);

    const current = await plane.client.get<KubeObject>(DAEMON_SETS, 'agent', 'default');
    let least = 3;
    plane.informers.for(DAEMON_SETS).onChange(({ object }) => {
      least = Math.min(least, object.status?.numberAvailable ?? 0);
    });
    await plane.client.update(DAEMON_SETS, {
      ...current,
      spec: { ...current.spec, template: template('agent', 'fluentd:2') },
    });
    await plane.advance(2000);
    const { status } = await plane.client.get<KubeObject>(DAEMON_SETS, 'agent', 'default');
    assert.equal([status.desiredNumberScheduled, status.updatedNumberScheduled, status.numberAvailable], [3, 3, 3]);
    assert.is(least, 2);
  } finally {
    await plane.stop();
  }
});

test('a daemon whose pod has ended, well or not, is made anew', async () => {
  const plane = await startTestPlane({ nodes: [{ name: 'n' }] });
  try {
    await plane.client.create(DAEMON_SETS, daemonSet('agent', 'agent:1'));
    await plane.advance(1000);
    for (const phase of ['Failed', 'Succeeded']) {
      const [pod] = plane.informers.for(PODS).list('default') as [KubeObject];
      await plane.client.update(PODS, { ...pod, status: { ...pod.status, phase } }, { subresource: 'status' });
      await plane.advance(2000);
      const [next] = plane.informers.for(PODS).list('default') as [KubeObject];
      assert.is.not(next.metadata.uid, pod.metadata.uid);
      assert.is(next.status.phase, 'Running');
    }
    const reasons = (await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' })).items.map((e) => e.reason);
    for (const reason of ['FailedDaemonPod', 'SucceededDaemonPod']) assert.ok(reasons.includes(reason), reason);
  } finally {
    await plane.stop();
  }
});

test('a daemon stays off nodes it does not select or tolerate', async () => {
  const plane = await startTestPlane({
    nodes: [
      { name: 'a', labels: { disk: 'ssd' } },
      { name: 'b' },
      { name: 'c', labels: { disk: 'ssd' }, taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
    ],
  });
  try {
    const spec = { template: template('agent', 'fluentd:1', { nodeSelector: { disk: 'ssd' } }) };
    await plane.client.create(DAEMON_SETS, daemonSet('agent', 'fluentd:1', spec));
    await plane.advance(1000);
    assert.equal(
      plane.informers
        .for(PODS)
        .list('default')
        .map(({ spec }) => spec.nodeName),
      ['a'],
    );
    const { status } = await plane.client.get<KubeObject>(DAEMON_SETS, 'agent', 'default');
    assert.equal([status.desiredNumberScheduled, status.numberReady], [1, 1]);
  } finally {
    await plane.stop();
  }
});

test('a replication controller keeps its number and replaces what is deleted', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(REPLICATION_CONTROLLERS, {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old', namespace: 'default' },
      spec: { replicas: 2, selector: { app: 'old' }, template: template('old', 'nginx:1') },
    });
    await plane.advance(1000);
    const [first] = pods(plane);
    await plane.client.delete(PODS, first!, 'default');
    await plane.advance(1000);
    assert.is(pods(plane).length, 2);
    assert.not(pods(plane).includes(first!));
    const { status } = await plane.client.get<KubeObject>(REPLICATION_CONTROLLERS, 'old', 'default');
    assert.is(status.availableReplicas, 2);
    const { items } = await plane.client.list<KubeObject>(EVENTS);
    assert.ok(
      items.some(
        ({ source, message }) =>
          source.component === 'replication-controller' && message.startsWith('Created pod: old-'),
      ),
    );
  } finally {
    await plane.stop();
  }
});

test.run();
