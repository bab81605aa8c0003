/** What a pod asks of a node: the sums of its containers' requests or limits. */
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';

export type Resources = Map<string, Quantity>;
export type ResourceKind = 'requests' | 'limits';

export interface Container {
  name: string;
  restartPolicy?: string;
  resources?: Partial<Record<ResourceKind, Record<string, string>>>;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  overhead?: Record<string, string>;
  /** What the whole pod asks for, in place of what its containers do. */
  resources?: Container['resources'];
}

const parseResources = (list: Record<string, string> | undefined): Resources =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

export const resourcesOf = ({ resources }: Container, kind: ResourceKind): Resources =>
  parseResources(resources?.[kind]);

/** Containers run together and add up; init containers run one after the other, beside the sidecars before them. */
export function podResources(spec: PodSpec, kind: ResourceKind): Resources {
  const { containers, initContainers = [], overhead, resources } = spec;
  const running: Resources = new Map();
  for (const container of containers) add(running, resourcesOf(container, kind));
  const sidecars: Resources = new Map();
  const peak: Resources = new Map();
  for (const container of initContainers) {
    const own = resourcesOf(container, kind);
    if (container.restartPolicy === 'Always') {
      add(running, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else raise(peak, add(new Map(sidecars), own));
  }
  raise(running, peak);
  for (const [name, quantity] of parseResources(resources?.[kind])) running.set(name, quantity);
  return add(running, parseResources(overhead));
}

function add(total: Resources, more: Resources): Resources {
  for (const [name, quantity] of more) {
    const sum = total.get(name);
    total.set(name, sum === undefined ? quantity : addQuantities(sum, quantity));
  }
  return total;
}

function raise(total: Resources, least: Resources): void {
  for (const [name, quantity] of least) {
    const now = total.get(name);
    if (now === undefined || compareQuantities(now, quantity) < 0) total.set(name, quantity);
  }
}
