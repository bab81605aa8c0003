/** What goes wrong around controllers, and does not stop them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiHandler } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../../src/client/resources.ts';
import { deployment, namespace, service } from './objects.ts';
import { type Plane, startTestPlane, withPlane } from './plane.ts';

const availableOf = async (plane: Plane, name = 'web', space = 'default'): Promise<number> =>
  (await plane.client.get<KubeObject>(DEPLOYMENTS, name, space)).status?.availableReplicas ?? 0;

test('a controller that throws is tried again ever later, is counted, and stops no other', async () => {
  let broken = true;
  const attempts: number[] = [];
  const through =
    (handler: ApiHandler): ApiHandler =>
    async (request) => {
      if (!broken || request.method !== 'POST' || !request.path.endsWith('/default/endpointslices'))
        return handler(request);
      attempts.push(plane.clock.now());
      throw new TypeError('cannot read properties of undefined');
    };
  const plane: Plane = await startTestPlane({ through });
  try {
    await plane.client.create(SERVICES, service('web'));
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(20_000);
    assert.is(await availableOf(plane), 3, 'the others do their work');
    const gaps = attempts.slice(-4).map((at, i, all) => (i === 0 ? 0 : at - all[i - 1]!));
    assert.equal(gaps.slice(1), [gaps[1], 2 * gaps[1]!, 4 * gaps[1]!], 'each time twice as long');
    const failures = plane.controllers.stats().find(({ name }) => name === 'endpointslice-controller')!.failures;
    assert.is(failures, attempts.length);
    const { body } = await plane.handler({
      method: 'GET',
      path: '/metrics',
      query: new URLSearchParams(),
      headers: {},
      user: { name: 'admin', groups: ['system:masters'] },
    });
    const text = Buffer.from((body as { bytes: Uint8Array }).bytes).toString();
    assert.ok(text.includes(`workqueue_retries_total{name="endpointslice-controller"} ${failures}\n`), text);
    assert.ok(text.includes('workqueue_retries_total{name="deployment-controller"} 0\n'));
    broken = false;
    await plane.advance(30_000);
    const { items } = await plane.client.list<KubeObject>(ENDPOINT_SLICES, {
      namespace: 'default',
      labelSelector: 'kubernetes.io/service-name=web',
    });
    assert.is(items.length, 1, 'and it does its own as soon as it can');
  } finally {
    await plane.stop();
  }
});

test('a namespace is deleted while a rollout runs in it', () =>
  withPlane(async (plane) => {
    await plane.client.create(NAMESPACES, namespace('shop'));
    const web = (image: string) => ({
      ...deployment('web', image, { replicas: 10 }),
      metadata: { name: 'web', namespace: 'shop' },
    });
    await plane.client.create(DEPLOYMENTS, web('nginx:1'));
    await plane.advance(2000);
    assert.is(await availableOf(plane, 'web', 'shop'), 10);
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } };
    await plane.client.patch(DEPLOYMENTS, 'web', 'shop', patch, { type: 'strategic' });
    await plane.advance(6);
    assert.ok((await plane.client.list(REPLICA_SETS, { namespace: 'shop' })).items.length === 2, 'it is under way');
    await plane.client.delete(NAMESPACES, 'shop');
    await plane.advance(60_000);
    for (const resource of [PODS, REPLICA_SETS, DEPLOYMENTS])
      assert.equal((await plane.client.list(resource, { namespace: 'shop' })).items, []);
    assert.not((await plane.client.list(NAMESPACES)).items.some(({ metadata }) => metadata.name === 'shop'));
    assert.ok(
      plane.controllers.stats().every(({ depth }) => depth === 0),
      'nothing is tried for ever',
    );
  }));

test('a finalizer that never goes holds up its object alone, and costs nothing', async () => {
  let requests = 0;
  const through =
    (handler: ApiHandler): ApiHandler =>
    (request) => {
      // Watches are begun anew now and then, as many as there are resources.
      if (!request.path.includes('leases') && !request.query.has('watch')) requests++;
      return handler(request);
    };
  await withPlane(
    async (plane) => {
      const held = { metadata: { finalizers: ['example.com/hold'] } };
      await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { replicas: 4 }));
      await plane.advance(2000);
      const [first] = (await plane.client.list(PODS, { namespace: 'default' })).items;
      await plane.client.patch(PODS, first!.metadata.name, 'default', held, { type: 'merge' });
      await plane.client.delete(PODS, first!.metadata.name, 'default');
      await plane.advance(60_000);
      assert.is(await availableOf(plane), 4, 'another pod has its place');
      requests = 0;
      await plane.advance(3_600_000);
      assert.ok(requests < 20, `${requests} requests in an idle hour`);
      await plane.client.delete(DEPLOYMENTS, 'web', 'default');
      await plane.advance(60_000);
      const left = (await plane.client.list(PODS, { namespace: 'default' })).items;
      assert.equal(
        left.map(({ metadata }) => metadata.name),
        [first!.metadata.name],
      );
    },
    { through },
  );
});

test('owners in a circle, deleted in the foreground, end too', () =>
  withPlane(async (plane) => {
    const map = (name: string, owners: KubeObject[] = []): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: owners.map(({ metadata }) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: metadata.name,
          uid: metadata.uid!,
          blockOwnerDeletion: true,
        })),
      },
    });
    const a = await plane.client.create(CONFIG_MAPS, map('a'));
    const b = await plane.client.create(CONFIG_MAPS, map('b', [a]));
    const c = await plane.client.create(CONFIG_MAPS, map('c', [b]));
    await plane.client.patch(CONFIG_MAPS, 'a', 'default', map('a', [c]), { type: 'merge' });
    await plane.settled();
    await plane.client.delete(CONFIG_MAPS, 'a', 'default', { propagationPolicy: 'Foreground' });
    await plane.advance(10_000);
    const left = (await plane.client.list(CONFIG_MAPS, { namespace: 'default' })).items;
    assert.equal(
      left.filter(({ metadata }) => metadata.name.length === 1),
      [],
    );
  }));

test.run();
