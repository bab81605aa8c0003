/** Pods that have pushed others aside: until they are bound, less important ones do not take their room. */
import type { KubeObject } from '../api/object.ts';
import { type Candidate, type Refusal, refusal } from './filters.ts';
import { addTo, copyOf, type NodeState } from './node-state.ts';
import { priorityOf } from './preemption.ts';

export class Nominations {
  /** By uid, each with the node it waits for. */
  readonly #waiting = new Map<string, { pod: KubeObject; node: string }>();

  set(pod: KubeObject, node: string | undefined): void {
    if (node) this.#waiting.set(pod.metadata.uid!, { pod, node });
    else this.#waiting.delete(pod.metadata.uid!);
  }

  delete(uid: string): void {
    this.#waiting.delete(uid);
  }

  /** Those less important than `pod` that wait for the same node: it takes the room they hoped for. */
  lower(pod: KubeObject, node: string): KubeObject[] {
    return [...this.#waiting.values()]
      .filter((other) => other.node === node && priorityOf(other.pod) < priorityOf(pod))
      .map((other) => other.pod);
  }

  /** Why the candidate does not fit beside those that wait for this node and are no less important. */
  refusal(candidate: Candidate, node: NodeState): Refusal | undefined {
    if (this.#waiting.size === 0) return undefined;
    let copy: NodeState | undefined;
    for (const { pod, node: name } of this.#waiting.values()) {
      if (name !== node.name || pod.metadata.uid === candidate.pod.metadata.uid) continue;
      if (priorityOf(pod) < priorityOf(candidate.pod)) continue;
      copy ??= copyOf(node);
      addTo(copy, pod);
    }
    // What depends on the other pods of the cluster is not asked again.
    return copy && refusal({ ...candidate, affinity: undefined, spread: undefined }, copy);
  }
}
