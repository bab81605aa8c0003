/** What a deployment's status says of a rollout: counts, and the conditions Available, Progressing, ReplicaFailure. */
import { type Condition, findCondition, type StatusJson, withCondition, withoutCondition } from '../api/conditions.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { maxUnavailable, type ReplicaSets, replicasOf, sumAvailable, sumReplicas } from './deployment-revisions.ts';
import { positive } from './replica-set.ts';

/** A deadline of the largest integer means none. */
const NO_DEADLINE = 2 ** 31 - 1;

export const hasDeadline = ({ spec }: KubeObject): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;

export function progressing(status: Condition['status'], reason: string, message: string, now: number): Condition {
  const at = timestamp(now);
  return { type: 'Progressing', status, lastUpdateTime: at, lastTransitionTime: at, reason, message };
}

/** Counts and availability; whether there is progress is for `rolloutStatus` to say. */
export function countStatus(deployment: KubeObject, { newSet, oldSets }: ReplicaSets, now: number): StatusJson {
  const sets = newSet ? [...oldSets, newSet] : oldSets;
  const sum = (field: string) => sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const available = sumAvailable(sets);
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const at = timestamp(now);
  return {
    observedGeneration: deployment.metadata.generation,
    ...positive('replicas', sum('replicas')),
    ...positive('updatedReplicas', newSet?.status?.replicas ?? 0),
    ...positive('readyReplicas', sum('readyReplicas')),
    ...positive('availableReplicas', available),
    // Pods that could not even be made count too.
    ...positive('unavailableReplicas', sumReplicas(sets) - available),
    terminatingReplicas: sum('terminatingReplicas'),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: withCondition(deployment.status?.conditions, {
      type: 'Available',
      status: enough ? 'True' : 'False',
      lastUpdateTime: at,
      lastTransitionTime: at,
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
  };
}

export function rolloutStatus(deployment: KubeObject, sets: ReplicaSets, now: number): StatusJson {
  const status = countStatus(deployment, sets, now);
  if (!hasDeadline(deployment)) status.conditions = withoutCondition(status.conditions, 'Progressing');
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const done = count(status.replicas) === count(status.updatedReplicas) && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !done) {
    const next = nextProgress(deployment, sets, status, current, now);
    if (next) status.conditions = next;
  }
  const failure = replicaFailure(sets);
  status.conditions = failure
    ? withCondition(status.conditions, failure)
    : withoutCondition(status.conditions, 'ReplicaFailure');
  return status;
}

function nextProgress(
  deployment: KubeObject,
  { newSet }: ReplicaSets,
  status: { conditions: Condition[] },
  current: Condition | undefined,
  now: number,
): Condition[] | undefined {
  const what = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status))
    return withCondition(
      status.conditions,
      progressing('True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`, now),
    );
  if (hasProgressed(deployment.status ?? {}, status)) {
    const condition = progressing('True', 'ReplicaSetUpdated', `${what} is progressing.`, now);
    // Every step counts from here to the deadline, so the update time moves although nothing else does.
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    return [...withoutCondition(status.conditions, 'Progressing'), condition];
  }
  if (isTimedOut(deployment, current, now))
    return withCondition(
      status.conditions,
      progressing('False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`, now),
    );
  return undefined;
}

export function isComplete(deployment: KubeObject, status: StatusJson): boolean {
  const replicas = replicasOf(deployment);
  return (
    count(status?.updatedReplicas) === replicas &&
    count(status?.replicas) === replicas &&
    count(status?.availableReplicas) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

const hasProgressed = (old: StatusJson, now: StatusJson): boolean =>
  count(now.updatedReplicas) > count(old.updatedReplicas) ||
  count(now.replicas) - count(now.updatedReplicas) < count(old.replicas) - count(old.updatedReplicas) ||
  count(now.readyReplicas) > count(old.readyReplicas) ||
  count(now.availableReplicas) > count(old.availableReplicas);

function isTimedOut({ spec }: KubeObject, current: Condition | undefined, now: number): boolean {
  if (!current || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(current.lastUpdateTime ?? '') + spec.progressDeadlineSeconds * 1000 < now;
}

/** In how many milliseconds a rollout that does not move must be looked at again. */
export function untilDeadline(deployment: KubeObject, now: number): number | undefined {
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!current || !hasDeadline(deployment) || isComplete(deployment, deployment.status)) return undefined;
  if (current.reason === 'ProgressDeadlineExceeded' || current.reason === 'NewReplicaSetAvailable') return undefined;
  const due = Date.parse(current.lastUpdateTime ?? '') + deployment.spec.progressDeadlineSeconds * 1000;
  // Stamps are whole seconds: one more, or the deadline would be asked for a moment too early.
  return Math.max(0, due - now) + 1000;
}

/** The replica sets' own failure to make pods: the new one's first. */
function replicaFailure({ newSet, oldSets }: ReplicaSets): Condition | undefined {
  for (const set of [newSet, ...oldSets]) {
    const condition = findCondition(set?.status?.conditions, 'ReplicaFailure');
    if (condition?.status === 'True')
      return { ...condition, lastUpdateTime: condition.lastTransitionTime ?? undefined };
  }
  return undefined;
}

const count = (value: number | undefined): number => value ?? 0;
