/** What pods ask of a node, as numbers: milli-CPUs, bytes, and whatever else is counted. */
import type { KubeObject } from '../api/object.ts';
import { parseQuantity, quantityNumber } from '../api/quantity.ts';

/** `cpu` in thousandths, all else in units. */
export type Amounts = Map<string, number>;

const parsed = new Map<string, number>();

/** Quantities come in a few spellings; each is read once. */
function amount(resource: string, quantity: string | number): number {
  const key = String(quantity);
  let value = parsed.get(key);
  if (value === undefined) {
    value = quantityNumber(parseQuantity(quantity));
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(key, value);
  }
  return resource === 'cpu' ? Math.ceil(value * 1000) : value;
}

export const amounts = (list: Record<string, string> | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, amount(name, quantity)]));

/** The sum of the containers, or the largest init container where that is more; sidecars count with both. */
export function podRequests({ spec, status }: KubeObject): Amounts {
  const total: Amounts = new Map();
  const given = isRefusedResize(status) ? status.containerStatuses : [];
  for (const container of spec.containers ?? [])
    add(total, requestsOf(given?.find(({ name }: KubeObject) => name === container.name) ?? container));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const init of spec.initContainers ?? []) {
    const own = requestsOf(init);
    if (init.restartPolicy === 'Always') {
      add(sidecars, own);
      add(total, own);
    } else {
      for (const [name, value] of sidecars) own.set(name, (own.get(name) ?? 0) + value);
      for (const [name, value] of own) peak.set(name, Math.max(peak.get(name) ?? 0, value));
    }
  }
  for (const [name, value] of peak) total.set(name, Math.max(total.get(name) ?? 0, value));
  // What the whole pod asks for counts in place of what its containers do.
  for (const [name, value] of amounts(spec.resources?.requests)) total.set(name, value);
  add(total, amounts(spec.overhead));
  return total;
}

/** A pod whose node cannot give it what it asks for keeps what it has. */
const isRefusedResize = (status: KubeObject['status']): boolean =>
  status?.conditions?.some(
    ({ type, reason }: { type: string; reason?: string }) => type === 'PodResizePending' && reason === 'Infeasible',
  ) ?? false;

function requestsOf({ resources }: KubeObject): Amounts {
  const requests = amounts(resources?.requests);
  // A limit without a request is the request.
  for (const [name, value] of amounts(resources?.limits)) if (!requests.has(name)) requests.set(name, value);
  return requests;
}

export function add(total: Amounts, more: Amounts, sign: 1 | -1 = 1): void {
  for (const [name, value] of more) total.set(name, (total.get(name) ?? 0) + sign * value);
}
