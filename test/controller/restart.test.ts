/** The plane stops in the middle of things, and another takes up where it left off. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { DEPLOYMENTS, JOBS, NAMESPACES, PODS, STATEFUL_SETS } from '../../src/client/resources.ts';
import { ManualClock } from '../../src/clock.ts';
import { openMemoryStore } from '../../src/store/store.ts';
import { deployment, job, namespace, pod, statefulSet, template } from './objects.ts';
import { startTestPlane } from './plane.ts';

for (const after of [0, 1, 2, 4, 9, 12, 15, 20, 30])
  test(`stopped ${after} ms into a rollout`, async () => {
    const [store, clock] = [openMemoryStore(), new ManualClock()];
    const first = await startTestPlane({ store, clock });
    await first.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await first.client.create(STATEFUL_SETS, statefulSet('db', 'redis:7'));
    await first.client.create(JOBS, job('once', 'busybox', { completions: 2 }));
    await first.client.create(PODS, pod('bad', 'busybox:crash'));
    await first.advance(after);
    await first.stop();
    const second = await startTestPlane({ store, clock });
    try {
      await second.advance(15_000);
      const web = await second.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
      const db = await second.client.get<KubeObject>(STATEFUL_SETS, 'db', 'default');
      const once = await second.client.get<KubeObject>(JOBS, 'once', 'default');
      assert.equal([web.status.availableReplicas, db.status.availableReplicas, once.status.succeeded], [3, 3, 2]);
      for (const { metadata, status } of (await second.client.list<KubeObject>(PODS)).items)
        if (status.phase !== 'Pending')
          assert.match(
            await second.client.logs(metadata.name, 'default'),
            /^container \w+ started: simulated from image/,
          );
      const bad = await second.client.get<KubeObject>(PODS, 'bad', 'default');
      assert.ok(bad.status.containerStatuses[0].restartCount >= 2);
      const pods = (await second.client.list<KubeObject>(PODS)).items;
      assert.is(pods.filter(({ metadata }) => metadata.labels?.app === 'web').length, 3);
      assert.is(pods.filter(({ metadata }) => metadata.labels?.app === 'once').length, 2);
    } finally {
      await second.stop();
      await store.close();
    }
  });

test('stopped while an upgrade fails, a pod ends and a namespace goes', async () => {
  const [store, clock] = [openMemoryStore(), new ManualClock()];
  const first = await startTestPlane({ store, clock });
  await first.client.create(NAMESPACES, namespace('shop'));
  await first.settled();
  await first.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { progressDeadlineSeconds: 30 }));
  await first.client.create(PODS, pod('slow', 'nginx:1', {}, { annotations: { 'portolan.dev/stop': '20s' } }));
  await first.client.create(PODS, pod('p', 'nginx:hang', {}, { namespace: 'shop' }));
  await first.advance(1000);
  const web = await first.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
  await first.client.update(DEPLOYMENTS, { ...web, spec: { ...web.spec, template: template('web', 'nginx:broken') } });
  await first.client.delete(PODS, 'slow', 'default');
  await first.client.delete(NAMESPACES, 'shop');
  await first.advance(5000);
  await first.stop();
  const second = await startTestPlane({ store, clock });
  try {
    await second.advance(60_000);
    const { status } = await second.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    assert.is(
      status.conditions.find((c: { type: string }) => c.type === 'Progressing').reason,
      'ProgressDeadlineExceeded',
    );
    assert.is(status.availableReplicas, 3);
    const pods = (await second.client.list(PODS)).items.map(({ metadata }) => metadata.name);
    assert.not(pods.includes('slow'));
    assert.not(pods.includes('p'));
    assert.not((await second.client.list(NAMESPACES)).items.some(({ metadata }) => metadata.name === 'shop'));
  } finally {
    await second.stop();
    await store.close();
  }
});

test('a plane that was off for an hour finds its nodes and pods well', async () => {
  const [store, clock] = [openMemoryStore(), new ManualClock()];
  const first = await startTestPlane({ store, clock });
  await first.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
  await first.advance(1000);
  const uids = async (plane: typeof first) => (await plane.client.list(PODS)).items.map(({ metadata }) => metadata.uid);
  const before = await uids(first);
  await first.stop();
  await clock.advance(3_600_000);
  const second = await startTestPlane({ store, clock });
  try {
    let least = 3;
    second.informers.for(DEPLOYMENTS).onChange(({ object }) => {
      least = Math.min(least, object.status?.availableReplicas ?? 0);
    });
    await second.advance(600_000);
    assert.is(least, 3);
    assert.equal(await uids(second), before);
  } finally {
    await second.stop();
    await store.close();
  }
});

test('nothing is left behind when the plane stops', async () => {
  const clock = new ManualClock();
  const plane = await startTestPlane({ clock });
  await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:broken'));
  await plane.client.create(PODS, pod('p', 'nginx:flapping'));
  await plane.advance(5000);
  await plane.stop();
  assert.is(clock.nextDue(), undefined);
});

test.run();
