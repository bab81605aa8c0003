/** How large each replica set of a deployment becomes in the next step. Nothing here writes. */
import type { KubeObject } from '../api/object.ts';
import {
  byCreation,
  isActiveSet,
  isRolling,
  MAX_REPLICAS,
  maxSurge,
  maxUnavailable,
  type ReplicaSets,
  replicasOf,
  sumAvailable,
  sumReplicas,
} from './deployment-revisions.ts';

export type Sizes = [set: KubeObject, size: number][];

/** The new set's size: as much as the surge allows beside the old pods that are left. */
export function newSetSize(deployment: KubeObject, { newSet, oldSets }: ReplicaSets): number {
  const replicas = replicasOf(deployment);
  const current = newSet ? replicasOf(newSet) : 0;
  if (!isRolling(deployment)) return replicas;
  if (newSet && current >= replicas) return replicas;
  const pods = sumReplicas(oldSets) + current;
  const most = replicas + maxSurge(deployment);
  if (pods >= most) return current;
  return current + Math.min(most - pods, replicas - current);
}

/** Old pods that are not available may go as long as the minimum does not need them. */
export function unhealthyScaleDown(deployment: KubeObject, { newSet, oldSets }: ReplicaSets): Sizes {
  const minimum = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = newSet ? replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0) : 0;
  let left = sumReplicas([...oldSets, newSet]) - minimum - newUnavailable;
  const sizes: Sizes = [];
  for (const set of [...oldSets].sort(byCreation)) {
    if (left <= 0) break;
    const [size, available] = [replicasOf(set), set.status?.availableReplicas ?? 0];
    if (size === 0 || size === available) continue;
    const down = Math.min(left, Math.max(0, size - available));
    if (down === 0) continue;
    left -= down;
    sizes.push([set, size - down]);
  }
  return sizes;
}

/** As many old pods go as are available beyond the minimum. */
export function availableScaleDown(deployment: KubeObject, { newSet, oldSets }: ReplicaSets): Sizes {
  const all = [...oldSets, newSet];
  const minimum = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = newSet ? replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0) : 0;
  if (sumReplicas(all) - minimum - newUnavailable <= 0) return [];
  let left = sumAvailable(all) - minimum;
  const sizes: Sizes = [];
  for (const set of [...oldSets].sort(byCreation)) {
    if (left <= 0) break;
    const size = replicasOf(set);
    if (size === 0) continue;
    const down = Math.min(size, left);
    left -= down;
    sizes.push([set, size - down]);
  }
  return sizes;
}

/**
 * Sizes after the deployment itself was scaled: the one active set takes all; a finished rollout empties the old sets;
 * in the middle of one each set grows or shrinks in proportion, and what rounding leaves goes to the largest.
 */
export function proportionalSizes(deployment: KubeObject, { newSet, oldSets }: ReplicaSets): Sizes {
  const replicas = replicasOf(deployment);
  const active = [...oldSets, newSet].filter(isActiveSet);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? [...oldSets].sort(byCreation).at(-1);
    return only ? [[only, replicas]] : [];
  }
  if (newSet && isSaturated(deployment, newSet)) return oldSets.filter(isActiveSet).map((set) => [set, 0]);
  if (!isRolling(deployment)) return [];
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(active);
  const younger = (a: KubeObject, b: KubeObject) => -byCreation(a, b);
  const tie = toAdd > 0 ? younger : byCreation;
  active.sort((a, b) => replicasOf(b) - replicasOf(a) || tie(a, b));
  let added = 0;
  const sizes: Sizes = active.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added);
    added += share;
    return [set, replicasOf(set) + share];
  });
  if (toAdd !== 0 && sizes[0]) sizes[0][1] = Math.max(0, sizes[0][1] + toAdd - added);
  return sizes;
}

function isSaturated(deployment: KubeObject, newSet: KubeObject): boolean {
  const replicas = replicasOf(deployment);
  const desired = newSet.metadata.annotations?.['deployment.kubernetes.io/desired-replicas'];
  return (
    replicasOf(newSet) === replicas &&
    Number(desired) === replicas &&
    (newSet.status?.availableReplicas ?? 0) === replicas
  );
}

function proportion(deployment: KubeObject, set: KubeObject, toAdd: number, added: number): number {
  const share = fraction(deployment, set);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fraction(deployment: KubeObject, set: KubeObject): number {
  const [replicas, size] = [replicasOf(deployment), replicasOf(set)];
  if (replicas === 0) return -size;
  // Without the annotation the set's past share is guessed from what the deployment has now.
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS]) || deployment.status?.replicas;
  if (!before) return 0;
  return Math.round((size * (replicas + maxSurge(deployment))) / before) - size;
}
