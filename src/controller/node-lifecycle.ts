/** Nodes that are cordoned, under pressure, not ready, silent or gone: their taints, and what becomes of their pods. */
import { type Condition, findCondition, setCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { isReady } from '../api/pods.ts';
import { ignoreGone } from '../api/status.ts';
import type { Taint } from '../client/node-affinity.ts';
import { LEASES, NODES, PODS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';

export const nodeLifecycleController: ControllerDefinition = {
  name: 'node-lifecycle-controller',
  component: 'node-controller',
  setUp,
};

/** A node that renews nothing for so long is taken for lost, as kube-controller-manager's default. */
const GRACE = 50_000;
const LEASE_NAMESPACE = 'kube-node-lease';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** Conditions that keep pods away when they are true. */
const PRESSURES: Record<string, string> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const OWN = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURES)]);

function setUp(context: ControllerContext): Reconcile {
  const nodes = context.informer(NODES);
  const leases = context.informer(LEASES);
  const pods = context.informer(PODS);
  const registered = new Map<string, KubeObject>();
  const tell = (node: KubeObject, reason: string, message: string) =>
    context.recorder.event(node, 'Normal', reason, `Node ${node.metadata.name} event: ${message}`);
  // Nobody could be heard before this process listened.
  const started = context.clock.now();
  pods.addIndex('node', ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  nodes.onChange(({ object }) => context.enqueue(object.metadata.name));
  // What a lease says is read when the grace is over: its renewals need no look of their own.
  leases.onChange(({ type, object }) => {
    const node = object.metadata.namespace === LEASE_NAMESPACE ? nodes.get(object.metadata.name) : undefined;
    if (node && (type === 'added' || stateOf(node) === 'Unknown')) context.enqueue(node.metadata.name);
  });
  pods.onChange(({ type, object }) => {
    const node = object.spec?.nodeName;
    if (type === 'added' && node && !nodes.get(node)) context.enqueue(node);
  });
  return async (name) => {
    const node = nodes.byKey(name);
    if (!node) {
      const gone = registered.get(name);
      if (gone) tell(gone, 'RemovingNode', `Removing Node ${name} from Controller`);
      registered.delete(name);
      return removeOrphans(context, name);
    }
    if (!registered.has(name)) tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    registered.set(name, node);
    const left = untilLost(leases.get(name, LEASE_NAMESPACE), started, context.clock.now());
    const current = left <= 0 && stateOf(node) === 'True' ? await markLost(context, node) : node;
    await syncTaints(context, current);
    return left > 0 ? left : undefined;
  };
}

const stateOf = (node: KubeObject): string => findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';

function untilLost(lease: KubeObject | undefined, started: number, now: number): number {
  const heard = Date.parse(lease?.spec?.renewTime ?? '') || 0;
  return Math.max(heard, started) + GRACE - now;
}

/** Nothing is known of the node any more, and nothing runs on it that one could count on. */
async function markLost(context: ControllerContext, node: KubeObject): Promise<KubeObject> {
  const { client, clock, recorder } = context;
  const { name } = node.metadata;
  const at = timestamp(clock.now());
  const conditions = (node.status?.conditions ?? []).map((condition: Condition) => ({
    ...condition,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: at,
  }));
  const lost = await client.update<KubeObject>(
    NODES,
    { ...node, status: { ...node.status, conditions } },
    { subresource: 'status' },
  );
  recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  for (const pod of context.informer(PODS).byIndex('node', name))
    if (isReady(pod)) {
      await markPodNotReady(context, pod);
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  return lost;
}

async function markPodNotReady({ client, clock }: ControllerContext, pod: KubeObject): Promise<void> {
  const ready = findCondition(pod.status?.conditions, 'Ready')!;
  const conditions = setCondition(pod.status.conditions, {
    ...ready,
    status: 'False',
    lastTransitionTime: timestamp(clock.now()),
  });
  await client
    .update(PODS, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' })
    .catch(ignoreGone);
}

async function syncTaints({ client, clock }: ControllerContext, node: KubeObject): Promise<void> {
  const current: (Taint & { timeAdded?: string })[] = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  const state = stateOf(node);
  if (state === 'False') wanted.push({ key: NOT_READY, effect: 'NoSchedule' }, { key: NOT_READY, effect: 'NoExecute' });
  if (state === 'Unknown')
    wanted.push({ key: UNREACHABLE, effect: 'NoSchedule' }, { key: UNREACHABLE, effect: 'NoExecute' });
  for (const [type, key] of Object.entries(PRESSURES))
    if (findCondition(node.status?.conditions, type)?.status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  if (node.spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const timeAdded = timestamp(clock.now());
  const taints = [
    ...current.filter((taint) => !OWN.has(taint.key) || wanted.some((each) => same(each, taint))),
    ...wanted.filter((taint) => !current.some((each) => same(each, taint))).map((taint) => ({ ...taint, timeAdded })),
  ];
  if (equalJson(taints, current)) return;
  const { taints: _, ...spec } = node.spec ?? {};
  await client.update(NODES, { ...node, spec: { ...spec, ...(taints.length > 0 && { taints }) } });
}

/** Pods of a node that is gone for good. */
async function removeOrphans({ client, informer }: ControllerContext, node: string): Promise<undefined> {
  for (const { metadata } of informer(PODS).byIndex('node', node))
    await client
      .delete(PODS, metadata.name, metadata.namespace, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } })
      .catch(ignoreGone);
  return undefined;
}
