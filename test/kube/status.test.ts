import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { type Readiness, statusOf, type WaitGoal } from '../../src/kube/status.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');

const object = (type: string, fields: Record<string, unknown> = {}, metadata = {}): KubeObject => {
  const [apiVersion, kind] = type.split(' ') as [string, string];
  return { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...fields };
};
const condition = (type: string, status = 'True', reason?: string, message?: string) => ({
  type,
  status,
  reason,
  message,
});
const available = { conditions: [condition('Available')] };

const CASES: [KubeObject, WaitGoal, Readiness, string][] = [
  [object('v1 ConfigMap'), 'ready', 'Current', 'Resource is always ready'],
  [object('v1 Namespace'), 'ready', 'Current', 'Resource is current'],
  [object('v1 ConfigMap', {}, { deletionTimestamp: 'x' }), 'ready', 'Terminating', 'Resource scheduled for deletion'],
  [
    object('apps/v1 Deployment', { status: { observedGeneration: 1 } }, { generation: 2 }),
    'ready',
    'InProgress',
    'Deployment generation is 2, but latest observed generation is 1',
  ],
  [
    object('x.io/v1 Thing', { status: { conditions: [condition('Reconciling', 'True', 'R', 'working')] } }),
    'ready',
    'InProgress',
    'working',
  ],
  [
    object('x.io/v1 Thing', { status: { conditions: [condition('Stalled', 'True', 'R', 'stuck')] } }),
    'ready',
    'Failed',
    'stuck',
  ],
  [
    object('x.io/v1 Thing', { status: { conditions: [condition('Ready', 'False', 'R', 'not yet')] } }),
    'ready',
    'InProgress',
    'not yet',
  ],
  [object('x.io/v1 Thing', { status: { conditions: [condition('Ready')] } }), 'ready', 'Current', 'Resource is Ready'],
  [object('x.io/v1 Thing'), 'ready', 'Current', 'Resource is current'],

  [object('apps/v1 Deployment', {}), 'ready', 'InProgress', 'Replicas: 0/1'],
  [
    object('apps/v1 Deployment', { spec: { replicas: 2 }, status: { replicas: 2, updatedReplicas: 1 } }),
    'ready',
    'InProgress',
    'Updated: 1/2',
  ],
  [
    object('apps/v1 Deployment', { spec: { replicas: 1 }, status: { replicas: 2, updatedReplicas: 1 } }),
    'ready',
    'InProgress',
    'Pending termination: 1',
  ],
  [
    object('apps/v1 Deployment', { status: { replicas: 1, updatedReplicas: 1 } }),
    'ready',
    'InProgress',
    'Available: 0/1',
  ],
  [
    object('apps/v1 Deployment', { status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 } }),
    'ready',
    'InProgress',
    'Ready: 0/1',
  ],
  [
    object('apps/v1 Deployment', {
      spec: { progressDeadlineSeconds: 600 },
      status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1, ...available },
    }),
    'ready',
    'InProgress',
    'ReplicaSet not Available',
  ],
  [
    object('apps/v1 Deployment', {
      status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 },
    }),
    'ready',
    'InProgress',
    'Deployment not Available',
  ],
  [
    object('apps/v1 Deployment', {
      spec: { progressDeadlineSeconds: 600 },
      status: {
        replicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
        readyReplicas: 1,
        conditions: [condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available')],
      },
    }),
    'ready',
    'Current',
    'Deployment is available. Replicas: 1',
  ],
  [
    object('apps/v1 Deployment', {
      status: { conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] },
    }),
    'ready',
    'Failed',
    'Progress deadline exceeded',
  ],

  [object('apps/v1 ReplicaSet', { status: { fullyLabeledReplicas: 1 } }), 'ready', 'InProgress', 'Available: 0/1'],
  [
    object('apps/v1 ReplicaSet', { status: { conditions: [condition('ReplicaFailure')] } }),
    'ready',
    'InProgress',
    'Replica Failure condition. Check Pods',
  ],
  [
    object('apps/v1 StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } }),
    'ready',
    'Current',
    'StatefulSet is using the ondelete update strategy',
  ],
  [object('apps/v1 StatefulSet', { status: { replicas: 1 } }), 'ready', 'InProgress', 'Ready: 0/1'],
  [
    object('apps/v1 StatefulSet', {
      status: { replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    }),
    'ready',
    'InProgress',
    'Waiting for updated revision to match current',
  ],
  [
    object('apps/v1 StatefulSet', {
      spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      status: { replicas: 3, readyReplicas: 3, updatedReplicas: 1 },
    }),
    'ready',
    'Current',
    'Partition rollout complete. updated: 1',
  ],
  [object('apps/v1 DaemonSet'), 'ready', 'InProgress', 'DaemonSet metadata.generation not found'],
  [
    object('apps/v1 DaemonSet', { status: { observedGeneration: 1, desiredNumberScheduled: 0 } }, { generation: 1 }),
    'ready',
    'Current',
    'All replicas scheduled as expected. Replicas: 0',
  ],

  [object('v1 PersistentVolumeClaim'), 'ready', 'InProgress', 'PVC is not Bound. phase: unknown'],
  [object('v1 PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'ready', 'Current', 'PVC is Bound'],
  [
    object('v1 Service', { spec: { type: 'LoadBalancer' } }),
    'ready',
    'InProgress',
    'ClusterIP not set. Service type: LoadBalancer',
  ],
  [object('v1 Service', { spec: {} }), 'ready', 'Current', 'Service is ready'],

  [object('v1 Pod'), 'ready', 'InProgress', 'Pod phase not available'],
  [
    object('v1 Pod', { status: { phase: 'Running', conditions: [condition('Ready')] } }),
    'ready',
    'Current',
    'Pod is Ready',
  ],
  [object('v1 Pod', { status: { phase: 'Running' } }), 'ready', 'InProgress', 'Pod is running but is not Ready'],
  [
    object('v1 Pod', {
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'a', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    }),
    'ready',
    'Failed',
    'Containers in CrashLoop state: a',
  ],
  [
    object(
      'v1 Pod',
      { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] } },
      { creationTimestamp: '2026-01-01T00:00:50Z' },
    ),
    'ready',
    'InProgress',
    'Pod has not been scheduled',
  ],
  [
    object(
      'v1 Pod',
      { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] } },
      { creationTimestamp: '2026-01-01T00:00:40Z' },
    ),
    'ready',
    'Failed',
    'Pod could not be scheduled',
  ],
  [object('v1 Pod', { status: { phase: 'Failed' } }), 'ready', 'Current', 'Pod has completed, but not successfully'],
  [object('v1 Pod', { status: { phase: 'Failed' } }), 'hooks', 'Failed', 'pod x failed'],
  [object('v1 Pod', { status: { phase: 'Succeeded' } }), 'hooks', 'Current', 'pod x succeeded'],
  [
    object('v1 Pod', { status: { phase: 'Running', conditions: [condition('Ready')] } }),
    'hooks',
    'InProgress',
    'Pod in progress',
  ],

  [object('batch/v1 Job'), 'ready', 'InProgress', 'Job not started'],
  [
    object('batch/v1 Job', { status: { startTime: 'x', active: 1 } }),
    'ready',
    'Current',
    'Job in progress. success:0, active: 1, failed: 0',
  ],
  [object('batch/v1 Job', { status: { startTime: 'x', active: 1 } }), 'jobs', 'InProgress', 'Job in progress'],
  [
    object('batch/v1 Job', { status: { succeeded: 1, conditions: [condition('Complete')] } }),
    'hooks',
    'Current',
    'Job Completed. succeeded: 1/1',
  ],
  [
    object('batch/v1 Job', { spec: { parallelism: 3 }, status: { failed: 2, conditions: [condition('Failed')] } }),
    'ready',
    'Failed',
    'Job Failed. failed: 2/3',
  ],
  [object('apps/v1 Deployment'), 'hooks', 'Current', 'Resource is current'],
  [object('apiextensions.k8s.io/v1 CustomResourceDefinition'), 'ready', 'InProgress', 'Install in progress'],
  [
    object('apiextensions.k8s.io/v1 CustomResourceDefinition', { status: { conditions: [condition('Established')] } }),
    'ready',
    'Current',
    'CRD is established',
  ],
];

test('readiness is judged as kstatus does', () => {
  for (const [given, goal, readiness, message] of CASES)
    assert.equal(statusOf(given, goal, NOW), { readiness, message }, `${given.kind} ${goal}: ${message}`);
});

test.run();
