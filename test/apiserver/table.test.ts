/** The words and numbers of `kubectl get`, by the state of an object. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { builtinResources } from '../../src/apiserver/resources.ts';
import { humanDuration } from '../../src/apiserver/table/cells.ts';
import { columnsOf } from '../../src/apiserver/table/columns.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString().replace('.000', '');

function cells(resource: string, object: Partial<KubeObject>): Record<string, unknown> {
  const type = builtinResources.find((each) => each.resource === resource)!;
  const { columns, cells: row } = columnsOf(type);
  const metadata = { name: 'x', creationTimestamp: ago(60), ...object.metadata };
  const values = row({ apiVersion: 'v1', kind: type.kind, ...object, metadata } as KubeObject, NOW);
  assert.is(values.length, columns.length, `${resource}: as many cells as columns`);
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i]]));
}

const running = { state: { running: {} }, ready: true, restartCount: 0 };
const waiting = (reason: string) => ({ state: { waiting: { reason } }, ready: false, restartCount: 0 });
const ended = (exitCode: number, reason?: string) => ({
  state: { terminated: { exitCode, ...(reason && { reason }) } },
  ready: false,
  restartCount: 0,
});
const named = (statuses: object[]) => statuses.map((status, i) => ({ name: `c${i}`, ...status }));

interface PodCase {
  phase?: string;
  reason?: string;
  containers?: object[];
  init?: object[];
  sidecars?: number[];
  conditions?: object[];
  deleted?: boolean;
}

const PODS: [name: string, pod: PodCase, ready: string, status: string, restarts: string][] = [
  ['pending', { phase: 'Pending', containers: [] }, '0/1', 'Pending', '0'],
  ['running', { containers: [running] }, '1/1', 'Running', '0'],
  ['one of two', { containers: [running, waiting('ContainerCreating')] }, '1/2', 'ContainerCreating', '0'],
  ['crashing', { containers: [waiting('CrashLoopBackOff')] }, '0/1', 'CrashLoopBackOff', '0'],
  ['completed', { phase: 'Succeeded', containers: [ended(0, 'Completed')] }, '0/1', 'Completed', '0'],
  ['failed', { phase: 'Failed', containers: [ended(1, 'Error')] }, '0/1', 'Error', '0'],
  ['ended without a reason', { phase: 'Failed', containers: [ended(3)] }, '0/1', 'ExitCode:3', '0'],
  ['evicted', { phase: 'Failed', reason: 'Evicted', containers: [] }, '0/1', 'Evicted', '0'],
  ['deleted', { containers: [running], deleted: true }, '1/1', 'Terminating', '0'],
  [
    'deleted when done',
    { phase: 'Succeeded', containers: [ended(0, 'Completed')], deleted: true },
    '0/1',
    'Completed',
    '0',
  ],
  ['lost', { containers: [running], deleted: true, reason: 'NodeLost' }, '1/1', 'Unknown', '0'],
  [
    'first init',
    { phase: 'Pending', init: [waiting('PodInitializing'), waiting('')], containers: [] },
    '0/1',
    'Init:0/2',
    '0',
  ],
  ['second init', { phase: 'Pending', init: [ended(0), running], containers: [] }, '0/1', 'Init:1/2', '0'],
  [
    'init crashing',
    { phase: 'Pending', init: [waiting('CrashLoopBackOff')], containers: [] },
    '0/1',
    'Init:CrashLoopBackOff',
    '0',
  ],
  ['init failed', { phase: 'Failed', init: [ended(2)], containers: [] }, '0/1', 'Init:ExitCode:2', '0'],
  ['sidecar', { init: [{ ...running, started: true }], sidecars: [0], containers: [running] }, '2/2', 'Running', '0'],
  ['half done', { containers: [running, ended(0, 'Completed')] }, '1/2', 'NotReady', '0'],
  [
    'gated',
    {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      containers: [],
    },
    '0/1',
    'SchedulingGated',
    '0',
  ],
  [
    'restarted',
    { containers: [{ ...running, restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: ago(125) } } }] },
    '1/1',
    'Running',
    '3 (2m5s ago)',
  ],
];

test('the status of a pod in a word', () => {
  for (const [name, pod, ready, status, restarts] of PODS) {
    const { containers = [], init = [], sidecars = [], conditions, phase = 'Running', reason, deleted } = pod;
    const spec = {
      containers: named(containers.length === 0 ? [{}] : containers),
      initContainers: named(init).map((each, i) => ({
        ...each,
        ...(sidecars.includes(i) && { restartPolicy: 'Always' }),
      })),
    };
    const object = {
      metadata: { name, ...(deleted && { deletionTimestamp: ago(1) }) },
      spec,
      status: { phase, reason, conditions, containerStatuses: named(containers), initContainerStatuses: named(init) },
    };
    const row = cells('pods', object);
    assert.equal([row['Ready'], row['Status'], row['Restarts']], [ready, status, restarts], name);
  }
});

const ROWS: [resource: string, object: Partial<KubeObject>, expected: Record<string, unknown>][] = [
  [
    'services',
    {
      spec: { type: 'LoadBalancer', clusterIPs: ['10.0.0.1'], ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] },
    },
    { 'Cluster-IP': '10.0.0.1', 'External-IP': '<pending>', 'Port(s)': '80:30080/TCP', Selector: '<none>' },
  ],
  [
    'services',
    { spec: { type: 'ExternalName', externalName: 'a.b' } },
    { 'Cluster-IP': '<none>', 'External-IP': 'a.b' },
  ],
  [
    'nodes',
    {
      metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1' } },
    },
    { Status: 'Ready,SchedulingDisabled', Roles: 'control-plane', 'Internal-IP': '<none>', 'OS-Image': '<unknown>' },
  ],
  [
    'jobs',
    {
      spec: { completions: 3 },
      status: { succeeded: 1, startTime: ago(90), conditions: [{ type: 'Failed', status: 'True' }] },
    },
    { Status: 'Failed', Completions: '1/3', Duration: '90s' },
  ],
  ['jobs', { spec: { parallelism: 4 }, status: {} }, { Status: 'Running', Completions: '0/1 of 4', Duration: '' }],
  [
    'endpoints',
    { subsets: [{ addresses: ['a', 'b', 'c', 'd'].map((ip) => ({ ip })), ports: [{ port: 80 }] }] },
    { Endpoints: 'a:80,b:80,c:80 + 1 more...' },
  ],
  ['endpoints', {}, { Endpoints: '<none>' }],
  [
    'persistentvolumeclaims',
    {
      spec: { volumeName: 'v' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
    },
    { Status: 'Bound', Capacity: '1Gi', 'Access Modes': 'RWO,ROX', VolumeAttributesClass: '<unset>' },
  ],
  [
    'events',
    {
      involvedObject: { kind: 'Pod', name: 'p' },
      reason: 'R',
      type: 'Normal',
      message: ' m ',
      count: 4,
      lastTimestamp: ago(30),
      source: { component: 'c', host: 'h' },
    },
    { 'Last Seen': '30s', Object: 'pod/p', Message: 'm', Count: 4, Source: 'c, h' },
  ],
  [
    'horizontalpodautoscalers',
    {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } },
          { type: 'Pods', pods: { metric: { name: 'q' }, target: { averageValue: '5' } } },
          { type: 'Resource', resource: { name: 'memory', target: { averageUtilization: 50 } } },
        ],
      },
      status: {
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10 } } }],
      },
    },
    { Targets: 'cpu: 10%/80%, <unknown>/5 + 1 more...', MinPods: '<unset>', MaxPods: 3 },
  ],
];

test('cells of other kinds', () => {
  for (const [resource, object, expected] of ROWS) {
    const row = cells(resource, object);
    for (const [column, value] of Object.entries(expected)) assert.equal(row[column], value, `${resource} ${column}`);
  }
});

const DURATIONS: [seconds: number, text: string][] = [
  [-5, '<invalid>'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [11_000, '3h3m'],
  [28_800, '8h'],
  [172_799, '47h'],
  [172_800, '2d'],
  [180_000, '2d2h'],
  [691_200, '8d'],
  [63_072_000, '2y'],
  [64_000_000, '2y10d'],
  [300_000_000, '9y'],
];

test('ages say two units where one says too little', () => {
  for (const [seconds, text] of DURATIONS) assert.is(humanDuration(seconds * 1000), text, `${seconds} s`);
});

test.run();
