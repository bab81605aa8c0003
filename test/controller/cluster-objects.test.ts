/** What the control plane writes beside what it is asked for, and to whom it is put down: as on a cluster. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupVersionResource, KubeObject } from '../../src/api/object.ts';
import {
  API_SERVICES,
  CONTROLLER_REVISIONS,
  CSI_NODES,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  IP_ADDRESSES,
  JOBS,
  LEASES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  SERVICES,
  STATEFUL_SETS,
} from '../../src/client/resources.ts';
import { startTestPlane } from './plane.ts';

const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    securityContext: { fsGroup: 2000 },
    containers: [
      {
        name: 'c',
        image: 'nginx',
        securityContext: { runAsUser: 1000 },
        volumeMounts: [{ name: 'd', mountPath: '/d' }],
      },
    ],
    volumes: [{ name: 'd', emptyDir: {} }],
  },
};
const selector = { matchLabels: { app: 'web' } };
const named = (apiVersion: string, kind: string, name: string, spec: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(kind === 'APIService' ? {} : { namespace: 'default' }) },
  spec,
});

const CREATED: [GroupVersionResource, KubeObject][] = [
  [DEPLOYMENTS, named('apps/v1', 'Deployment', 'web', { replicas: 1, selector, template })],
  [
    SERVICES,
    named('v1', 'Service', 'web', { clusterIP: '10.96.7.7', selector: { app: 'web' }, ports: [{ port: 80 }] }),
  ],
  [
    STATEFUL_SETS,
    named('apps/v1', 'StatefulSet', 'db', {
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'redis' }] } },
    }),
  ],
  [
    JOBS,
    named('batch/v1', 'Job', 'job', {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } },
    }),
  ],
  [
    PERSISTENT_VOLUME_CLAIMS,
    named('v1', 'PersistentVolumeClaim', 'data', {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    }),
  ],
  ...['web', 'nope'].map((name): [GroupVersionResource, KubeObject] => [
    API_SERVICES,
    named('apiregistration.k8s.io/v1', 'APIService', `v1.${name}.example.com`, {
      group: `${name}.example.com`,
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name, namespace: 'default', port: 80 },
      insecureSkipTLSVerify: true,
    }),
  ]),
];

const entriesOf = ({ metadata }: Pick<KubeObject, 'metadata'>) =>
  (metadata.managedFields ?? []) as { manager: string; subresource?: string; fieldsV1: Record<string, unknown> }[];
const writers = ({ metadata }: KubeObject): string[] =>
  entriesOf({ metadata })
    .map(({ manager, subresource }) => [manager, subresource].filter(Boolean).join('/'))
    .sort();

test('managers, annotations and what stands beside services, nodes and volumes', async () => {
  const plane = await startTestPlane({ nodes: [{ name: 'n1' }] });
  try {
    const { client } = plane;
    for (const [resource, object] of CREATED) await client.named('tester').create(resource, object);
    await plane.advance(60_000);
    const get = (resource: GroupVersionResource, name: string) => client.get<KubeObject>(resource, name, 'default');
    const first = async (resource: GroupVersionResource, labelSelector?: string) =>
      (await client.list<KubeObject>(resource, { labelSelector })).items[0]!;

    const deployment = await get(DEPLOYMENTS, 'web');
    assert.equal(writers(deployment), ['kube-controller-manager/status', 'tester']);
    const status = entriesOf(deployment).find(({ subresource }) => subresource === 'status');
    const { 'f:metadata': metadata } = status!.fieldsV1;
    assert.equal(metadata, { 'f:annotations': { '.': {}, 'f:deployment.kubernetes.io/revision': {} } });

    const pod = await first(PODS, 'app=web');
    assert.equal(writers(pod), ['kube-controller-manager', 'kubelet/status']);
    const [container] = pod.status.containerStatuses;
    assert.equal(container.user, { linux: { gid: 0, supplementalGroups: [0, 2000], uid: 1000 } });
    assert.equal(container.volumeMounts[0], { mountPath: '/d', name: 'd' });
    assert.equal(container.volumeMounts[1].recursiveReadOnly, 'Disabled');
    assert.equal([container.resources, pod.status.resources], [{}, {}]);

    const since = 'endpoints.kubernetes.io/last-change-trigger-time';
    for (const object of [await get(ENDPOINTS, 'web'), await first(ENDPOINT_SLICES, 'kubernetes.io/service-name=web')])
      assert.match(object.metadata.annotations?.[since] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

    const address = await client.get<KubeObject>(IP_ADDRESSES, '10.96.7.7');
    assert.equal(address.spec.parentRef, { name: 'web', namespace: 'default', resource: 'services' });
    assert.equal(writers(address), ['kube-apiserver']);
    await client.delete(SERVICES, 'web', 'default');
    await plane.advance(60_000);
    const names = (await client.list<KubeObject>(IP_ADDRESSES)).items.map(({ metadata: { name } }) => name);
    assert.not.ok(names.includes('10.96.7.7'));

    const revision = await first(CONTROLLER_REVISIONS);
    assert.equal(Object.keys(revision.metadata.labels ?? {}), ['app', 'controller.kubernetes.io/hash']);
    const job = await get(JOBS, 'job');
    assert.equal(job.metadata.labels, job.spec.template.metadata.labels);
    assert.equal(Object.keys(entriesOf(job).find(({ subresource }) => subresource === 'status')!.fieldsV1), [
      'f:status',
    ]);

    const claim = await get(PERSISTENT_VOLUME_CLAIMS, 'data');
    assert.is(claim.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'], 'portolan.dev/simulated');
    assert.type((await first(PERSISTENT_VOLUMES)).status.lastPhaseTransitionTime, 'string');

    const { uid } = (await client.get<KubeObject>(NODES, 'n1')).metadata;
    for (const object of [await first(LEASES), await first(CSI_NODES)])
      assert.equal(object.metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid }]);

    const verdict = async (name: string) => {
      const [{ status: is, reason, message }] = (await client.get<KubeObject>(API_SERVICES, name)).status.conditions;
      return [is, reason, message];
    };
    const missing = (name: string) => ['False', 'ServiceNotFound', `service/${name} in "default" is not present`];
    for (const name of ['nope', 'web']) assert.equal(await verdict(`v1.${name}.example.com`), missing(name));
    await client.create(...CREATED[1]!);
    await plane.advance(60_000);
    assert.equal(await verdict('v1.web.example.com'), ['True', 'Passed', 'all checks passed']);
  } finally {
    await plane.stop();
  }
});

test.run();
