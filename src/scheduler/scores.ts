/** Which of the nodes that can take a pod should: each rule gives 0 to 100, weighted as kube-scheduler's defaults. */
import { matchesTerm, tolerates } from '../client/node-affinity.ts';
import type { Candidate } from './filters.ts';
import type { Cluster, NodeState } from './node-state.ts';
import { type NamespaceLabels, podAffinityScores, spreadScores } from './topology.ts';

type Score = (node: NodeState) => number;

/** What a container without requests is taken to need, so that such pods spread too. */
const UNKNOWN: Record<string, number> = { cpu: 100, memory: 200 * 1024 * 1024 };

/** The best node; of equals the first in the order given. */
export function best(candidate: Candidate, nodes: NodeState[], cluster: Cluster, labelsOf: NamespaceLabels): NodeState {
  if (nodes.length === 1) return nodes[0]!;
  const totals = new Array<number>(nodes.length).fill(0);
  for (const [weight, normalised, score] of rulesFor(candidate, cluster, labelsOf)) {
    const scores = nodes.map(score);
    const scaled = normalised ? normalise(scores) : scores;
    for (const [i, value] of scaled.entries()) totals[i]! += weight * value;
  }
  let winner = 0;
  for (const [i, total] of totals.entries()) if (total > totals[winner]!) winner = i;
  return nodes[winner]!;
}

function rulesFor(candidate: Candidate, cluster: Cluster, labelsOf: NamespaceLabels): [number, boolean, Score][] {
  const { pod } = candidate;
  const rules: [number, boolean, Score][] = [
    [1, false, (node) => leastAllocated(candidate, node)],
    [1, false, (node) => balanced(candidate, node)],
  ];
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (preferred?.length)
    rules.push([
      2,
      true,
      (node) => {
        let sum = 0;
        for (const { weight, preference } of preferred) if (matchesTerm(preference, node)) sum += weight;
        return sum;
      },
    ]);
  rules.push([
    3,
    true,
    (node) => -node.taints.filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, t)).length,
  ]);
  const spread = spreadScores(pod, cluster);
  if (spread) rules.push([2, true, spread]);
  const near = podAffinityScores(pod, cluster, labelsOf);
  if (near) rules.push([2, true, near]);
  return rules;
}

function share(candidate: Candidate, node: NodeState, resource: string): number {
  const offered = node.allocatable.get(resource) ?? 0;
  if (offered === 0) return 1;
  const wanted = candidate.requests.get(resource) || UNKNOWN[resource]!;
  const taken = Math.max(node.requested.get(resource) ?? 0, node.pods.size * UNKNOWN[resource]!);
  return Math.min(1, (taken + wanted) / offered);
}

const leastAllocated: (candidate: Candidate, node: NodeState) => number = (candidate, node) =>
  50 * (1 - share(candidate, node, 'cpu')) + 50 * (1 - share(candidate, node, 'memory'));

const balanced: (candidate: Candidate, node: NodeState) => number = (candidate, node) =>
  100 * (1 - Math.abs(share(candidate, node, 'cpu') - share(candidate, node, 'memory')) / 2);

/** Onto 0 to 100; all equal is 100 for each. */
function normalise(scores: number[]): number[] {
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  return scores.map((score) => (high === low ? 100 : (100 * (score - low)) / (high - low)));
}
