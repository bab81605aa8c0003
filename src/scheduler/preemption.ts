/** Making room: which pods of lower priority go so that a pod fits, on the node where it hurts least. */
import type { KubeObject } from '../api/object.ts';
import type { Candidate, Refusal } from './filters.ts';
import { summary } from './filters.ts';
import { addTo, copyOf, type NodeState } from './node-state.ts';
import { add } from './requests.ts';

export interface Plan {
  node: NodeState;
  victims: KubeObject[];
  violations: number;
}

export interface PreemptionResult {
  plan?: Plan;
  /** The tail of the pod's message when there is none. */
  message: string;
}

const NOT_HELPFUL: Refusal = { reasons: ['Preemption is not helpful for scheduling'], final: true };
const NO_VICTIMS: Refusal = { reasons: ['No preemption victims found for incoming pod'], final: false };

/** What the plugins that make room have to say, one after the other. */
const TAIL = ' no new claims to deallocate, preemption: ';

export const priorityOf = ({ spec }: KubeObject): number => spec.priority ?? 0;

export interface PreemptionOptions {
  candidate: Candidate;
  refusals: Map<NodeState, Refusal>;
  /** Whether a budget forbids to evict the pod. */
  isProtected(pod: KubeObject): boolean;
  /** Why the candidate does not fit on a node as it would be, beside those that its room is promised to. */
  refusalOn(candidate: Candidate, node: NodeState): Refusal | undefined;
}

export function planPreemption(options: PreemptionOptions): PreemptionResult {
  const { candidate, refusals } = options;
  const why = notEligible(candidate.pod, refusals.keys());
  if (why) return { message: `${TAIL}not eligible due to ${why}.` };
  let best: Plan | undefined;
  const told: Refusal[] = [];
  for (const [node, refused] of refusals) {
    if (refused.final) {
      told.push(NOT_HELPFUL);
      continue;
    }
    const plan = planFor(node, options);
    if (!plan) told.push(NO_VICTIMS);
    else if (!best || isBetter(plan, best)) best = plan;
  }
  return best ? { plan: best, message: '' } : { message: TAIL + summary(refusals.size, told) };
}

/** A pod that has pushed others aside waits until they have gone, or it would push more. */
function notEligible({ spec, status }: KubeObject, nodes: Iterable<NodeState>): string | undefined {
  if (spec.preemptionPolicy === 'Never') return 'preemptionPolicy=Never';
  if (!status?.nominatedNodeName) return undefined;
  for (const node of nodes) {
    if (node.name !== status.nominatedNodeName) continue;
    for (const { pod } of node.pods.values())
      if (pod.metadata.deletionTimestamp && priorityOf(pod) < (spec.priority ?? 0))
        return 'a terminating pod on the nominated node';
  }
  return undefined;
}

/** Takes all lower pods away, then gives back those the pod can live with, the most important first. */
function planFor(node: NodeState, { candidate, isProtected, refusalOn }: PreemptionOptions): Plan | undefined {
  const priority = priorityOf(candidate.pod);
  const lower = [...node.pods.values()].filter(({ pod }) => priorityOf(pod) < priority);
  if (lower.length === 0) return undefined;
  const trial = copyOf(node);
  for (const { pod } of lower) takeAway(trial, pod);
  // What depends on the other pods of the cluster is not tried again without the victims.
  const alone = { ...candidate, affinity: undefined, spread: undefined };
  if (refusalOn(alone, trial)) return undefined;
  lower.sort(
    (a, b) =>
      Number(isProtected(b.pod)) - Number(isProtected(a.pod)) ||
      priorityOf(b.pod) - priorityOf(a.pod) ||
      (startOf(a.pod) < startOf(b.pod) ? -1 : 1),
  );
  const victims: KubeObject[] = [];
  for (const { pod } of lower) {
    addTo(trial, pod);
    if (!refusalOn(alone, trial)) continue;
    takeAway(trial, pod);
    victims.push(pod);
  }
  return { node, victims, violations: victims.filter(isProtected).length };
}

function takeAway(node: NodeState, pod: KubeObject): void {
  const info = node.pods.get(pod.metadata.uid!)!;
  node.pods.delete(pod.metadata.uid!);
  add(node.requested, info.requests, -1);
  for (const port of info.ports) node.ports.delete(port);
}

/** Fewest broken budgets, lowest highest victim, smallest sum, fewest victims, latest start. */
function isBetter(a: Plan, b: Plan): boolean {
  const keys: ((plan: Plan) => number)[] = [
    (plan) => plan.violations,
    (plan) => Math.max(...plan.victims.map(priorityOf)),
    (plan) => plan.victims.reduce((sum, pod) => sum + priorityOf(pod), 0),
    (plan) => plan.victims.length,
    (plan) => -Math.min(...plan.victims.map((pod) => Date.parse(startOf(pod)) || 0)),
  ];
  for (const key of keys) if (key(a) !== key(b)) return key(a) < key(b);
  return false;
}

const startOf = ({ status, metadata }: KubeObject): string => status?.startTime ?? metadata.creationTimestamp ?? '';
