/**
 * A running pod that asks for other resources: given where its node has them, put off while others hold them, refused
 * where the node never could. Containers whose policy asks for it are restarted.
 */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { parseQuantity, quantityMillis, quantityValue } from '../api/quantity.ts';
import type { Container, Pod } from './runtime.ts';

export interface Resources {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

/** Why a pod has not got what it asks for: the reason and message of its PodResizePending condition. */
export interface Refusal {
  reason: 'Deferred' | 'Infeasible';
  message: string;
}

const COMPUTE = ['cpu', 'memory'] as const;
type Compute = (typeof COMPUTE)[number];

/** The containers that ask for other resources than they have. */
export function resizedContainers(pod: Pod): { container: Container; wanted: Resources }[] {
  const { initContainers = [], containers = [] } = pod.object.spec;
  const specs: KubeObject[] = [...initContainers, ...containers];
  return pod.containers.flatMap((container) => {
    const wanted = specs.find(({ name }) => String(name) === container.name)?.['resources'] as Resources | undefined;
    return wanted === undefined || container.kind === 'ephemeral' || equalJson(wanted, container.resources)
      ? []
      : [{ container, wanted }];
  });
}

/** Undefined where the node has room for what the pod asks for, beside the `others` on it. */
export function resizeRefusal(
  pod: Pod,
  others: Iterable<Pod>,
  allocatable: Record<string, string>,
): Refusal | undefined {
  const { containers = [] } = pod.object.spec;
  const wanted = (resource: Compute): number =>
    containers.reduce((sum: number, each: { resources?: Resources }) => sum + requestOf(each.resources, resource), 0);
  for (const resource of COMPUTE.toReversed()) {
    const [requested, capacity] = [wanted(resource), amount(resource, allocatable[resource] ?? '0')];
    if (requested > capacity)
      return {
        reason: 'Infeasible',
        message: `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`,
      };
  }
  const rest = [...others];
  for (const resource of COMPUTE) {
    const [requested, capacity] = [wanted(resource), amount(resource, allocatable[resource] ?? '0')];
    const used = rest.reduce((sum, other) => sum + heldBy(other, resource), 0);
    if (requested + used > capacity && requested > heldBy(pod, resource))
      return {
        reason: 'Deferred',
        message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
      };
  }
  return undefined;
}

const heldBy = ({ containers }: Pod, resource: Compute): number =>
  containers.reduce((sum, { kind, resources }) => sum + (kind === 'main' ? requestOf(resources, resource) : 0), 0);

const requestOf = (resources: Resources | undefined, resource: Compute): number =>
  amount(resource, resources?.requests?.[resource] ?? resources?.limits?.[resource] ?? '0');

/** Thousandths of CPUs, bytes of memory. */
const amount = (resource: Compute, quantity: string): number => {
  const parsed = parseQuantity(quantity);
  return Number(resource === 'cpu' ? quantityMillis(parsed) : quantityValue(parsed));
};

interface Policy {
  resourceName: string;
  restartPolicy: string;
}

export function needsRestart({ spec, resources, phase }: Container, wanted: Resources): boolean {
  const policies: Policy[] = spec['resizePolicy'] ?? [];
  return (
    phase === 'running' &&
    policies.some(
      ({ resourceName, restartPolicy }) =>
        restartPolicy === 'RestartContainer' &&
        (resources.requests?.[resourceName] !== wanted.requests?.[resourceName] ||
          resources.limits?.[resourceName] !== wanted.limits?.[resourceName]),
    )
  );
}

/** What the events of a resize tell. */
export function resizeText({ object }: Pod): string {
  const { containers = [] } = object.spec;
  const told = containers.map(({ name, resources }: KubeObject & { resources?: Resources }) => ({
    name,
    resources: {
      ...(resources?.limits && { limits: resources.limits }),
      ...(resources?.requests && { requests: resources.requests }),
    },
  }));
  return JSON.stringify({ containers: told, generation: object.metadata.generation });
}
