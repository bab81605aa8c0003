/** The class of a pod by what its containers ask for. */
import type { Loose } from './fill.ts';
import { compareQuantities, parseQuantity } from './quantity.ts';

const COMPUTE = ['cpu', 'memory'];

/** Guaranteed: every container limits cpu and memory and requests just that. Best effort: none says anything. */
export function qosClass(spec: Loose): string {
  const containers: Loose[] = [...(spec['containers'] ?? []), ...(spec['initContainers'] ?? [])];
  const says = ({ resources }: Loose) =>
    COMPUTE.some((name) => isPositive(resources?.requests?.[name]) || isPositive(resources?.limits?.[name]));
  // What a whole pod asks for counts in place of what its containers do.
  const asking = says(spec) ? [spec] : containers;
  if (!asking.some(says)) return 'BestEffort';
  return asking.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const isPositive = (text: string | undefined): boolean => text !== undefined && parseQuantity(text).unscaled > 0n;

function isGuaranteed({ resources }: Loose): boolean {
  return COMPUTE.every((name) => {
    const [limit, request] = [resources?.limits?.[name], resources?.requests?.[name]];
    if (!isPositive(limit)) return false;
    return request === undefined || compareQuantities(parseQuantity(request), parseQuantity(limit!)) === 0;
  });
}
