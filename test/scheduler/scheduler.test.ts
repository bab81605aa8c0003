/** Where pods go, and Kubernetes' words for why they cannot. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { EVENTS, NODES, PODS, PRIORITY_CLASSES } from '../../src/client/resources.ts';
import type { NodeSpec } from '../../src/kubelet/nodes.ts';
import { podRequests } from '../../src/scheduler/requests.ts';
import { deployment, pod, template } from '../controller/objects.ts';
import { type Plane, withPlane } from '../controller/plane.ts';

const ZONE = 'topology.kubernetes.io/zone';
const NODES_OF: Record<string, NodeSpec[]> = {
  three: [
    { name: 'a', cpu: '4', memory: '8Gi', labels: { [ZONE]: 'east', disk: 'ssd' } },
    { name: 'b', cpu: '4', memory: '8Gi', labels: { [ZONE]: 'east' } },
    {
      name: 'c',
      cpu: '4',
      memory: '8Gi',
      labels: { [ZONE]: 'west' },
      taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }],
    },
  ],
};

const asks = (cpu: string, more: object = {}) => ({
  containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu } } }],
  ...more,
});
const affinity = (kind: string, rule: unknown) => ({ affinity: { [kind]: rule } });
const onNode = (...matchExpressions: object[]) =>
  affinity('nodeAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  });
const apart = (app: string, topologyKey: string) =>
  affinity('podAntiAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: { app } } }],
  });
const together = (app: string, topologyKey: string) =>
  affinity('podAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: { app } } }],
  });
const gpu = { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }] };
const spread = (maxSkew: number, topologyKey: string) => ({
  topologySpreadConstraints: [
    { maxSkew, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'x' } } },
  ],
});

const NOT_HELPFUL = (n: number) =>
  ` no new claims to deallocate, preemption: 0/3 nodes are available: ${n} Preemption is not helpful for scheduling.`;

/** `before` are pods that are there already, each on its node; the answer is where the new pod went, or why nowhere. */
interface Case {
  title: string;
  before?: [node: string, spec?: object, labels?: Record<string, string>][];
  spec: object;
  labels?: Record<string, string>;
  on?: string[];
  message?: string;
}

const TAINT = '1 node(s) had untolerated taint(s)';
const CASES: Case[] = [
  { title: 'a selector', spec: { nodeSelector: { disk: 'ssd' } }, on: ['a'] },
  {
    title: 'a tolerated taint and a required zone',
    spec: { ...gpu, ...onNode({ key: ZONE, operator: 'In', values: ['west'] }) },
    on: ['c'],
  },
  {
    title: 'not in, exists',
    spec: onNode({ key: 'disk', operator: 'DoesNotExist' }, { key: ZONE, operator: 'NotIn', values: ['west'] }),
    on: ['b'],
  },
  { title: 'the emptier node', before: [['a', asks('2')]], spec: asks('1'), on: ['b'] },
  {
    title: 'a preferred node',
    spec: affinity('nodeAffinity', {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
      ],
    }),
    on: ['a'],
  },
  {
    title: 'beside its friend',
    before: [['b', {}, { app: 'x' }]],
    spec: together('x', 'kubernetes.io/hostname'),
    on: ['b'],
  },
  { title: 'the first of a group', spec: together('self', ZONE), labels: { app: 'self' }, on: ['a', 'b'] },
  {
    title: 'away from its like',
    before: [['a', {}, { app: 'x' }]],
    spec: apart('x', 'kubernetes.io/hostname'),
    labels: { app: 'x' },
    on: ['b'],
  },
  {
    title: 'where the port is free',
    before: [['a', { containers: [{ name: 'm', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] }]],
    spec: { containers: [{ name: 'm', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] },
    on: ['b'],
  },
  {
    title: 'evenly over zones',
    before: [['a', {}, { app: 'x' }]],
    spec: { ...gpu, ...spread(1, ZONE) },
    labels: { app: 'x' },
    on: ['c'],
  },
  {
    title: 'no node is large enough',
    spec: asks('5'),
    message: `0/3 nodes are available: ${TAINT}, 2 Insufficient cpu.${NOT_HELPFUL(3)}`,
  },
  {
    title: 'nothing matches',
    spec: { nodeSelector: { disk: 'tape' } },
    message: `0/3 nodes are available: ${TAINT}, 2 node(s) didn't match Pod's node affinity/selector.${NOT_HELPFUL(3)}`,
  },
  {
    title: 'full, and no one to push aside',
    before: [
      ['a', asks('3')],
      ['b', asks('3')],
    ],
    spec: asks('2'),
    message: `0/3 nodes are available: ${TAINT}, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.`,
  },
  {
    title: 'a daemon whose node is full',
    before: [['a', asks('3')]],
    spec: {
      ...asks('2'),
      ...affinity('nodeAffinity', {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }],
        },
      }),
    },
    message: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.`,
  },
  {
    title: 'its like is everywhere',
    before: [
      ['a', {}, { app: 'x' }],
      ['b', {}, { app: 'x' }],
    ],
    spec: apart('x', 'kubernetes.io/hostname'),
    message: `0/3 nodes are available: ${TAINT}, 2 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.`,
  },
  {
    title: 'those there do not want it',
    before: [['a', apart('y', ZONE), { app: 'x' }]],
    spec: {},
    labels: { app: 'y' },
    message: `0/3 nodes are available: ${TAINT}, 2 node(s) didn't satisfy existing pods anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.`,
  },
  {
    title: 'its friend is nowhere',
    spec: together('x', ZONE),
    message: `0/3 nodes are available: ${TAINT}, 2 node(s) didn't match pod affinity rules.${NOT_HELPFUL(3)}`,
  },
  {
    title: 'a key that no node has',
    spec: spread(1, 'rack'),
    message: `0/3 nodes are available: ${TAINT}, 2 node(s) didn't match pod topology spread constraints (missing required label).${NOT_HELPFUL(3)}`,
  },
  {
    title: 'a claim that is not there',
    spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'gone' } }] },
    message: `0/3 nodes are available: persistentvolumeclaim "gone" not found.${NOT_HELPFUL(3)}`,
  },
  {
    title: 'never pushing others aside',
    before: [
      ['a', asks('3')],
      ['b', asks('3')],
    ],
    spec: asks('2', { preemptionPolicy: 'Never' }),
    message: `0/3 nodes are available: ${TAINT}, 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`,
  },
];

const withNodes = (use: (plane: Plane) => Promise<void>, nodes = NODES_OF.three!): Promise<void> =>
  withPlane(use, { nodes });
const get = (plane: Plane, name: string) => plane.client.get<KubeObject>(PODS, name, 'default');
const unschedulable = ({ status }: KubeObject) =>
  status.conditions?.find((c: { type: string; status: string }) => c.type === 'PodScheduled' && c.status === 'False');

for (const { title, before = [], spec, labels = {}, on, message } of CASES)
  test(`a pod and ${title}`, () =>
    withNodes(async (plane) => {
      for (const [i, [nodeName, own = {}, ownLabels = {}]] of before.entries())
        await plane.client.create(PODS, pod(`before-${i}`, 'nginx:1', { ...own, nodeName }, { labels: ownLabels }));
      await plane.settled();
      await plane.client.create(PODS, pod('new', 'nginx:1', spec, { labels }));
      await plane.settled();
      const placed = await get(plane, 'new');
      if (on)
        assert.ok(on.includes(placed.spec.nodeName), `${placed.spec.nodeName} ${unschedulable(placed)?.message ?? ''}`);
      else {
        assert.is(placed.spec.nodeName, undefined);
        assert.equal([unschedulable(placed).reason, unschedulable(placed).message], ['Unschedulable', message]);
        const { items } = await plane.client.list<KubeObject>(EVENTS);
        const told = items.filter(({ reason }) => reason === 'FailedScheduling');
        assert.equal(
          told.map((e) => [e.type, e.message, e.reportingComponent]),
          [['Warning', message, 'default-scheduler']],
        );
      }
    }));

test('a pod that fits nowhere is placed when room is made', () =>
  withNodes(async (plane) => {
    for (const nodeName of ['a', 'b'])
      await plane.client.create(PODS, pod(`on-${nodeName}`, '', { ...asks('3'), nodeName }));
    await plane.client.create(PODS, pod('new', '', asks('2')));
    await plane.advance(1000);
    assert.ok(unschedulable(await get(plane, 'new')));
    await plane.client.delete(PODS, 'on-b', 'default');
    await plane.advance(1000);
    assert.is((await get(plane, 'new')).spec.nodeName, 'b');
    await plane.client.create(PODS, pod('second', '', asks('3')));
    await plane.settled();
    await plane.kubelet.addNode({ name: 'd', cpu: '4' });
    await plane.settled();
    assert.is((await get(plane, 'second')).spec.nodeName, 'd');
  }));

async function createPriorities(plane: Plane, values: Record<string, number>): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await plane.client.create(PRIORITY_CLASSES, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
    });
  await plane.settled();
}

test('a pod of higher priority pushes others aside, the least important on the best node', () =>
  withNodes(async (plane) => {
    await createPriorities(plane, { low: 1, middle: 5, high: 10 });
    await plane.client.create(PODS, pod('on-a', '', asks('3', { nodeName: 'a', priorityClassName: 'middle' })));
    await plane.client.create(PODS, pod('on-b', '', asks('3', { nodeName: 'b', priorityClassName: 'low' })));
    await plane.settled();
    const marks = new Set<string>();
    plane.informers.for(PODS).onChange(({ object: { metadata, status } }) => {
      const mark = status?.conditions?.find(({ type }: { type: string }) => type === 'DisruptionTarget');
      if (mark) marks.add(`${metadata.name}: ${mark.reason}: ${mark.message}`);
    });
    await plane.client.create(PODS, pod('new', '', asks('2', { priorityClassName: 'high' })));
    await plane.advance(40_000);
    const why = 'default-scheduler: preempting to accommodate a higher priority pod';
    assert.equal([...marks], [`on-b: PreemptionByScheduler: ${why}`]);
    const placed = await get(plane, 'new');
    assert.is(placed.spec.nodeName, 'b');
    const left = (await plane.client.list(PODS)).items.map(({ metadata }) => metadata.name);
    assert.equal(left, ['new', 'on-a']);
    const { items } = await plane.client.list<KubeObject>(EVENTS);
    const told = items.find(({ reason }) => reason === 'Preempted')!;
    assert.is(told.message, `Preempted by pod ${placed.metadata.uid} on node b`);
  }));

test('a pod that has pushed others aside waits for them to go, and pushes no more', () =>
  withNodes(async (plane) => {
    await createPriorities(plane, { high: 10 });
    const slow = { annotations: { 'portolan.dev/stop': '20s' } };
    for (const nodeName of ['a', 'b'])
      await plane.client.create(PODS, pod(`on-${nodeName}`, '', asks('3', { nodeName }), slow));
    await plane.advance(1000);
    await plane.client.create(PODS, pod('new', '', asks('2', { priorityClassName: 'high' })));
    await plane.advance(5000);
    const waiting = await get(plane, 'new');
    assert.is(waiting.status.nominatedNodeName, 'a');
    await plane.client.create(PODS, pod('other', '', asks('5')));
    await plane.client.patch(NODES, 'c', undefined, { metadata: { labels: { changed: 'yes' } } }, { type: 'merge' });
    await plane.settled();
    assert.match(
      unschedulable(await get(plane, 'new')).message,
      /preemption: not eligible due to a terminating pod on the nominated node\.$/,
    );
    await plane.advance(30_000);
    assert.is((await get(plane, 'new')).spec.nodeName, 'a');
    assert.is((await get(plane, 'on-b')).metadata.deletionTimestamp, undefined);
  }));

test('room that is made for a pod is kept for it', () =>
  withNodes(async (plane) => {
    await createPriorities(plane, { high: 10 });
    await plane.client.create(PODS, pod('on-b', '', asks('4', { nodeName: 'b', priorityClassName: 'high' })));
    for (const stop of ['5s', '20s'])
      await plane.client.create(
        PODS,
        pod(`for-${stop}`, '', asks('1500m', { nodeName: 'a' }), { annotations: { 'portolan.dev/stop': stop } }),
      );
    await plane.advance(1000);
    await plane.client.create(PODS, pod('new', '', asks('4', { priorityClassName: 'high' })));
    await plane.client.create(PODS, pod('small', '', asks('2')));
    await plane.advance(10_000);
    const left = (await plane.client.list(PODS)).items.map(({ metadata }) => metadata.name);
    assert.equal(left, ['for-20s', 'new', 'on-b', 'small']);
    assert.is((await get(plane, 'small')).spec.nodeName, undefined);
    await plane.advance(20_000);
    assert.is((await get(plane, 'new')).spec.nodeName, 'a');
    assert.is((await get(plane, 'small')).spec.nodeName, undefined);
    await plane.client.delete(PODS, 'new', 'default');
    await plane.advance(1000);
    assert.is((await get(plane, 'small')).spec.nodeName, 'a');
  }));

test('room that was promised goes to a more important pod, and the promise is taken back', () =>
  withNodes(async (plane) => {
    await createPriorities(plane, { middle: 5, high: 10 });
    const slow = { annotations: { 'portolan.dev/stop': '60s' } };
    const here = { nodeSelector: { disk: 'ssd' } };
    await plane.client.create(
      PODS,
      pod('old', '', asks('3', { nodeName: 'a', terminationGracePeriodSeconds: 90 }), slow),
    );
    await plane.advance(1000);
    await plane.client.create(PODS, pod('middle', '', asks('3', { ...here, priorityClassName: 'middle' })));
    await plane.advance(1000);
    const nominated = async (name: string) => (await get(plane, name)).status.nominatedNodeName;
    assert.is(await nominated('middle'), 'a');
    await plane.client.create(PODS, pod('high', '', asks('3', { ...here, priorityClassName: 'high' })));
    await plane.advance(1000);
    assert.equal([await nominated('high'), await nominated('middle')], ['a', undefined]);
    await plane.advance(60_000);
    const placed = async (name: string) => (await get(plane, name)).spec.nodeName;
    assert.equal([await placed('high'), await placed('middle')], ['a', undefined]);
  }));

test('pods behind a gate wait, pods of other schedulers are left alone', () =>
  withNodes(async (plane) => {
    await plane.client.create(PODS, pod('gated', 'nginx:1', { schedulingGates: [{ name: 'wait' }] }));
    await plane.client.create(PODS, pod('other', 'nginx:1', { schedulerName: 'mine' }));
    await plane.settled();
    for (const name of ['gated', 'other']) assert.is((await get(plane, name)).spec.nodeName, undefined);
    const gated = await get(plane, 'gated');
    const [{ type, status, reason }] = gated.status.conditions;
    assert.equal([type, status, reason], ['PodScheduled', 'False', 'SchedulingGated']);
    await plane.client.update(PODS, { ...gated, spec: { ...gated.spec, schedulingGates: [] } });
    await plane.settled();
    assert.ok((await get(plane, 'gated')).spec.nodeName);
  }));

test('replicas spread over the nodes', () =>
  withNodes(async (plane) => {
    await plane.client.create(
      { group: 'apps', version: 'v1', resource: 'deployments' },
      deployment('web', '', { replicas: 4, template: template('web', 'nginx:1') }),
    );
    await plane.advance(1000);
    const nodes = (await plane.client.list<KubeObject>(PODS)).items.map(({ spec }) => spec.nodeName).sort();
    assert.equal(nodes, ['a', 'a', 'b', 'b']);
  }));

test('without nodes', () =>
  withNodes(async (plane) => {
    await plane.client.create(PODS, pod('p', 'nginx:1'));
    await plane.settled();
    assert.is(unschedulable(await get(plane, 'p')).message, 'no nodes available to schedule pods');
    assert.equal((await plane.client.list(NODES)).items, []);
  }, []));

test('what a pod requests: its containers, or its largest init container where that is more', () => {
  const requests = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more });
  const of = (spec: object) => podRequests(pod('p', '', spec)).get('cpu');
  assert.is(of({ containers: [requests('100m'), requests('0.2')] }), 300);
  assert.is(of({ containers: [requests('100m')], initContainers: [requests('1'), requests('500m')] }), 1000);
  assert.is(
    of({
      containers: [requests('100m')],
      initContainers: [requests('50m', { restartPolicy: 'Always' }), requests('1')],
    }),
    1050,
  );
  assert.is(
    of({ containers: [requests('100m')], resources: { requests: { cpu: '2' } }, overhead: { cpu: '1m' } }),
    2001,
  );
  assert.is(of({ containers: [{ resources: { limits: { cpu: '1' } } }], overhead: { cpu: '10m' } }), 1010);
});

test.run();
