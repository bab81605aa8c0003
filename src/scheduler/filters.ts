/** Which nodes can take a pod: one row a rule, each with Kubernetes' words for why a node cannot. */
import type { KubeObject } from '../api/object.ts';
import { matchesNode, tolerates, untolerated } from '../client/node-affinity.ts';
import { type Cluster, clashes, type NodeState, type PodInfo } from './node-state.ts';
import { type NamespaceLabels, podAffinityCheck, spreadCheck, type TopologyCheck } from './topology.ts';
import type { VolumeCheck } from './volumes.ts';

export interface Candidate extends PodInfo {
  /** The only nodes that come into question, by name. */
  only?: Set<string>;
  affinity?: TopologyCheck;
  spread?: TopologyCheck;
  volumes?: VolumeCheck;
}

/** Why not; `final` when no eviction could help. */
export interface Refusal {
  reasons: string[];
  final: boolean;
}

type Filter = (candidate: Candidate, node: NodeState) => Refusal | undefined;

const never = (reason: string): Refusal => ({ reasons: [reason], final: true });
const maybe = (...reasons: string[]): Refusal => ({ reasons, final: false });
const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const FILTERS: [name: string, filter: Filter][] = [
  [
    'PreFilter',
    ({ only }, { name }) =>
      only && !only.has(name) ? never("node(s) didn't satisfy plugin(s) [NodeAffinity]") : undefined,
  ],
  [
    'NodeUnschedulable',
    ({ pod }, { node }) =>
      node.spec?.unschedulable && !tolerates(pod.spec.tolerations, UNSCHEDULABLE)
        ? never('node(s) were unschedulable')
        : undefined,
  ],
  [
    'NodeName',
    ({ pod }, { name }) =>
      pod.spec.nodeName && pod.spec.nodeName !== name
        ? never("node(s) didn't match the requested node name")
        : undefined,
  ],
  [
    'TaintToleration',
    ({ pod }, node) => (untolerated(pod, node) ? never('node(s) had untolerated taint(s)') : undefined),
  ],
  [
    'NodeAffinity',
    ({ pod }, node) =>
      matchesNode(pod, node) ? undefined : never("node(s) didn't match Pod's node affinity/selector"),
  ],
  [
    'NodePorts',
    ({ ports }, node) =>
      ports.length > 0 && clashes(node, ports)
        ? maybe("node(s) didn't have free ports for the requested pod ports")
        : undefined,
  ],
  ['NodeResourcesFit', fitsResources],
  ['VolumeBinding', ({ volumes }, node) => volumes?.(node)],
  [
    'PodTopologySpread',
    ({ spread }, node) => {
      const reason = spread?.(node);
      return reason === undefined
        ? undefined
        : { reasons: [reason], final: reason.endsWith('(missing required label)') };
    },
  ],
  [
    'InterPodAffinity',
    ({ affinity }, node) => {
      const reason = affinity?.(node);
      return reason === undefined ? undefined : { reasons: [reason], final: reason.endsWith('pod affinity rules') };
    },
  ],
];

function fitsResources({ requests }: Candidate, node: NodeState): Refusal | undefined {
  let reasons: string[] | undefined;
  let final = false;
  if (node.pods.size + 1 > (node.allocatable.get('pods') ?? 0)) reasons = ['Too many pods'];
  for (const [name, wanted] of requests) {
    if (wanted === 0) continue;
    const offered = node.allocatable.get(name) ?? 0;
    if (wanted <= offered - (node.requested.get(name) ?? 0)) continue;
    reasons = [...(reasons ?? []), `Insufficient ${name}`];
    // More than the node has at all: no one there could make room.
    if (wanted > offered) final = true;
  }
  return reasons && { reasons, final };
}

/** The first refusal in the order of the table; undefined where the pod fits. */
export function refusal(candidate: Candidate, node: NodeState): Refusal | undefined {
  for (const [, filter] of FILTERS) {
    const refused = filter(candidate, node);
    if (refused) return refused;
  }
  return undefined;
}

/** What depends on all nodes is found once for the pod. */
export function prepare(info: PodInfo, cluster: Cluster, labelsOf: NamespaceLabels, volumes?: VolumeCheck): Candidate {
  const only = namedNodes(info.pod);
  return {
    ...info,
    ...(only && { only }),
    affinity: podAffinityCheck(info.pod, cluster, labelsOf),
    spread: spreadCheck(info.pod, cluster),
    ...(volumes && { volumes }),
  };
}

/** The nodes that required affinity asks for by name: as daemons do. Undefined when one of its terms leaves that open. */
function namedNodes({ spec }: KubeObject): Set<string> | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required?.nodeSelectorTerms.length) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of required.nodeSelectorTerms) {
    const byName = matchFields.find(({ operator }: { operator: string }) => operator === 'In');
    if (!byName) return undefined;
    for (const name of byName.values) names.add(name);
  }
  return names;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had …` */
export function summary(total: number, refusals: Iterable<Refusal>, more = ''): string {
  const counts = new Map<string, number>();
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const told = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${total} nodes are available: ${told.join(', ')}.${more}`;
}
