/** Garbage, namespaces, nodes, budgets, quotas, endpoints, volumes, addresses, autoscaling. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  INGRESSES,
  JOBS,
  LEASES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  SERVICE_ACCOUNTS,
  SERVICES,
  STORAGE_CLASSES,
} from '../../src/client/resources.ts';
import { deployment, job, namespace, pod, service, template } from './objects.ts';
import { type Plane, withPlane } from './plane.ts';

const names = async (plane: Plane, resource: typeof PODS, where?: string) =>
  (await plane.client.list(resource, where ? { namespace: where } : {})).items.map(({ metadata }) => metadata.name);
const configMap = (name: string, owners: KubeObject[] = [], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'default',
    ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid!,
    })),
    ...more,
  },
});

for (const [policy, left] of [
  ['Background', [0, 0]],
  ['Foreground', [0, 0]],
  ['Orphan', [1, 2]],
] as const)
  test(`a deployment deleted with policy ${policy}`, () =>
    withPlane(async (plane) => {
      await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { replicas: 2 }));
      await plane.advance(1000);
      let [ownerGone, podGone] = [0, 0];
      let at = 0;
      plane.informers.for(DEPLOYMENTS).onChange(({ type }) => type === 'deleted' && (ownerGone = ++at));
      plane.informers.for(PODS).onChange(({ type }) => type === 'deleted' && (podGone = ++at));
      await plane.client.delete(DEPLOYMENTS, 'web', 'default', { propagationPolicy: policy });
      await plane.advance(40_000);
      const found = [(await names(plane, REPLICA_SETS)).length, (await names(plane, PODS, 'default')).length];
      assert.equal(found, [...left]);
      assert.equal(await names(plane, DEPLOYMENTS), []);
      if (policy === 'Foreground') assert.ok(podGone < ownerGone, 'the pods go first');
      if (policy === 'Background') assert.ok(ownerGone < podGone, 'the pods go after');
    }));

test('an object goes when its last owner goes', () =>
  withPlane(async (plane) => {
    const a = await plane.client.create(CONFIG_MAPS, configMap('a'));
    const b = await plane.client.create(CONFIG_MAPS, configMap('b'));
    await plane.client.create(CONFIG_MAPS, configMap('both', [a, b]));
    await plane.client.create(
      CONFIG_MAPS,
      configMap('never', [{ ...a, metadata: { ...a.metadata, uid: 'not-that-one' } }]),
    );
    await plane.settled();
    const mine = async () => (await names(plane, CONFIG_MAPS, 'default')).filter((name) => !name.startsWith('kube'));
    assert.equal(await mine(), ['a', 'b', 'both'], 'one whose owner never was is gone');
    await plane.client.delete(CONFIG_MAPS, 'a', 'default');
    await plane.settled();
    const both = await plane.client.get<KubeObject>(CONFIG_MAPS, 'both', 'default');
    assert.equal(
      both.metadata.ownerReferences!.map(({ name }) => name),
      ['b'],
    );
    await plane.client.delete(CONFIG_MAPS, 'b', 'default');
    await plane.settled();
    assert.equal(await mine(), []);
  }));

test('owners in a circle end with the first deletion', () =>
  withPlane(async (plane) => {
    const a = await plane.client.create(CONFIG_MAPS, configMap('a'));
    const b = await plane.client.create(CONFIG_MAPS, configMap('b', [a]));
    await plane.client.patch(CONFIG_MAPS, 'a', 'default', configMap('a', [b]), { type: 'merge' });
    await plane.settled();
    await plane.client.delete(CONFIG_MAPS, 'a', 'default');
    await plane.settled();
    assert.equal(
      (await names(plane, CONFIG_MAPS, 'default')).filter((name) => name.length === 1),
      [],
    );
  }));

test('a namespace begins with its account and ends with all that is in it', () =>
  withPlane(async (plane) => {
    await plane.client.create(NAMESPACES, namespace('shop'));
    await plane.settled();
    assert.equal(await names(plane, SERVICE_ACCOUNTS, 'shop'), ['default']);
    assert.equal(await names(plane, CONFIG_MAPS, 'shop'), ['kube-root-ca.crt']);
    const inShop = (object: KubeObject) => ({ ...object, metadata: { ...object.metadata, namespace: 'shop' } });
    await plane.client.create(DEPLOYMENTS, inShop(deployment('web', 'nginx:1')));
    await plane.client.create(JOBS, inShop(job('j', 'busybox')));
    await plane.client.create(CONFIG_MAPS, inShop(configMap('kept', [], { finalizers: ['example.com/hold'] })));
    await plane.advance(500);
    await plane.client.delete(NAMESPACES, 'shop');
    await plane.advance(40_000);
    const stuck = await plane.client.get<KubeObject>(NAMESPACES, 'shop');
    assert.is(stuck.status.phase, 'Terminating');
    const told = stuck.status.conditions.map((c: { type: string; message: string }) => `${c.type}: ${c.message}`);
    assert.ok(
      told.includes('NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource instances'),
    );
    assert.ok(
      told.includes(
        'NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      ),
    );
    await plane.client.patch(CONFIG_MAPS, 'kept', 'shop', { metadata: { finalizers: null } }, { type: 'merge' });
    await plane.settled();
    assert.not((await names(plane, NAMESPACES)).includes('shop'));
    assert.equal(await names(plane, PODS, 'shop'), []);
  }));

test('what a namespace always holds comes back', () =>
  withPlane(async (plane) => {
    await plane.client.delete(SERVICE_ACCOUNTS, 'default', 'default');
    await plane.client.delete(CONFIG_MAPS, 'kube-root-ca.crt', 'default');
    await plane.settled();
    assert.equal(await names(plane, SERVICE_ACCOUNTS, 'default'), ['default']);
    assert.ok((await names(plane, CONFIG_MAPS, 'default')).includes('kube-root-ca.crt'));
  }));

test('a service knows the pods behind it, ready or not', () =>
  withPlane(async (plane) => {
    await plane.client.create(SERVICES, service('web', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }));
    await plane.settled();
    const slices = () =>
      plane.informers
        .for(ENDPOINT_SLICES)
        .list('default')
        .filter(({ metadata }) => metadata.labels!['kubernetes.io/service-name'] === 'web');
    assert.equal(
      slices().map(({ endpoints }) => (endpoints ?? []).length),
      [0],
      'a service without pods has an empty slice',
    );
    const ports = [{ name: 'web', containerPort: 8080 }];
    const containers = (image: string) => [
      { name: 'web', image, ports, readinessProbe: { httpGet: { path: '/', port: 'web' } } },
    ];
    await plane.client.create(PODS, pod('good', '', { containers: containers('nginx:1') }, { labels: { app: 'web' } }));
    await plane.client.create(
      PODS,
      pod('slow', '', { containers: containers('nginx:notready') }, { labels: { app: 'web' } }),
    );
    await plane.client.create(PODS, pod('other', 'nginx:1', {}, { labels: { app: 'other' } }));
    await plane.advance(1000);
    const [slice] = slices();
    assert.equal(slice!.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
    const found = slice!.endpoints.map((e: KubeObject) => `${e.targetRef.name} ${e.conditions.ready}`).sort();
    assert.equal(found, ['good true', 'slow false']);
    const { subsets } = await plane.client.get<KubeObject>(ENDPOINTS, 'web', 'default');
    assert.equal(
      subsets.map((s: KubeObject) => [s.addresses.length, s.notReadyAddresses.length, s.ports]),
      [[1, 1, [{ name: 'http', port: 8080, protocol: 'TCP' }]]],
    );
    await plane.client.delete(PODS, 'good', 'default');
    await plane.settled();
    assert.ok(slices()[0]!.endpoints.some((e: KubeObject) => e.conditions.terminating));
    await plane.client.delete(SERVICES, 'web', 'default');
    await plane.advance(40_000);
    assert.equal(slices(), []);
    assert.not((await names(plane, ENDPOINTS, 'default')).includes('web'));
  }));

test('endpoints made by hand are mirrored while their service selects nothing', () =>
  withPlane(async (plane) => {
    const mirrored = () =>
      plane.informers
        .for(ENDPOINT_SLICES)
        .list('default')
        .filter(({ metadata }) => metadata.labels!['kubernetes.io/service-name'] === 'db')
        .map(({ addressType, endpoints, ports, metadata }) => [
          addressType,
          endpoints.map((e: KubeObject) => `${e.addresses} ${e.conditions.ready}`),
          ports.map((p: KubeObject) => `${p.name} ${p.port}`),
          metadata.labels!['endpointslice.kubernetes.io/managed-by'],
        ])
        .sort();
    const manager = 'endpointslicemirroring-controller.k8s.io';
    const made = (subsets: object[]): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'db', namespace: 'default' },
      subsets,
    });
    const ports = [{ name: 'sql', port: 5432 }];
    const subset = {
      addresses: [{ ip: '10.1.1.1' }, { ip: 'fd00::1' }],
      notReadyAddresses: [{ ip: '10.1.1.2' }],
      ports,
    };
    await plane.client.create(ENDPOINTS, made([subset]));
    await plane.settled();
    assert.equal(mirrored(), [], 'without a service there is nothing to mirror for');
    await plane.client.create(SERVICES, service('db', { selector: undefined }));
    await plane.settled();
    assert.equal(mirrored(), [
      ['IPv4', ['10.1.1.1 true', '10.1.1.2 false'], ['sql 5432'], manager],
      ['IPv6', ['fd00::1 true'], ['sql 5432'], manager],
    ]);
    await plane.client.update(ENDPOINTS, made([{ addresses: [{ ip: 'fd00::2' }], ports }]));
    await plane.settled();
    assert.equal(mirrored(), [['IPv6', ['fd00::2 true'], ['sql 5432'], manager]]);
    const skip = { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } };
    await plane.client.patch(ENDPOINTS, 'db', 'default', skip, { type: 'merge' });
    await plane.settled();
    assert.equal(mirrored(), []);
  }));

test('load balancers and ingresses get addresses', () =>
  withPlane(async (plane) => {
    for (const name of ['a', 'b']) await plane.client.create(SERVICES, service(name, { type: 'LoadBalancer' }));
    await plane.client.create(INGRESSES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'i', namespace: 'default' },
      spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
    });
    await plane.settled();
    const ips = [];
    for (const name of ['a', 'b'])
      ips.push((await plane.client.get<KubeObject>(SERVICES, name, 'default')).status.loadBalancer.ingress[0].ip);
    assert.equal(ips, ['198.18.0.1', '198.18.0.2']);
    const ingress = await plane.client.get<KubeObject>(INGRESSES, 'i', 'default');
    assert.equal(ingress.status.loadBalancer, { ingress: [{ ip: '203.0.113.1' }] });
  }));

const claim = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const volume = (name: string, storage: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    capacity: { storage },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/x' },
    persistentVolumeReclaimPolicy: 'Retain',
    ...spec,
  },
});

test('a claim takes the smallest volume that fits', () =>
  withPlane(async (plane) => {
    for (const [name, size] of [
      ['big', '10Gi'],
      ['fit', '2Gi'],
      ['small', '512Mi'],
    ])
      await plane.client.create(PERSISTENT_VOLUMES, volume(name!, size!));
    await plane.client.create(PERSISTENT_VOLUME_CLAIMS, claim('c', { storageClassName: '' }));
    await plane.settled();
    const { spec, status } = await plane.client.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, 'c', 'default');
    assert.equal([spec.volumeName, status.phase, status.capacity], ['fit', 'Bound', { storage: '2Gi' }]);
    assert.is((await plane.client.get<KubeObject>(PERSISTENT_VOLUMES, 'fit')).status.phase, 'Bound');
    await plane.client.delete(PERSISTENT_VOLUME_CLAIMS, 'c', 'default');
    await plane.settled();
    assert.is((await plane.client.get<KubeObject>(PERSISTENT_VOLUMES, 'fit')).status.phase, 'Released');
  }));

for (const mode of ['Immediate', 'WaitForFirstConsumer'])
  test(`a volume is made for a claim of a class: ${mode}`, () =>
    withPlane(async (plane) => {
      await plane.client.create(STORAGE_CLASSES, {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'fast' },
        provisioner: 'example.com/disk',
        volumeBindingMode: mode,
        reclaimPolicy: 'Delete',
      });
      await plane.client.create(PERSISTENT_VOLUME_CLAIMS, claim('c', { storageClassName: 'fast' }));
      await plane.settled();
      const phase = async () =>
        (await plane.client.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, 'c', 'default')).status.phase;
      assert.is(await phase(), mode === 'Immediate' ? 'Bound' : 'Pending');
      const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
      await plane.client.create(PODS, pod('p', 'nginx:1', { volumes }));
      await plane.advance(1000);
      assert.is(await phase(), 'Bound');
      assert.is((await plane.client.get<KubeObject>(PODS, 'p', 'default')).status.phase, 'Running');
      await plane.client.delete(PERSISTENT_VOLUME_CLAIMS, 'c', 'default');
      await plane.settled();
      assert.equal(await names(plane, PERSISTENT_VOLUME_CLAIMS), ['c'], 'a claim in use waits for its pod');
      await plane.client.delete(PODS, 'p', 'default');
      await plane.advance(40_000);
      assert.equal(
        [...(await names(plane, PERSISTENT_VOLUME_CLAIMS)), ...(await names(plane, PERSISTENT_VOLUMES))],
        [],
      );
    }));

test('a bound claim grows where its class allows it', () =>
  withPlane(async (plane) => {
    await plane.client.create(STORAGE_CLASSES, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'grows' },
      provisioner: 'example.com/disk',
      allowVolumeExpansion: true,
    });
    await plane.client.create(PERSISTENT_VOLUME_CLAIMS, claim('c', { storageClassName: 'grows' }));
    await plane.settled();
    const resources = { requests: { storage: '2Gi' } };
    await plane.client.patch(PERSISTENT_VOLUME_CLAIMS, 'c', 'default', { spec: { resources } }, { type: 'merge' });
    await plane.settled();
    const { status, spec } = await plane.client.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, 'c', 'default');
    assert.equal(status.capacity, { storage: '2Gi' });
    assert.is((await plane.client.get<KubeObject>(PERSISTENT_VOLUMES, spec.volumeName)).spec.capacity.storage, '2Gi');
  }));

test('a replica set takes in orphans that it selects and lets go of pods it no longer does', () =>
  withPlane(async (plane) => {
    await plane.client.create(PODS, pod('orphan', 'nginx:1', {}, { labels: { app: 'web' } }));
    await plane.advance(500);
    await plane.client.create(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template('web', 'nginx:1') },
    });
    await plane.advance(500);
    const owner = async () =>
      (await plane.client.get<KubeObject>(PODS, 'orphan', 'default')).metadata.ownerReferences?.[0]?.name;
    assert.is(await owner(), 'web');
    assert.is((await names(plane, PODS, 'default')).length, 2);
    await plane.client.patch(PODS, 'orphan', 'default', { metadata: { labels: { app: 'other' } } }, { type: 'merge' });
    await plane.advance(500);
    assert.is(await owner(), undefined);
    assert.is((await names(plane, PODS, 'default')).length, 3);
  }));

const BUDGETS: [spec: object, expected: [allowed: number, healthy: number, desired: number, expected: number]][] = [
  [{ minAvailable: 2 }, [1, 3, 2, 3]],
  [{ minAvailable: '100%' }, [0, 3, 3, 3]],
  [{ maxUnavailable: 1 }, [1, 3, 2, 3]],
  [{ maxUnavailable: '50%' }, [2, 3, 1, 3]],
];
for (const [spec, expected] of BUDGETS)
  test(`a budget of ${JSON.stringify(spec)} for three pods`, () =>
    withPlane(async (plane) => {
      await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
      await plane.client.create(POD_DISRUPTION_BUDGETS, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'b', namespace: 'default' },
        spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
      });
      await plane.advance(1000);
      const { status } = await plane.client.get<KubeObject>(POD_DISRUPTION_BUDGETS, 'b', 'default');
      assert.equal(
        [status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods],
        expected,
      );
      assert.is(status.conditions[0].reason, expected[0] > 0 ? 'SufficientPods' : 'InsufficientPods');
    }));

test('a budget counts what a deployment wants, not what its rollout adds; and tells where nobody says how many', () =>
  withPlane(async (plane) => {
    const budget = (name: string, app: string) =>
      plane.client.create(POD_DISRUPTION_BUDGETS, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace: 'default' },
        spec: { selector: { matchLabels: { app } }, maxUnavailable: 1 },
      });
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(1000);
    const web = await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    await plane.client.update(DEPLOYMENTS, {
      ...web,
      spec: { ...web.spec, template: template('web', 'nginx:missing') },
    });
    await plane.client.create(JOBS, job('task', 'busybox'));
    for (const app of ['web', 'task', 'nobody']) await budget(app, app);
    await plane.advance(1000);
    const expected = async (name: string) => {
      const { status } = await plane.client.get<KubeObject>(POD_DISRUPTION_BUDGETS, name, 'default');
      return [status.expectedPods ?? 0, status.disruptionsAllowed, status.conditions[0].reason];
    };
    assert.equal(await expected('web'), [3, 1, 'SufficientPods']);
    assert.equal(await expected('task'), [0, 0, 'SyncFailed']);
    const events = (await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' })).items
      .filter(({ involvedObject }) => involvedObject.kind === 'PodDisruptionBudget')
      .map(({ involvedObject, reason, message }) => `${involvedObject.name} ${reason}: ${message}`);
    assert.ok(events.includes('nobody NoPods: No matching pods found'));
    const why = 'Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource';
    assert.ok(events.includes(`task CalculateExpectedPodCountFailed: ${why}`));
  }));

test('a quota counts what there is', () =>
  withPlane(async (plane) => {
    await plane.client.create(RESOURCE_QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: {
        hard: {
          pods: '10',
          'requests.cpu': '4',
          'limits.memory': '1Gi',
          services: '5',
          'count/deployments.apps': '3',
          'requests.storage': '5Gi',
        },
      },
    });
    await plane.settled();
    const resources = { requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '64Mi' } };
    const containers = [{ name: 'web', image: 'nginx:1', resources }];
    await plane.client.create(DEPLOYMENTS, deployment('web', '', { template: template('web', '', { containers }) }));
    await plane.client.create(PERSISTENT_VOLUME_CLAIMS, claim('c'));
    await plane.advance(1000);
    const { status } = await plane.client.get<KubeObject>(RESOURCE_QUOTAS, 'q', 'default');
    assert.equal(status.used, {
      pods: '3',
      'requests.cpu': '750m',
      'limits.memory': '192Mi',
      services: '1',
      'count/deployments.apps': '1',
      'requests.storage': '1Gi',
    });
  }));

test('a quota counts what init containers ask for, the ports of services, and pods of a priority alone', () =>
  withPlane(async (plane) => {
    const quota = (name: string, spec: object) =>
      plane.client.create(RESOURCE_QUOTAS, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name, namespace: 'default' },
        spec,
      });
    await quota('all', { hard: { 'requests.cpu': '9', 'services.nodeports': '9' } });
    const matchExpressions = [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }];
    await quota('critical', { hard: { pods: '9' }, scopeSelector: { matchExpressions } });
    const asks = (cpu: string) => ({ name: `c${cpu}`, image: 'i', resources: { requests: { cpu } } });
    await plane.client.create(PODS, pod('a', '', { containers: [asks('1')], initContainers: [asks('3')] }));
    await plane.client.create(
      PODS,
      pod('b', '', { containers: [asks('1')], priorityClassName: 'system-node-critical' }),
    );
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port }));
    await plane.client.create(SERVICES, service('s', { type: 'NodePort', ports }));
    await plane.advance(1000);
    const used = async (name: string) =>
      (await plane.client.get<KubeObject>(RESOURCE_QUOTAS, name, 'default')).status.used;
    assert.equal(await used('all'), { 'requests.cpu': '4', 'services.nodeports': '2' });
    assert.equal(await used('critical'), { pods: '1' });
  }));

test('a node that falls silent is tainted, and its pods move after their patience', () =>
  withPlane(async (plane) => {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(1000);
    await plane.client.patch(
      NODES,
      'node-1',
      undefined,
      { metadata: { annotations: { 'portolan.dev/lost': 'true' } } },
      { type: 'merge' },
    );
    await plane.advance(70_000);
    const node = await plane.client.get<KubeObject>(NODES, 'node-1');
    const ready = node.status.conditions.find((c: { type: string }) => c.type === 'Ready');
    assert.equal(
      [ready.status, ready.reason, ready.message],
      ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
    );
    assert.equal(
      node.spec.taints.map(({ key, effect }: Record<string, string>) => `${key}:${effect}`),
      ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
    );
    const web = () => plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    assert.is((await web()).status.availableReplicas, 2);
    await plane.advance(300_000);
    assert.is((await web()).status.availableReplicas, 3);
    await plane.client.patch(
      NODES,
      'node-1',
      undefined,
      { metadata: { annotations: { 'portolan.dev/lost': null } } },
      { type: 'merge' },
    );
    await plane.advance(60_000);
    const back = await plane.client.get<KubeObject>(NODES, 'node-1');
    assert.is(back.spec.taints, undefined);
    assert.is((await plane.client.list(PODS, { namespace: 'default' })).items.length, 3);
  }));

test('a node that is heard again in time keeps its pods, and they are ready again', () =>
  withPlane(async (plane) => {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(1000);
    const before = (await names(plane, PODS, 'default')).sort();
    const lose = (lost: string | null) =>
      plane.client.patch(
        NODES,
        'node-1',
        undefined,
        { metadata: { annotations: { 'portolan.dev/lost': lost } } },
        { type: 'merge' },
      );
    const available = async () =>
      (await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).status.availableReplicas;
    await lose('true');
    await plane.advance(70_000);
    assert.is(await available(), 2);
    await lose(null);
    await plane.advance(1000);
    assert.is(await available(), 3);
    await plane.advance(400_000);
    assert.equal((await names(plane, PODS, 'default')).sort(), before);
    const reasons = (await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' })).items.map(
      ({ message }) => message,
    );
    assert.ok(reasons.includes('Node node-1 status is now: NodeReady'));
    assert.ok(reasons.some((message) => /^Cancelling deletion of Pod default\/web-/.test(message)));
  }));

test('a node that is given up while it runs speaks up: the clock has jumped, or the machine slept', () =>
  withPlane(async (plane) => {
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1'));
    await plane.advance(60_000);
    const states: string[] = [];
    plane.informers.for(NODES).onChange(({ object: { metadata, status, spec } }) => {
      const ready = status.conditions.find(({ type }: { type: string }) => type === 'Ready');
      states.push(`${metadata.name} ${ready.status} ${spec.taints?.length ?? 0}`);
    });
    const renewTime = '2025-12-31T23:00:00.000000Z';
    await plane.client.patch(LEASES, 'node-1', 'kube-node-lease', { spec: { renewTime } }, { type: 'merge' });
    const labels = { looked: 'at' };
    await plane.client.patch(NODES, 'node-1', undefined, { metadata: { labels } }, { type: 'merge' });
    await plane.advance(1000);
    assert.ok(states.some((state) => state.startsWith('node-1 Unknown')));
    assert.is(states.at(-1), 'node-1 True 0');
    assert.is((await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).status.availableReplicas, 3);
  }));

test('a taint put on a node by hand: pods go at once, after their patience, or stay', () =>
  withPlane(async (plane) => {
    const tolerates = (seconds?: number) => ({
      nodeName: 'node-1',
      tolerations: [
        { key: 'sick', operator: 'Exists', effect: 'NoExecute', ...(seconds && { tolerationSeconds: seconds }) },
      ],
    });
    await plane.client.create(PODS, pod('now', 'nginx:1', { nodeName: 'node-1' }));
    await plane.client.create(PODS, pod('later', 'nginx:1', tolerates(60)));
    await plane.client.create(PODS, pod('never', 'nginx:1', tolerates()));
    await plane.advance(1000);
    const taints = [{ key: 'sick', effect: 'NoExecute' }];
    await plane.client.patch(NODES, 'node-1', undefined, { spec: { taints } }, { type: 'merge' });
    await plane.advance(40_000);
    assert.equal((await names(plane, PODS, 'default')).sort(), ['later', 'never']);
    await plane.advance(40_000);
    assert.equal(await names(plane, PODS, 'default'), ['never']);
  }));

test('a cordoned node takes no more pods', () =>
  withPlane(async (plane) => {
    await plane.client.patch(NODES, 'node-1', undefined, { spec: { unschedulable: true } }, { type: 'merge' });
    await plane.settled();
    await plane.client.create(DEPLOYMENTS, deployment('web', 'nginx:1', { replicas: 6 }));
    await plane.advance(1000);
    const nodes = new Set((await plane.client.list<KubeObject>(PODS)).items.map(({ spec }) => spec.nodeName));
    assert.equal([...nodes].sort(), ['node-2', 'node-3']);
    await plane.client.patch(NODES, 'node-1', undefined, { spec: { unschedulable: null } }, { type: 'merge' });
    await plane.client.delete(NODES, 'node-2');
    await plane.advance(1000);
    const told = (await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' })).items
      .filter(({ involvedObject }) => involvedObject.kind === 'Node')
      .map(({ message }) => message);
    for (const message of [
      'Node node-1 status is now: NodeNotSchedulable',
      'Node node-1 status is now: NodeSchedulable',
      'Node node-2 event: Removing Node node-2 from Controller',
    ])
      assert.ok(told.includes(message), message);
  }));

test('an autoscaler follows what its pods use, up at once and down after five minutes', () =>
  withPlane(async (plane) => {
    const web = (cpu: string) =>
      template(
        'web',
        '',
        { containers: [{ name: 'web', image: 'nginx:1', resources: { requests: { cpu: '100m' } } }] },
        { annotations: { 'portolan.dev/cpu': cpu } },
      );
    await plane.client.create(DEPLOYMENTS, deployment('web', '', { replicas: 1, template: web('200m') }));
    await plane.advance(1000);
    await plane.client.create(HORIZONTAL_POD_AUTOSCALERS, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 6,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
      },
    });
    const replicas = async () => (await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).spec.replicas;
    await plane.advance(5000);
    assert.is(await replicas(), 4);
    await plane.advance(30_000);
    assert.is(await replicas(), 6);
    const { status } = await plane.client.get<KubeObject>(HORIZONTAL_POD_AUTOSCALERS, 'h', 'default');
    const reasons = Object.fromEntries(status.conditions.map((c: Record<string, string>) => [c.type, c.reason]));
    assert.equal([reasons.ScalingActive, reasons.ScalingLimited], ['ValidMetricFound', 'TooManyReplicas']);
    assert.equal(status.currentMetrics, [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 200, averageValue: '200m' } } },
    ]);
    const current = await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default');
    await plane.client.update(DEPLOYMENTS, { ...current, spec: { ...current.spec, template: web('10m') } });
    await plane.advance(120_000);
    assert.is(await replicas(), 6, 'what was asked for lately still counts');
    await plane.advance(300_000);
    assert.is(await replicas(), 2);
    const { items } = await plane.client.list<KubeObject>(EVENTS);
    const told = items.filter(({ reason }) => reason === 'SuccessfulRescale').map(({ message }) => message);
    assert.ok(told.includes('New size: 4; reason: cpu resource utilization (percentage of request) above target'));
    assert.ok(told.includes('New size: 2; reason: All metrics below target'));
  }));

test.run();
