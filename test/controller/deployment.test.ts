import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS } from '../../src/client/resources.ts';
import { deployment, template } from './objects.ts';
import { type Plane, startTestPlane } from './plane.ts';

const get = (plane: Plane, name = 'web') => plane.client.get<KubeObject>(DEPLOYMENTS, name, 'default');
async function change(plane: Plane, spec: object): Promise<void> {
  const current = await get(plane);
  await plane.client.update(DEPLOYMENTS, { ...current, spec: { ...current.spec, ...spec } });
}
const condition = ({ status }: KubeObject, type: string) => {
  const found = status.conditions.find((each: { type: string }) => each.type === type);
  return found && [found.status, found.reason, found.message];
};
async function events(plane: Plane, kind: string): Promise<string[]> {
  const { items } = await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' });
  const own = items.filter(({ involvedObject }) => involvedObject.kind === kind);
  return own
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ reason, message }) => `${reason}: ${message}`);
}

test('a deployment comes up, with the words of Kubernetes', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1.25'));
    await plane.advance(1000);
    const web = await get(plane);
    const [set] = (await plane.client.list<KubeObject>(REPLICA_SETS)).items;
    const hash = set!.metadata.labels!['pod-template-hash'];
    assert.match(hash!, /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    assert.is(set!.metadata.name, `web-${hash}`);
    assert.equal(set!.metadata.annotations, {
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'deployment.kubernetes.io/revision': '1',
    });
    assert.is(web.metadata.annotations!['deployment.kubernetes.io/revision'], '1');
    const { conditions: _, ...counts } = web.status;
    assert.equal(counts, {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    assert.equal(condition(web, 'Available'), [
      'True',
      'MinimumReplicasAvailable',
      'Deployment has minimum availability.',
    ]);
    assert.equal(condition(web, 'Progressing'), [
      'True',
      'NewReplicaSetAvailable',
      `ReplicaSet "web-${hash}" has successfully progressed.`,
    ]);
    assert.equal(await events(plane, 'Deployment'), [
      `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`,
    ]);
    const made = await events(plane, 'ReplicaSet');
    assert.is(made.length, 3);
    for (const text of made) assert.match(text, /^SuccessfulCreate: Created pod: web-\w+-\w{5}$/);
  } finally {
    await plane.stop();
  }
});

/** Which sizes the sets had, step by step, old and new, as the events of the rollout tell. */
const rollouts: [replicas: number, surge: number | string, unavailable: number | string, steps: string[]][] = [
  [3, 1, 0, ['up 0→1', 'down 3→2', 'up 1→2', 'down 2→1', 'up 2→3', 'down 1→0']],
  [3, 0, 1, ['down 3→2', 'up 0→1', 'down 2→1', 'up 1→2', 'down 1→0', 'up 2→3']],
  [4, '50%', '50%', ['up 0→2', 'down 4→2', 'up 2→4', 'down 2→0']],
  [2, '100%', 0, ['up 0→2', 'down 2→0']],
  [1, '25%', '25%', ['up 0→1', 'down 1→0']],
];
for (const [replicas, maxSurge, maxUnavailable, steps] of rollouts)
  test(`a rollout of ${replicas} with ${maxSurge} more and ${maxUnavailable} fewer`, async () => {
    const plane = await startTestPlane();
    try {
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
      await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1.25', { replicas, strategy }));
      await plane.advance(1000);
      let lowest = replicas;
      let most = 0;
      // What the sets are asked for: as on a cluster, the pods themselves come and go a moment later.
      plane.informers.for(REPLICA_SETS).onChange(() => {
        const sets = plane.informers.for(REPLICA_SETS).list();
        most = Math.max(
          most,
          sets.reduce((sum, { spec }) => sum + spec.replicas, 0),
        );
      });
      plane.informers.for(DEPLOYMENTS).onChange(({ object }) => {
        lowest = Math.min(lowest, object.status?.availableReplicas ?? 0);
      });
      await change(plane, { template: template('web', 'nginx:1.26') });
      await plane.advance(2000);
      const told = (await events(plane, 'Deployment')).slice(1);
      const found = told.map((text) =>
        text.replace(/^.*Scaled (up|down) replica set \S+ from (\d+) to (\d+)$/, '$1 $2→$3'),
      );
      assert.equal(found, steps);
      const web = await get(plane);
      assert.is(web.status.updatedReplicas, replicas);
      const allowed = (value: number | string, up: boolean) =>
        typeof value === 'number'
          ? value
          : (up ? Math.ceil : Math.floor)((Number.parseInt(value, 10) * replicas) / 100);
      assert.ok(lowest >= replicas - allowed(maxUnavailable, false), `${lowest} available`);
      assert.ok(most <= replicas + allowed(maxSurge, true), `${most} pods`);
    } finally {
      await plane.stop();
    }
  });

test('an upgrade to a broken image stops, is told after its deadline, and can be undone', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1.25', { progressDeadlineSeconds: 60 }));
    await plane.advance(1000);
    await change(plane, { template: template('web', 'nginx:broken') });
    await plane.advance(30_000);
    const stuck = await get(plane);
    assert.equal([stuck.status.updatedReplicas, stuck.status.availableReplicas], [1, 3]);
    assert.is(condition(stuck, 'Progressing')![1], 'ReplicaSetUpdated');
    await plane.advance(40_000);
    const late = await get(plane);
    assert.equal(condition(late, 'Progressing')!.slice(0, 2), ['False', 'ProgressDeadlineExceeded']);
    assert.match(condition(late, 'Progressing')![2], /^ReplicaSet "web-\w+" has timed out progressing\.$/);
    await change(plane, { template: template('web', 'nginx:1.25') });
    await plane.advance(1000);
    const back = await get(plane);
    assert.is(back.metadata.annotations!['deployment.kubernetes.io/revision'], '3');
    assert.is(condition(back, 'Progressing')![1], 'NewReplicaSetAvailable');
    const sets = (await plane.client.list<KubeObject>(REPLICA_SETS)).items;
    const first = sets.find(({ spec }) => spec.replicas === 3)!;
    assert.is(first.metadata.annotations!['deployment.kubernetes.io/revision-history'], '1');
  } finally {
    await plane.stop();
  }
});

test('Recreate waits for the last old pod to go', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1.25', { strategy: { type: 'Recreate' } }));
    await plane.advance(1000);
    const images = () =>
      new Set(
        plane.informers
          .for(PODS)
          .list()
          .map(({ spec }) => spec.containers[0].image),
      );
    let mixed = false;
    plane.informers.for(PODS).onChange(() => {
      mixed ||= images().size > 1;
    });
    await change(plane, { template: template('web', 'nginx:1.26') });
    await plane.advance(1000);
    assert.not(mixed);
    assert.equal([...images()], ['nginx:1.26']);
    assert.is((await get(plane)).status.availableReplicas, 3);
  } finally {
    await plane.stop();
  }
});

test('a paused deployment is scaled but not rolled, and says so', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1.25'));
    await plane.advance(1000);
    await change(plane, { paused: true });
    await plane.advance(1000);
    assert.equal(condition(await get(plane), 'Progressing'), ['Unknown', 'DeploymentPaused', 'Deployment is paused']);
    await change(plane, { replicas: 5, template: template('web', 'nginx:1.26') });
    await plane.advance(1000);
    const paused = await get(plane);
    assert.equal([paused.status.replicas, paused.status.updatedReplicas], [5, undefined]);
    await change(plane, { paused: false });
    await plane.advance(1000);
    const resumed = await get(plane);
    assert.equal(
      [resumed.status.updatedReplicas, condition(resumed, 'Progressing')![1]],
      [5, 'NewReplicaSetAvailable'],
    );
  } finally {
    await plane.stop();
  }
});

test('old sets beyond the history are deleted', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { revisionHistoryLimit: 1, replicas: 1 }));
    await plane.advance(1000);
    for (const tag of [2, 3, 4]) {
      await change(plane, { template: template('web', `nginx:${tag}`) });
      await plane.advance(1000);
    }
    const sets = (await plane.client.list<KubeObject>(REPLICA_SETS)).items;
    const revisions = sets.map(({ metadata }) => metadata.annotations!['deployment.kubernetes.io/revision']).sort();
    assert.equal(revisions, ['3', '4']);
  } finally {
    await plane.stop();
  }
});

test('a deployment takes in a set that is there, and counts on from its revision, however high', async () => {
  const plane = await startTestPlane();
  try {
    const metadata = {
      name: 'before',
      namespace: 'default',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' },
    };
    const spec = { selector: { matchLabels: { app: 'web' } }, template: template('web', 'nginx:1') };
    await plane.client.create(REPLICA_SETS, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec });
    await plane.advance(1000);
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:2', { replicas: 1 }));
    await plane.advance(2000);
    const { metadata: found } = await get(plane);
    assert.is(found.annotations!['deployment.kubernetes.io/revision'], '3546343826724305833');
    const sets = (await plane.client.list<KubeObject>(REPLICA_SETS)).items;
    assert.equal(sets.map(({ spec }) => spec.replicas).sort(), [0, 1]);
  } finally {
    await plane.stop();
  }
});

test('minReadySeconds holds a rollout up', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { minReadySeconds: 30, replicas: 1 }));
    await plane.advance(20_000);
    const young = await get(plane);
    assert.equal([young.status.readyReplicas, young.status.availableReplicas], [1, undefined]);
    await plane.advance(15_000);
    assert.is((await get(plane)).status.availableReplicas, 1);
  } finally {
    await plane.stop();
  }
});

test('what cannot be made is told on the set and on the deployment', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(
      { group: '', version: 'v1', resource: 'resourcequotas' },
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'few', namespace: 'default' },
        spec: { hard: { pods: '1' } },
      },
    );
    await plane.advance(100);
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(1000);
    const failure = condition(await get(plane), 'ReplicaFailure');
    assert.ok(failure, 'there is no quota admission, or its refusal is not told');
    assert.equal(failure!.slice(0, 2), ['True', 'FailedCreate']);
    const { status } = await get(plane);
    assert.equal([status.replicas, status.unavailableReplicas], [1, 2], 'what could not be made is unavailable too');
    assert.match(failure![2], /is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1$/);
  } finally {
    await plane.stop();
  }
});

test('pods that are refused before they have a name are told by its beginning, and counted as one', async () => {
  const plane = await startTestPlane();
  try {
    const spec = { template: template('web', 'nginx:1', { serviceAccountName: 'nope' }) };
    await plane.client.create(DEPLOYMENTS, deployment('web', '', spec));
    await plane.advance(60_000);
    const [set] = (await plane.client.list<KubeObject>(REPLICA_SETS)).items;
    const failures = (await plane.client.list<KubeObject>(EVENTS)).items.filter(
      ({ reason }) => reason === 'FailedCreate',
    );
    assert.is(failures.length, 1);
    assert.ok(failures[0]!.count > 3);
    const why = 'error looking up service account default/nope: serviceaccount "nope" not found';
    assert.is(failures[0]!.message, `Error creating: pods "${set!.metadata.name}-" is forbidden: ${why}`);
  } finally {
    await plane.stop();
  }
});

test.run();
