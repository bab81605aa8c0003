/** Readiness as Helm 3 judged it, kind by kind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { legacyRule, type Related } from '../../src/kube/legacy-status.ts';

const READY_POD = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const none: Related = { replicaSets: async () => [], pods: async () => [] };
const of = (apiVersion: string, kind: string, rest: Record<string, unknown>): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'a', namespace: 'default', generation: 1 },
  ...rest,
});

const LOAD_BALANCER = { type: 'LoadBalancer', clusterIP: '10.0.0.1' };
const ROLLING = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } };
const seen = { observedGeneration: 1 };

const CASES: [what: string, object: KubeObject, ready: boolean | string, related?: Related][] = [
  ['a pod', of('v1', 'Pod', READY_POD), true],
  ['a pod that is done', of('v1', 'Pod', { status: { phase: 'Succeeded' } }), false],
  ['a job', of('batch/v1', 'Job', { spec: { completions: 2 }, status: { succeeded: 2 } }), true],
  ['a job under way', of('batch/v1', 'Job', { spec: { completions: 2 }, status: { succeeded: 1 } }), false],
  [
    'a job that failed',
    of('batch/v1', 'Job', { spec: { backoffLimit: 0 }, status: { failed: 1 } }),
    'job is failed: default/a',
  ],
  ['a claim', of('v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }), true],
  ['a claim that waits', of('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }), false],
  ['a service', of('v1', 'Service', { spec: { clusterIP: 'None' } }), true],
  ['a service without address', of('v1', 'Service', { spec: {} }), false],
  ['a service elsewhere', of('v1', 'Service', { spec: { type: 'ExternalName' } }), true],
  ['a load balancer to come', of('v1', 'Service', { spec: LOAD_BALANCER, status: { loadBalancer: {} } }), false],
  ['a load balancer', of('v1', 'Service', { spec: LOAD_BALANCER, status: { loadBalancer: { ingress: [{}] } } }), true],
  ['a load balancer of others', of('v1', 'Service', { spec: { ...LOAD_BALANCER, externalIPs: ['1.2.3.4'] } }), true],
  [
    'a daemon set of which one may be missing',
    of('apps/v1', 'DaemonSet', {
      spec: ROLLING,
      status: { ...seen, updatedNumberScheduled: 3, desiredNumberScheduled: 3, numberReady: 2 },
    }),
    true,
  ],
  [
    'a daemon set that is being updated',
    of('apps/v1', 'DaemonSet', {
      spec: ROLLING,
      status: { ...seen, updatedNumberScheduled: 2, desiredNumberScheduled: 3, numberReady: 3 },
    }),
    false,
  ],
  ['a daemon set updated by hand', of('apps/v1', 'DaemonSet', { spec: {}, status: seen }), true],
  ['a daemon set not yet seen', of('apps/v1', 'DaemonSet', { spec: {} }), false],
  [
    'a stateful set',
    of('apps/v1', 'StatefulSet', {
      spec: { ...ROLLING, replicas: 2 },
      status: { ...seen, updatedReplicas: 2, readyReplicas: 2, currentRevision: 'a', updateRevision: 'a' },
    }),
    true,
  ],
  [
    'a stateful set between two revisions',
    of('apps/v1', 'StatefulSet', {
      spec: { ...ROLLING, replicas: 2 },
      status: { ...seen, updatedReplicas: 2, readyReplicas: 2, currentRevision: 'a', updateRevision: 'b' },
    }),
    false,
  ],
  [
    'a stateful set updated in part',
    of('apps/v1', 'StatefulSet', {
      spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, replicas: 2 },
      status: { ...seen, updatedReplicas: 1, readyReplicas: 2, currentRevision: 'a', updateRevision: 'b' },
    }),
    true,
  ],
  [
    'a definition',
    of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    }),
    true,
  ],
  [
    'a definition whose names are taken',
    of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
      status: { conditions: [{ type: 'NamesAccepted', status: 'False' }] },
    }),
    true,
  ],
  ['a new definition', of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}), false],
  [
    'a replica set',
    of('apps/v1', 'ReplicaSet', { status: seen }),
    true,
    { ...none, pods: async () => [of('v1', 'Pod', READY_POD)] },
  ],
  [
    'a replica set whose pod is not ready',
    of('apps/v1', 'ReplicaSet', { status: seen }),
    false,
    { ...none, pods: async () => [of('v1', 'Pod', {})] },
  ],
];

test('objects are ready by their counts', async () => {
  for (const [what, object, ready, related = none] of CASES) {
    const rule = legacyRule(object, { jobs: true })!;
    const judged = await Promise.resolve()
      .then(() => rule(object, related))
      .catch((error: Error) => error.message);
    assert.is(judged, ready, what);
  }
});

const TEMPLATE = { metadata: { labels: { app: 'a' } }, spec: { containers: [] } };
const deployment = (rest: Record<string, unknown>) =>
  of('apps/v1', 'Deployment', {
    spec: {
      replicas: 4,
      template: TEMPLATE,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      ...rest,
    },
    status: seen,
  });
const replicaSet = (readyReplicas: number, template: object = TEMPLATE) =>
  of('apps/v1', 'ReplicaSet', {
    spec: { template: { ...template, metadata: { labels: { app: 'a', 'pod-template-hash': 'x' } } } },
    status: { ...seen, readyReplicas },
  });

test('a deployment is ready when enough pods of its newest template are', async () => {
  const old = replicaSet(9, { spec: { containers: [{}] } });
  for (const [what, object, replicaSets, ready] of [
    ['all', deployment({}), [old, replicaSet(4)], true],
    ['a quarter may be missing', deployment({}), [old, replicaSet(3)], true],
    ['more may not', deployment({}), [old, replicaSet(2)], false],
    ['none of the newest yet', deployment({}), [old], false],
    ['recreated: none may be missing', deployment({ strategy: { type: 'Recreate' } }), [replicaSet(3)], false],
    [
      'neither surge nor absence: one',
      deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
      [replicaSet(3)],
      true,
    ],
    ['paused', deployment({ paused: true }), [], true],
  ] as const)
    assert.is(
      await legacyRule(object, { jobs: false })!(object, { ...none, replicaSets: async () => [...replicaSets] }),
      ready,
      what,
    );
});

test('the rest is ready once it is written, and so is a job nobody asks for', () => {
  assert.is(legacyRule(of('v1', 'ConfigMap', {}), { jobs: true }), undefined);
  assert.is(legacyRule(of('example.com/v1', 'Thing', {}), { jobs: true }), undefined);
  assert.is(legacyRule(of('batch/v1', 'Job', {}), { jobs: false }), undefined);
});

test.run();
