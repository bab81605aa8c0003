/** Taints that let no pod run: those that do not tolerate them go, at once or when their patience is over. */
import { setCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { isTerminal } from '../api/pods.ts';
import { ignoreGone } from '../api/status.ts';
import { type Taint, tolerates } from '../client/node-affinity.ts';
import { NODES, PODS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';

export const taintEvictionController: ControllerDefinition = {
  name: 'taint-eviction-controller',
  component: 'taint-eviction-controller',
  setUp,
};

type TimedTaint = Taint & { timeAdded?: string };
/** By node, the pods that will be evicted when their patience is over, by uid: since when they wait. */
type Planned = Map<string, Map<string, number>>;

function setUp(context: ControllerContext): Reconcile {
  const nodes = context.informer(NODES);
  const pods = context.informer(PODS);
  const planned: Planned = new Map();
  pods.addIndex('node', ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  nodes.onChange(({ type, object, previous }) => {
    if (type === 'deleted') planned.delete(object.metadata.name);
    else if (!equalJson(noExecute(previous), noExecute(object))) context.enqueue(object.metadata.name);
  });
  pods.onChange(({ type, object, previous }) => {
    const node = nodes.get(object.spec?.nodeName ?? '');
    if (type === 'deleted' || !node || noExecute(node).length === 0) return;
    if (!previous?.spec.nodeName || !equalJson(previous.spec.tolerations, object.spec.tolerations))
      context.enqueue(node.metadata.name);
  });
  return async (name) => {
    const node = nodes.byKey(name);
    return node && evict(context, node, planned);
  };
}

const noExecute = (node: KubeObject | undefined): TimedTaint[] =>
  (node?.spec?.taints ?? []).filter(({ effect }: Taint) => effect === 'NoExecute');

/** Deletes the pods that do not tolerate the node's NoExecute taints; answers when the next one's time is over. */
async function evict(context: ControllerContext, node: KubeObject, planned: Planned): Promise<number | undefined> {
  const { name } = node.metadata;
  const taints = noExecute(node);
  const before = planned.get(name);
  planned.delete(name);
  if (taints.length === 0 && !before) return undefined;
  const now = context.clock.now();
  const still = new Map<string, number>();
  let next: number | undefined;
  for (const pod of context.informer(PODS).byIndex('node', name)) {
    if (pod.metadata.deletionTimestamp || isTerminal(pod)) continue;
    const uid = pod.metadata.uid!;
    const patience = patienceOf(pod, taints);
    // A taint that someone put there by hand does not say since when.
    const since = before?.get(uid) ?? Math.min(...taints.map(({ timeAdded }) => Date.parse(timeAdded ?? '') || now));
    if (patience === Number.POSITIVE_INFINITY) {
      if (before?.has(uid)) tellEviction(context, pod, 'Cancelling deletion of');
    } else if (since + patience <= now) await evictPod(context, pod);
    else {
      still.set(uid, since);
      next = Math.min(since + patience - now, next ?? Number.POSITIVE_INFINITY);
    }
  }
  if (still.size > 0) planned.set(name, still);
  return next;
}

function tellEviction({ recorder }: ControllerContext, pod: KubeObject, what: string): void {
  const { name, namespace } = pod.metadata;
  recorder.event(pod, 'Normal', 'TaintManagerEviction', `${what} Pod ${namespace}/${name}`);
}

/** For how many milliseconds the pod stands all of the taints. */
function patienceOf({ spec }: KubeObject, taints: TimedTaint[]): number {
  let patience = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const matching = (spec.tolerations ?? []).filter((toleration: object) => tolerates([toleration], taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching)
      if (tolerationSeconds !== undefined) patience = Math.min(patience, Math.max(0, tolerationSeconds * 1000));
  }
  return patience;
}

async function evictPod(context: ControllerContext, pod: KubeObject): Promise<void> {
  const { client, clock } = context;
  const { name, namespace, uid } = pod.metadata;
  tellEviction(context, pod, 'Marking for deletion');
  const conditions = setCondition(pod.status?.conditions, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timestamp(clock.now()),
  });
  await client
    .update(PODS, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' })
    .catch(ignoreGone);
  await client.delete(PODS, name, namespace, { preconditions: { uid } }).catch(ignoreGone);
}
