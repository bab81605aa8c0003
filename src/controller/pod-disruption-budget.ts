/** PodDisruptionBudget: counts how many of the pods it guards may be evicted now. */
import { setCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, type OwnerReference, parseApiVersion, timestamp } from '../api/object.ts';
import { isReady } from '../api/pods.ts';
import { matchesLabels, selectorOf } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import {
  DEPLOYMENTS,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { scaledValue } from './int-or-percent.ts';
import { controllerOf } from './ownership.ts';

export const podDisruptionBudgetController: ControllerDefinition = {
  name: 'disruption-controller',
  component: 'controllermanager',
  setUp,
};

const OWNERS: Record<string, typeof REPLICA_SETS> = {
  ReplicaSet: REPLICA_SETS,
  Deployment: DEPLOYMENTS,
  StatefulSet: STATEFUL_SETS,
  ReplicationController: REPLICATION_CONTROLLERS,
};
/** An eviction that was granted but has not happened by then no longer counts. */
const EVICTION_MS = 120_000;

function setUp(context: ControllerContext): Reconcile {
  const budgets = context.informer(POD_DISRUPTION_BUDGETS);
  const pods = context.informer(PODS);
  for (const resource of Object.values(OWNERS)) context.informer(resource);
  budgets.onChange(({ object }) => context.enqueue(keyOf(object)));
  pods.onChange(({ object }) => {
    for (const budget of budgets.list(object.metadata.namespace))
      if (matchesLabels(selectorOf(budget.spec.selector), object.metadata.labels)) context.enqueue(keyOf(budget));
  });
  return async (key) => {
    const budget = budgets.byKey(key);
    return budget && !budget.metadata.deletionTimestamp ? sync(context, budget) : undefined;
  };
}

async function sync(context: ControllerContext, budget: KubeObject): Promise<number | undefined> {
  const { client, clock, recorder } = context;
  const now = clock.now();
  const selector = selectorOf(budget.spec.selector);
  const pods = context
    .informer(PODS)
    .list(budget.metadata.namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
  if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
  const expected = countExpected(context, budget, pods);
  if (typeof expected === 'string') return failSafe(context, budget, expected);
  const { expectedPods, desiredHealthy } = expected;
  const { disruptedPods, requeue } = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter(
    (pod) => isReady(pod) && !pod.metadata.deletionTimestamp && !disruptedPods[pod.metadata.name],
  ).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const allowed = disruptionsAllowed > 0;
  const status = {
    observedGeneration: budget.metadata.generation,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: setCondition(budget.status?.conditions, {
      type: 'DisruptionAllowed',
      status: allowed ? 'True' : 'False',
      observedGeneration: budget.metadata.generation,
      lastTransitionTime: timestamp(now),
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    }),
  };
  if (!equalJson(status, budget.status))
    await client.update(POD_DISRUPTION_BUDGETS, { ...budget, status }, { subresource: 'status' });
  return requeue;
}

/** Nothing may be evicted as long as nobody knows how many pods there should be. */
async function failSafe({ client, clock, recorder }: ControllerContext, budget: KubeObject, why: string) {
  const message = `Failed to calculate the number of expected pods: ${why}`;
  recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
  const status = {
    ...budget.status,
    disruptionsAllowed: 0,
    conditions: setCondition(budget.status?.conditions, {
      type: 'DisruptionAllowed',
      status: 'False',
      observedGeneration: budget.status?.observedGeneration,
      lastTransitionTime: timestamp(clock.now()),
      reason: 'SyncFailed',
      message: why,
    }),
  };
  if (!equalJson(status, budget.status))
    await client.update(POD_DISRUPTION_BUDGETS, { ...budget, status }, { subresource: 'status' });
  return undefined;
}

/**
 * A share, or a number that may be missing, is of what the pods' controllers want; a number to keep of what is there.
 * Answers why where a controller's wish is not to be had.
 */
function countExpected(context: ControllerContext, { spec }: KubeObject, pods: KubeObject[]) {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { expectedPods: pods.length, desiredHealthy: minAvailable };
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (!reference) continue;
    if (!OWNERS[reference.kind]) return `${resourceName(reference)} does not implement the scale subresource`;
    const owner = scaledOwner(context, pod);
    if (!owner) return `found no controllers for pod "${pod.metadata.name}"`;
    scales.set(owner.metadata.uid!, owner.spec.replicas ?? 1);
  }
  const expectedPods = [...scales.values()].reduce((a, b) => a + b, 0);
  const desiredHealthy =
    maxUnavailable !== undefined
      ? Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, 'up'))
      : scaledValue(minAvailable, expectedPods, 'up');
  return { expectedPods, desiredHealthy };
}

/** `daemonsets.apps` */
function resourceName({ apiVersion, kind }: OwnerReference): string {
  const { group } = parseApiVersion(apiVersion);
  return `${kind.toLowerCase()}s${group && `.${group}`}`;
}

/** The object that says how many pods there are to be: a deployment speaks for its replica sets. */
function scaledOwner(context: ControllerContext, object: KubeObject): KubeObject | undefined {
  const reference = controllerOf(object);
  const resource = OWNERS[reference?.kind ?? ''];
  const owner = resource && context.informer(resource).get(reference!.name, object.metadata.namespace);
  if (!owner || owner.metadata.uid !== reference!.uid) return undefined;
  return scaledOwner(context, owner) ?? owner;
}

function stillDisrupted({ status }: KubeObject, pods: KubeObject[], now: number) {
  const disruptedPods: Record<string, string> = {};
  let requeue: number | undefined;
  for (const [name, at] of Object.entries((status?.disruptedPods ?? {}) as Record<string, string>)) {
    const pod = pods.find(({ metadata }) => metadata.name === name && !metadata.deletionTimestamp);
    const left = Date.parse(at) + EVICTION_MS - now;
    if (!pod || left <= 0) continue;
    disruptedPods[name] = at;
    requeue = Math.min(left, requeue ?? left);
  }
  return { disruptedPods, requeue };
}
