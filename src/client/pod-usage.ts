/**
 * What simulated pods use: the annotations `portolan.dev/cpu` and `portolan.dev/memory` (a container's own with
 * `.<name>` behind), else half of what the container requests, else little.
 */
import type { KubeObject } from '../api/object.ts';
import { parseQuantity, quantityNumber } from '../api/quantity.ts';

export type UsageResource = 'cpu' | 'memory';

const LITTLE: Record<UsageResource, number> = { cpu: 0.001, memory: 16 * 1024 * 1024 };

interface Container {
  name: string;
  resources?: { requests?: Record<string, string> };
}

/** In CPUs or bytes. */
export function containerUsage(pod: KubeObject, container: Container, resource: UsageResource): number {
  const { annotations = {} } = pod.metadata;
  const told = annotations[`portolan.dev/${resource}.${container.name}`] ?? annotations[`portolan.dev/${resource}`];
  const requested = container.resources?.requests?.[resource];
  try {
    if (told !== undefined) return quantityNumber(parseQuantity(told));
    return requested === undefined ? LITTLE[resource] : quantityNumber(parseQuantity(requested)) / 2;
  } catch {
    return LITTLE[resource];
  }
}

export const podUsage = (pod: KubeObject, resource: UsageResource): number =>
  (pod.spec.containers ?? []).reduce((sum: number, each: Container) => sum + containerUsage(pod, each, resource), 0);

/** Undefined where a container requests nothing: a share of it cannot be told. */
export function podRequest(pod: KubeObject, resource: UsageResource): number | undefined {
  let total = 0;
  for (const { resources } of pod.spec.containers ?? []) {
    const requested = resources?.requests?.[resource];
    if (requested === undefined) return undefined;
    total += quantityNumber(parseQuantity(requested));
  }
  return total;
}
