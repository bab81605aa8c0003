/** What a node refuses by itself: pods that were put on it past the scheduler, and that it cannot take. */
import type { KubeObject } from '../api/object.ts';
import { type PodSpec, podResources } from '../api/pod-resources.ts';
import { parseQuantity, quantityMillis, quantityValue } from '../api/quantity.ts';
import { matchesNode, nodeView, tolerates } from '../client/node-affinity.ts';

export interface Rejection {
  reason: string;
  message: string;
}

/** Undefined where the node takes the pod beside the `others` on it. */
export function rejectionOf(pod: KubeObject, others: KubeObject[], node: KubeObject): Rejection | undefined {
  return (
    lackOfResources(pod, others, node) ??
    (matchesNode(pod, nodeView(node))
      ? undefined
      : failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")) ??
    (clash(hostPorts(pod), others.flatMap(hostPorts))
      ? failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
      : undefined) ??
    (nodeView(node).taints.some(({ effect, ...taint }) => isBarred(pod, { effect, ...taint }))
      ? failed('TaintToleration', "node(s) had taints that the pod didn't tolerate")
      : undefined)
  );
}

const failed = (reason: string, why: string): Rejection => ({
  reason,
  message: `Predicate ${reason} failed: ${why}`,
});

const isBarred = ({ spec }: KubeObject, taint: { key: string; value?: string; effect: string }): boolean =>
  taint.effect === 'NoExecute' && !tolerates(spec.tolerations, taint);

function lackOfResources(pod: KubeObject, others: KubeObject[], { status }: KubeObject): Rejection | undefined {
  const asked = new Map([['pods', 1], ...requestsOf(pod)]);
  for (const [name, requested] of asked) {
    if (requested === 0) continue;
    const capacity = amount(name, status?.allocatable?.[name] ?? '0');
    const used =
      name === 'pods' ? others.length : others.reduce((sum, each) => sum + (requestsOf(each).get(name) ?? 0), 0);
    if (used + requested <= capacity) continue;
    return {
      reason: `OutOf${name}`,
      message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
    };
  }
  return undefined;
}

const requestsOf = ({ spec }: KubeObject): Map<string, number> =>
  new Map([...podResources(spec as PodSpec, 'requests')].map(([name, value]) => [name, inUnits(name, value)]));

/** Thousandths of CPUs, and whole ones of all else. */
const inUnits = (name: string, quantity: ReturnType<typeof parseQuantity>): number =>
  Number(name === 'cpu' ? quantityMillis(quantity) : quantityValue(quantity));
const amount = (name: string, text: string): number => inUnits(name, parseQuantity(text));

interface HostPort {
  hostPort: number;
  hostIP?: string;
  protocol?: string;
}

const hostPorts = ({ spec }: KubeObject): HostPort[] =>
  (spec.containers ?? []).flatMap(({ ports = [] }: { ports?: HostPort[] }) => ports.filter(({ hostPort }) => hostPort));

/** On the same address, or where one of the two is on all. */
function clash(wanted: HostPort[], taken: HostPort[]): boolean {
  const ipOf = ({ hostIP }: HostPort) => hostIP || '0.0.0.0';
  return wanted.some((port) =>
    taken.some(
      (other) =>
        port.hostPort === other.hostPort &&
        (port.protocol ?? 'TCP') === (other.protocol ?? 'TCP') &&
        (ipOf(port) === ipOf(other) || [ipOf(port), ipOf(other)].includes('0.0.0.0')),
    ),
  );
}
