/** ReplicaSet and ReplicationController: keeps so many pods of one template. One row of data tells the two apart. */
import { type Condition, withCondition, withoutCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type GroupVersionResource, type KubeObject, timestamp } from '../api/object.ts';
import { isActive, isReady, isTerminal } from '../api/pods.ts';
import { fromLabels, type LabelSelector, matchesLabels, selectorOf } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import { PODS, REPLICA_SETS, REPLICATION_CONTROLLERS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { claim, controllerOf, indexByController, ownedBy } from './ownership.ts';
import { byDeletionOrder, createPod, deletePod, isAvailable, podFromTemplate, slowStart } from './pods.ts';

interface ReplicaKind {
  resource: GroupVersionResource;
  kind: string;
  selectorOf(owner: KubeObject): LabelSelector | undefined;
}

const KINDS: Record<'replicaSet' | 'replicationController', ReplicaKind> = {
  replicaSet: { resource: REPLICA_SETS, kind: 'ReplicaSet', selectorOf: (owner) => selectorOf(owner.spec.selector) },
  replicationController: {
    resource: REPLICATION_CONTROLLERS,
    kind: 'ReplicationController',
    selectorOf: (owner) => (owner.spec.selector ? fromLabels(owner.spec.selector) : undefined),
  },
};

export const replicaSetController: ControllerDefinition = {
  name: 'replicaset-controller',
  component: 'replicaset-controller',
  setUp: (context) => setUp(context, KINDS.replicaSet),
};

export const replicationController: ControllerDefinition = {
  name: 'replicationcontroller-controller',
  component: 'replication-controller',
  setUp: (context) => setUp(context, KINDS.replicationController),
};

/** At most so many pods are created or deleted in one go. */
const BURST = 500;

function setUp(context: ControllerContext, kind: ReplicaKind): Reconcile {
  const owners = context.informer(kind.resource);
  const pods = context.informer(PODS);
  indexByController(pods);
  indexByController(owners);
  owners.onChange(({ object }) => context.enqueue(keyOf(object)));
  pods.onChange(({ object, previous }) => {
    for (const pod of previous && !equalJson(controllerOf(previous), controllerOf(object))
      ? [previous, object]
      : [object])
      enqueueOwner(pod);
  });

  function enqueueOwner(pod: KubeObject): void {
    const controller = controllerOf(pod);
    if (controller?.kind === kind.kind) context.enqueue(`${pod.metadata.namespace}/${controller.name}`);
    if (controller || pod.metadata.deletionTimestamp) return;
    // An orphan: whoever selects it may adopt it.
    for (const owner of owners.list(pod.metadata.namespace))
      if (matchesLabels(kind.selectorOf(owner), pod.metadata.labels)) context.enqueue(keyOf(owner));
  }

  return async (key) => {
    const owner = owners.byKey(key);
    if (!owner) return;
    const claimed = await claim({
      client: context.client,
      informer: pods,
      resource: PODS,
      owner,
      selector: kind.selectorOf(owner),
      adoptable: isActive,
    });
    const active = claimed.filter(isActive);
    let failure: Error | undefined;
    if (!owner.metadata.deletionTimestamp) failure = await manageReplicas(context, owner, active);
    const now = pods.byIndex('controller', owner.metadata.uid!);
    const latest = owners.byKey(key);
    if (!latest || latest.metadata.uid !== owner.metadata.uid) return;
    const requeue = await writeStatus(context, kind, latest, now, failure);
    if (failure) throw failure;
    return requeue;
  };
}

/** Creates what is missing or deletes what is too much; answers why it could not. */
async function manageReplicas(
  context: ControllerContext,
  owner: KubeObject,
  active: KubeObject[],
): Promise<Error | undefined> {
  const difference = active.length - (owner.spec.replicas ?? 1);
  try {
    if (difference < 0)
      await slowStart(Math.min(-difference, BURST), () =>
        createPod(context, owner, podFromTemplate(owner, owner.spec.template)),
      );
    else if (difference > 0)
      for (const pod of podsToDelete(context, owner, active, Math.min(difference, BURST)))
        await deletePod(context, owner, pod);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function podsToDelete(
  context: ControllerContext,
  owner: KubeObject,
  active: KubeObject[],
  count: number,
): KubeObject[] {
  if (count >= active.length) return active;
  const perNode = new Map<string, number>();
  for (const { spec } of relatedPods(context, owner, active))
    if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  const order = byDeletionOrder((pod) => perNode.get(pod.spec.nodeName) ?? 0, context.clock.now());
  return [...active].sort(order).slice(0, count);
}

/** Those that stand for the same: the pods of all sets of one deployment. */
function relatedPods({ informer }: ControllerContext, owner: KubeObject, active: KubeObject[]): KubeObject[] {
  const controller = controllerOf(owner);
  if (!controller) return active;
  const sets = informer(REPLICA_SETS).byIndex('controller', controller.uid);
  return sets.flatMap((set) => ownedBy(informer(PODS), set)).filter(isActive);
}

async function writeStatus(
  { client, clock }: ControllerContext,
  kind: ReplicaKind,
  owner: KubeObject,
  owned: KubeObject[],
  failure: Error | undefined,
): Promise<number | undefined> {
  const now = clock.now();
  const active = owned.filter(isActive);
  const minReadySeconds: number = owner.spec.minReadySeconds ?? 0;
  const templateLabels = fromLabels(owner.spec.template?.metadata?.labels);
  const ready = active.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, minReadySeconds, now));
  const terminating = owned.filter((pod) => pod.metadata.deletionTimestamp && !isTerminal(pod)).length;
  const status = {
    replicas: active.length,
    ...positive(
      'fullyLabeledReplicas',
      active.filter((pod) => matchesLabels(templateLabels, pod.metadata.labels)).length,
    ),
    ...positive('readyReplicas', ready.length),
    ...positive('availableReplicas', available.length),
    ...(kind.kind === 'ReplicaSet' && { terminatingReplicas: terminating }),
    observedGeneration: owner.metadata.generation,
    ...conditionsOf(owner, active.length, failure, now),
  };
  if (!equalJson(status, owner.status))
    await client.update(kind.resource, { ...owner, status }, { subresource: 'status' });
  // Nothing tells when the seconds are over, so the clock must.
  const waiting = minReadySeconds > 0 && ready.length !== available.length;
  return waiting ? untilAvailable(ready, minReadySeconds, now) : undefined;
}

function untilAvailable(ready: KubeObject[], minReadySeconds: number, now: number): number {
  const dues = ready.map((pod) => {
    const condition = (pod.status.conditions as Condition[]).find(({ type }) => type === 'Ready');
    return Date.parse(condition?.lastTransitionTime ?? '') + minReadySeconds * 1000 - now;
  });
  return Math.max(1, Math.min(...dues.filter((due) => due > 0)));
}

function conditionsOf(owner: KubeObject, active: number, failure: Error | undefined, now: number) {
  const current: Condition[] | undefined = owner.status?.conditions;
  const conditions = failure
    ? withCondition(current, {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: timestamp(now),
        reason: active < (owner.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete',
        message: failure.message,
      })
    : withoutCondition(current, 'ReplicaFailure');
  return conditions.length > 0 ? { conditions } : {};
}

/** A count as Kubernetes writes it: left out where it is zero. */
export const positive = <K extends string>(name: K, count: number): { [key in K]?: number } =>
  (count > 0 ? { [name]: count } : {}) as { [key in K]?: number };
