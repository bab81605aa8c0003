/** Pods as their controllers see them: states, order of deletion, creation from a template. */
import { findCondition } from '../api/conditions.ts';
import type { KubeObject } from '../api/object.ts';
import { isReady } from '../api/pods.ts';
import { isNotFound } from '../api/status.ts';
import { PODS } from '../client/resources.ts';
import type { ControllerContext } from './controller.ts';
import { ownerReference } from './ownership.ts';

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now;
}

const PHASES: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Which of two pods goes first when there are too many: unassigned, pending, not ready, cheap, on crowded nodes,
 * ready only lately, often restarted, young. `rank` tells how many pods of the owner share the pod's node.
 */
export function byDeletionOrder(
  rank: (pod: KubeObject) => number,
  now: number,
): (a: KubeObject, b: KubeObject) => number {
  const keys: ((pod: KubeObject) => number)[] = [
    (pod) => (pod.spec.nodeName ? 1 : 0),
    (pod) => PHASES[pod.status?.phase] ?? 0,
    (pod) => (isReady(pod) ? 1 : 0),
    (pod) => Number.parseInt(pod.metadata.annotations?.[DELETION_COST] ?? '0', 10) || 0,
    (pod) => -rank(pod),
    // Ages count by orders of magnitude, so that the choice is not always the same.
    (pod) => (isReady(pod) ? magnitude(now - readySince(pod)) : 0),
    (pod) => -restarts(pod),
    (pod) => magnitude(now - Date.parse(pod.metadata.creationTimestamp ?? '')),
  ];
  return (a, b) => {
    for (const key of keys) {
      const difference = key(a) - key(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.uid! < b.metadata.uid! ? -1 : 1;
  };
}

const readySince = (pod: KubeObject): number =>
  Date.parse(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '') || 0;
const magnitude = (ms: number): number => (ms < 1000 ? 0 : Math.floor(Math.log2(ms / 1000)) + 1);
const restarts = (pod: KubeObject): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map((s: { restartCount: number }) => s.restartCount));

/** The pod a template makes for its owner; `name` absent: the owner's name and a random end. */
export function podFromTemplate(owner: KubeObject, template: KubeObject, name?: string): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: prefixFor(owner.metadata.name) } : { name }),
      namespace: owner.metadata.namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [ownerReference(owner)],
    } as KubeObject['metadata'],
    spec: template.spec,
  };
}

/** A name too long for its dash and suffix is used as it is: the server cuts it. */
const prefixFor = (name: string): string => (name.length > 252 ? name : `${name}-`);

export async function createPod({ client, recorder }: ControllerContext, owner: KubeObject, pod: KubeObject) {
  try {
    const created = await client.create(PODS, pod);
    recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    return created;
  } catch (error) {
    recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
    throw error;
  }
}

export async function deletePod({ client, recorder }: ControllerContext, owner: KubeObject, pod: KubeObject) {
  const { name, namespace, uid } = pod.metadata;
  try {
    await client.delete(PODS, name, namespace, { preconditions: { uid } });
    recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`);
    throw error;
  }
}

/** Runs `task` `count` times in batches of 1, 2, 4 …, so that what must fail fails once and not often. */
export async function slowStart(count: number, task: (index: number) => Promise<unknown>): Promise<number> {
  let done = 0;
  for (let batch = 1; done < count; batch *= 2) {
    const size = Math.min(batch, count - done);
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => task(done + i)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    done += size;
  }
  return done;
}
