/** PodDisruptionBudget: counts how many of the pods it guards may be evicted now. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { matchesLabels } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import {
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from '../client/resources.ts';
import { setCondition, timestamp } from './conditions.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { scaledValue } from './int-or-percent.ts';
import { controllerOf, selectorOf } from './ownership.ts';
import { isActive, isReady } from './pods.ts';

export const podDisruptionBudgetController: ControllerDefinition = {
  name: 'disruption-controller',
  component: 'controllermanager',
  setUp,
};

const OWNERS: Record<string, typeof REPLICA_SETS> = {
  ReplicaSet: REPLICA_SETS,
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
  const { client, clock } = context;
  const now = clock.now();
  const selector = selectorOf(budget.spec.selector);
  const pods = context
    .informer(PODS)
    .list(budget.metadata.namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && isActive(pod));
  const { expectedPods, desiredHealthy } = countExpected(context, budget, pods);
  const { disruptedPods, requeue } = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter((pod) => isReady(pod) && !disruptedPods[pod.metadata.name]).length;
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

/** A share, or a number that may be missing, is of what the pods' controllers want; a number to keep of what is there. */
function countExpected(context: ControllerContext, { spec }: KubeObject, pods: KubeObject[]) {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { expectedPods: pods.length, desiredHealthy: minAvailable };
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const resource = OWNERS[owner?.kind ?? ''];
    if (!owner || !resource) owners.set(pod.metadata.uid!, 1);
    else owners.set(owner.uid, context.informer(resource).get(owner.name, pod.metadata.namespace)?.spec.replicas ?? 1);
  }
  const expectedPods = [...owners.values()].reduce((a, b) => a + b, 0);
  const desiredHealthy =
    maxUnavailable !== undefined
      ? Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, 'up'))
      : scaledValue(minAvailable, expectedPods, 'up');
  return { expectedPods, desiredHealthy };
}

function stillDisrupted({ status }: KubeObject, pods: KubeObject[], now: number) {
  const disruptedPods: Record<string, string> = {};
  let requeue: number | undefined;
  for (const [name, at] of Object.entries((status?.disruptedPods ?? {}) as Record<string, string>)) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const left = Date.parse(at) + EVICTION_MS - now;
    if (!pod || left <= 0) continue;
    disruptedPods[name] = at;
    requeue = Math.min(left, requeue ?? left);
  }
  return { disruptedPods, requeue };
}
