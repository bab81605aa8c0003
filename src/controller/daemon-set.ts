/** DaemonSet: one pod on every node that can have it, replaced node by node. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isActive, isReady, isTerminal } from '../api/pods.ts';
import { selectorOf } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import { matchesNode, nodeView, type Taint, tolerates } from '../client/node-affinity.ts';
import { DAEMON_SETS, NODES, PODS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { REVISION_HASH, type Revisions, syncRevisions, trimRevisions, watchRevisions } from './controller-revisions.ts';
import { scaledValue } from './int-or-percent.ts';
import { claim, controllerOf, indexByController } from './ownership.ts';
import { createPod, deletePod, isAvailable, podFromTemplate, slowStart } from './pods.ts';
import { positive } from './replica-set.ts';

export const daemonSetController: ControllerDefinition = {
  name: 'daemonset-controller',
  component: 'daemonset-controller',
  setUp,
};

const exists = (key: string, effect: string) => ({ key, operator: 'Exists', effect });
/** Daemons stay where other pods leave. */
const TOLERATIONS = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
];

function setUp(context: ControllerContext): Reconcile {
  const sets = context.informer(DAEMON_SETS);
  const pods = context.informer(PODS);
  const nodes = context.informer(NODES);
  indexByController(pods);
  watchRevisions(context);
  sets.onChange(({ object }) => context.enqueue(keyOf(object)));
  pods.onChange(({ object }) => {
    const controller = controllerOf(object);
    if (controller?.kind === 'DaemonSet') context.enqueue(`${object.metadata.namespace}/${controller.name}`);
  });
  nodes.onChange(({ object, previous }) => {
    if (previous && equalJson(nodeView(previous), nodeView(object))) return;
    for (const set of sets.list()) context.enqueue(keyOf(set));
  });
  return async (key) => {
    const set = sets.byKey(key);
    if (!set || set.metadata.deletionTimestamp) return undefined;
    const owned = await claim({
      client: context.client,
      informer: pods,
      resource: PODS,
      owner: set,
      selector: selectorOf(set.spec.selector),
    });
    const revisions = await syncRevisions(context, set);
    let failure: unknown;
    try {
      await manage(context, set, owned, revisions);
    } catch (error) {
      failure = error;
    }
    const requeue = await writeStatus(context, key, set, revisions);
    if (failure) throw failure;
    const used = new Set(owned.map((pod) => `${set.metadata.name}-${pod.metadata.labels?.[REVISION_HASH]}`));
    await trimRevisions(context, revisions, used, set.spec.revisionHistoryLimit ?? 10);
    return requeue;
  };
}

const hashOf = ({ update }: Revisions): string => update.metadata.labels![REVISION_HASH]!;

/** Where the pod is, or is meant to be while it has not been scheduled. */
function nodeOf({ spec }: KubeObject): string {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms)
    for (const { key, values } of matchFields) if (key === 'metadata.name') return values?.[0] ?? '';
  return '';
}

async function manage(context: ControllerContext, set: KubeObject, owned: KubeObject[], revisions: Revisions) {
  const byNode = new Map<string, KubeObject[]>();
  for (const pod of owned) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  const missing: string[] = [];
  const surplus: KubeObject[] = [];
  for (const node of context.informer(NODES).list()) {
    const here = byNode.get(node.metadata.name) ?? [];
    byNode.delete(node.metadata.name);
    const { run, stay } = fits(set, node);
    const live = here.filter((pod) => !pod.metadata.deletionTimestamp);
    if (run && here.length === 0) missing.push(node.metadata.name);
    for (const pod of live.filter(isTerminal)) surplus.push(noteEnded(context, set, pod));
    if (!stay) surplus.push(...live.filter(isActive));
    else
      surplus.push(
        ...live
          .filter(isActive)
          .sort(oldestFirst)
          .slice(1 + surging(set, live, revisions)),
      );
  }
  // Their nodes are gone.
  for (const pods of byNode.values()) surplus.push(...pods.filter(isActive));
  for (const pod of surplus) await deletePod(context, set, pod);
  await slowStart(missing.length, (i) => createPod(context, set, podFor(set, missing[i]!, revisions)));
  if (set.spec.updateStrategy?.type !== 'OnDelete' && surplus.length + missing.length === 0)
    await replaceOutdated(context, set, owned, revisions);
}

/** While a new pod comes up beside the old one, a node may hold two. */
const surging = (set: KubeObject, live: KubeObject[], revisions: Revisions): number =>
  set.spec.updateStrategy?.rollingUpdate?.maxSurge &&
  new Set(live.map((pod) => pod.metadata.labels?.[REVISION_HASH] === hashOf(revisions))).size === 2
    ? 1
    : 0;

function noteEnded({ recorder }: ControllerContext, set: KubeObject, pod: KubeObject): KubeObject {
  const { namespace, name } = pod.metadata;
  const where = `daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to`;
  if (pod.status.phase === 'Failed') recorder.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${where} kill it`);
  else recorder.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${where} delete it`);
  return pod;
}

/** `run`: a pod is to be made there; `stay`: one that is there may stay. */
function fits(set: KubeObject, object: KubeObject): { run: boolean; stay: boolean } {
  const { spec } = set.spec.template;
  const node = nodeView(object);
  if (spec.nodeName && spec.nodeName !== node.name) return { run: false, stay: false };
  if (!matchesNode({ ...set, spec }, node)) return { run: false, stay: false };
  const tolerations = [...(spec.tolerations ?? []), ...TOLERATIONS];
  const bars = (effect: string) => (taint: Taint) => taint.effect === effect && !tolerates(tolerations, taint);
  if (node.taints.some(bars('NoExecute'))) return { run: false, stay: false };
  return { run: !node.taints.some(bars('NoSchedule')), stay: true };
}

function podFor(set: KubeObject, node: string, revisions: Revisions): KubeObject {
  const pod = podFromTemplate(set, set.spec.template);
  const { affinity = {}, tolerations = [] } = pod.spec;
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [REVISION_HASH]: hashOf(revisions),
    'pod-template-generation': String(set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? 1),
  };
  pod.spec = {
    ...pod.spec,
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: required.map((term: object) => ({ ...term, matchFields })),
        },
      },
    },
    tolerations: [...tolerations, ...TOLERATIONS.filter((own) => !tolerations.some((t: object) => equalJson(t, own)))],
  };
  return pod;
}

/** Deletes old pods as long as not too many nodes are without; with a surge, new ones are made beside them first. */
async function replaceOutdated(context: ControllerContext, set: KubeObject, owned: KubeObject[], revisions: Revisions) {
  const nodes = context
    .informer(NODES)
    .list()
    .filter((node) => fits(set, node).run);
  const { maxUnavailable = 1, maxSurge = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, nodes.length, 'up');
  const unavailableAllowed = surge > 0 ? 0 : Math.max(1, scaledValue(maxUnavailable, nodes.length, 'up'));
  const now = context.clock.now();
  const seconds: number = set.spec.minReadySeconds ?? 0;
  const byNode = new Map<string, { old: KubeObject[]; new: KubeObject[] }>();
  for (const { metadata } of nodes) byNode.set(metadata.name, { old: [], new: [] });
  for (const pod of owned)
    byNode.get(nodeOf(pod))?.[pod.metadata.labels?.[REVISION_HASH] === hashOf(revisions) ? 'new' : 'old'].push(pod);
  const isUp = (pod: KubeObject) => !pod.metadata.deletionTimestamp && isAvailable(pod, seconds, now);
  const groups = [...byNode];
  if (surge > 0) return surgeReplace(context, set, groups, surge, isUp, revisions);
  let budget = unavailableAllowed - groups.filter(([, pods]) => ![...pods.old, ...pods.new].some(isUp)).length;
  for (const [, pods] of groups)
    for (const pod of pods.old) {
      if (pod.metadata.deletionTimestamp) continue;
      if (isUp(pod) && budget-- <= 0) continue;
      await deletePod(context, set, pod);
    }
}

async function surgeReplace(
  context: ControllerContext,
  set: KubeObject,
  groups: [string, { old: KubeObject[]; new: KubeObject[] }][],
  surge: number,
  isUp: (pod: KubeObject) => boolean,
  revisions: Revisions,
): Promise<void> {
  let budget = surge - groups.filter(([, pods]) => pods.old.length > 0 && pods.new.length > 0).length;
  for (const [node, pods] of groups) {
    if (pods.old.length === 0) continue;
    if (pods.new.some(isUp)) for (const pod of pods.old.filter(isActive)) await deletePod(context, set, pod);
    else if (pods.new.length === 0 && budget-- > 0) await createPod(context, set, podFor(set, node, revisions));
  }
}

async function writeStatus(
  context: ControllerContext,
  key: string,
  { metadata }: KubeObject,
  revisions: Revisions,
): Promise<number | undefined> {
  const set = context.informer(DAEMON_SETS).byKey(key);
  if (!set || set.metadata.uid !== metadata.uid) return undefined;
  const now = context.clock.now();
  const seconds: number = set.spec.minReadySeconds ?? 0;
  const counts = { current: 0, desired: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  const pods = context.informer(PODS).byIndex('controller', set.metadata.uid!);
  for (const node of context.informer(NODES).list()) {
    const here = pods.filter((pod) => nodeOf(pod) === node.metadata.name);
    const scheduled = here.length > 0;
    if (!fits(set, node).run) {
      if (scheduled) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (!scheduled) continue;
    counts.current++;
    const pod = here.sort(oldestFirst).find(isReady) ?? here[0]!;
    if (isReady(pod)) counts.ready++;
    if (isAvailable(pod, seconds, now)) counts.available++;
    if (here.some(({ metadata: { labels } }) => labels?.[REVISION_HASH] === hashOf(revisions))) counts.updated++;
  }
  const status = {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: set.metadata.generation,
    ...positive('updatedNumberScheduled', counts.updated),
    ...positive('numberAvailable', counts.available),
    ...positive('numberUnavailable', counts.desired - counts.available),
    ...positive('collisionCount', revisions.collisions),
  };
  if (!equalJson(status, set.status))
    await context.client.update(DAEMON_SETS, { ...set, status }, { subresource: 'status' });
  return seconds > 0 && counts.ready !== counts.available ? seconds * 1000 : undefined;
}

const oldestFirst = (a: KubeObject, b: KubeObject): number =>
  (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
