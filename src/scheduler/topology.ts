/** How pods stand to other pods: affinity, anti-affinity and even spread over topologies. */
import type { KubeObject } from '../api/object.ts';
import { type LabelSelector, matchesLabels, selectorOf } from '../api/selectors.ts';
import { matchesNode, untolerated } from '../client/node-affinity.ts';
import { type Cluster, type NodeState, ownerOf } from './node-state.ts';

interface PodTerm {
  topologyKey: string;
  labelSelector?: object;
  namespaces?: string[];
  namespaceSelector?: object;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  labelSelector?: object;
  minDomains?: number;
  matchLabelKeys?: string[];
  nodeAffinityPolicy?: 'Honor' | 'Ignore';
  nodeTaintsPolicy?: 'Honor' | 'Ignore';
}

export type NamespaceLabels = (namespace: string) => Record<string, string>;

/** What the topology checks found once for all nodes; answers the reason for one node, or undefined where it fits. */
export type TopologyCheck = (node: NodeState) => string | undefined;

/** Undefined when nothing about other pods matters. */
export function podAffinityCheck(
  pod: KubeObject,
  cluster: Cluster,
  labelsOf: NamespaceLabels,
): TopologyCheck | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near: PodTerm[] = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const far: PodTerm[] = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (near.length === 0 && far.length === 0 && cluster.affinityPods === 0) return undefined;
  const nearDomains = near.map((term) => domainsWith(term, pod, cluster, labelsOf));
  const farDomains = far.map((term) => domainsWith(term, pod, cluster, labelsOf));
  const refused = domainsRefusing(pod, cluster, labelsOf);
  // The first of a group that wants to stand together may stand anywhere.
  const isFirst =
    near.length > 0 &&
    nearDomains.every((domains) => domains.size === 0) &&
    near.every((term) => selects(term, pod, pod, labelsOf));
  return (node) => {
    for (const [i, { topologyKey }] of near.entries()) {
      const value = node.labels[topologyKey];
      if (value === undefined || (!isFirst && !nearDomains[i]!.has(value)))
        return "node(s) didn't match pod affinity rules";
    }
    for (const [i, { topologyKey }] of far.entries())
      if (farDomains[i]!.has(node.labels[topologyKey] ?? '')) return "node(s) didn't match pod anti-affinity rules";
    for (const [key, values] of refused)
      if (values.has(node.labels[key] ?? '')) return "node(s) didn't satisfy existing pods anti-affinity rules";
    return undefined;
  };
}

/** The topology's values that hold a pod which the term selects. */
function domainsWith(term: PodTerm, owner: KubeObject, cluster: Cluster, labelsOf: NamespaceLabels): Set<string> {
  const values = new Set<string>();
  for (const node of cluster.nodes.values()) {
    const value = node.labels[term.topologyKey];
    if (value === undefined || values.has(value)) continue;
    for (const { pod } of node.pods.values())
      if (!pod.metadata.deletionTimestamp && selects(term, owner, pod, labelsOf)) {
        values.add(value);
        break;
      }
  }
  return values;
}

/** Domains whose pods do not want this one near them, by topology key. */
function domainsRefusing(pod: KubeObject, cluster: Cluster, labelsOf: NamespaceLabels): Map<string, Set<string>> {
  const refused = new Map<string, Set<string>>();
  if (cluster.affinityPods === 0) return refused;
  for (const node of cluster.nodes.values())
    for (const { pod: other } of node.pods.values())
      for (const term of requiredAnti(other)) {
        const value = node.labels[term.topologyKey];
        if (value === undefined || !selects(term, other, pod, labelsOf)) continue;
        refused.set(term.topologyKey, (refused.get(term.topologyKey) ?? new Set()).add(value));
      }
  return refused;
}

const requiredAnti = ({ spec }: KubeObject): PodTerm[] =>
  spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

function selects(term: PodTerm, owner: KubeObject, pod: KubeObject, labelsOf: NamespaceLabels): boolean {
  const namespace = pod.metadata.namespace ?? '';
  const named = term.namespaces ?? [];
  const inNamespace =
    named.includes(namespace) ||
    (term.namespaceSelector && matchesLabels(selectorOf(term.namespaceSelector), labelsOf(namespace))) ||
    (named.length === 0 && !term.namespaceSelector && namespace === owner.metadata.namespace);
  if (!inNamespace || !matchesLabels(selectorOf(term.labelSelector), pod.metadata.labels)) return false;
  const [mine, other] = [owner.metadata.labels ?? {}, pod.metadata.labels ?? {}];
  return (
    (term.matchLabelKeys ?? []).every((key) => mine[key] === undefined || mine[key] === other[key]) &&
    (term.mismatchLabelKeys ?? []).every((key) => mine[key] === undefined || mine[key] !== other[key])
  );
}

/** How much the preferred terms of this pod and of those already there draw it to a node. */
export function podAffinityScores(
  pod: KubeObject,
  cluster: Cluster,
  labelsOf: NamespaceLabels,
): ((node: NodeState) => number) | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const preferred: [sign: number, term: { weight: number; podAffinityTerm: PodTerm }][] = [
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t: unknown) => [1, t]),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t: unknown) => [-1, t]),
  ];
  if (preferred.length === 0) return undefined;
  const weights = new Map<string, number>();
  for (const [sign, { weight, podAffinityTerm: term }] of preferred)
    for (const node of cluster.nodes.values()) {
      const value = node.labels[term.topologyKey];
      if (value === undefined) continue;
      const key = `${term.topologyKey}=${value}`;
      for (const { pod: other } of node.pods.values())
        if (selects(term, pod, other, labelsOf)) weights.set(key, (weights.get(key) ?? 0) + sign * weight);
    }
  const keys = new Set(preferred.map(([, { podAffinityTerm }]) => podAffinityTerm.topologyKey));
  return (node) => {
    let score = 0;
    for (const key of keys) score += weights.get(`${key}=${node.labels[key]}`) ?? 0;
    return score;
  };
}

const SPREAD = "node(s) didn't match pod topology spread constraints";

export function spreadCheck(pod: KubeObject, cluster: Cluster): TopologyCheck | undefined {
  const constraints = ((pod.spec.topologySpreadConstraints ?? []) as SpreadConstraint[]).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
  );
  if (constraints.length === 0) return undefined;
  const counts = constraints.map((constraint) => countByDomain(constraint, pod, cluster));
  return (node) => {
    for (const [i, constraint] of constraints.entries()) {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) return `${SPREAD} (missing required label)`;
      const domains = counts[i]!;
      const enough = domains.size >= (constraint.minDomains ?? 1);
      const least = enough ? Math.min(...domains.values()) : 0;
      const own = matchesLabels(spreadSelector(constraint, pod), pod.metadata.labels) ? 1 : 0;
      if ((domains.get(value) ?? 0) + own - least > constraint.maxSkew) return SPREAD;
    }
    return undefined;
  };
}

/** How many pods of the same kind each domain holds: fewer is better. */
export function spreadScores(pod: KubeObject, cluster: Cluster): ((node: NodeState) => number) | undefined {
  const constraints = ((pod.spec.topologySpreadConstraints ?? []) as SpreadConstraint[]).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway',
  );
  if (constraints.length > 0) {
    const counts = constraints.map((constraint) => countByDomain(constraint, pod, cluster));
    return (node) =>
      -constraints.reduce((sum, { topologyKey }, i) => sum + (counts[i]!.get(node.labels[topologyKey] ?? '') ?? 0), 0);
  }
  // By default pods of one owner keep apart.
  const owner = ownerOf(pod);
  return owner === undefined ? undefined : (node) => -(node.owners.get(owner) ?? 0);
}

function countByDomain(constraint: SpreadConstraint, pod: KubeObject, cluster: Cluster): Map<string, number> {
  const selector = spreadSelector(constraint, pod);
  const counts = new Map<string, number>();
  for (const node of cluster.nodes.values()) {
    const value = node.labels[constraint.topologyKey];
    if (value === undefined) continue;
    if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNode(pod, node)) continue;
    if (constraint.nodeTaintsPolicy === 'Honor' && untolerated(pod, node)) continue;
    let count = counts.get(value) ?? 0;
    for (const { pod: other } of node.pods.values())
      if (
        other.metadata.namespace === pod.metadata.namespace &&
        !other.metadata.deletionTimestamp &&
        matchesLabels(selector, other.metadata.labels)
      )
        count++;
    counts.set(value, count);
  }
  return counts;
}

function spreadSelector(
  { labelSelector, matchLabelKeys = [] }: SpreadConstraint,
  pod: KubeObject,
): LabelSelector | undefined {
  const selector = selectorOf(labelSelector);
  if (!selector || matchLabelKeys.length === 0) return selector;
  const more = matchLabelKeys.flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: '=' as const, values: [value] }];
  });
  return { requirements: [...selector.requirements, ...more] };
}
