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
