/** Validation of what a container or a whole pod asks for. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isQualifiedName } from './names.ts';
import { addQuantities, compareQuantities, parseQuantity, printQuantity, type Quantity } from './quantity.ts';

type NameCheck = (name: string, at: Findings) => void;

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
/** Of the others requests and limits are the same. */
const canOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
const CONTAINER_NAMES = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** What any list of resources may name without a domain. */
const STANDARD_NAMES = new Set([
  ...CONTAINER_NAMES,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const QUOTA_NAMES = new Set([...STANDARD_NAMES].filter((name) => name !== 'storage'));
const isQuotaHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name);

/** Answers whether the name can be looked at further. */
export function validateResourceName(name: string, at: Findings): boolean {
  const wrong = isQualifiedName(name);
  at.each(name, wrong);
  if (wrong.length > 0 || name.includes('/') || STANDARD_NAMES.has(name) || isQuotaHugePages(name))
    return wrong.length === 0;
  at.invalid(name, 'must be a standard resource type or fully qualified');
  return false;
}

export function validateContainerResourceName(name: string, at: Findings): void {
  validateResourceName(name, at);
  if (!name.includes('/')) {
    if (!CONTAINER_NAMES.has(name) && !isHugePages(name))
      at.invalid(name, 'must be a standard resource for containers');
  } else if (!isNative(name) && name.startsWith('requests.'))
    at.invalid(name, "doesn't follow extended resource name standard");
}

export function validateQuotaResourceName(name: string, at: Findings): void {
  validateResourceName(name, at);
  if (!name.includes('/') && !QUOTA_NAMES.has(name) && !isQuotaHugePages(name))
    at.invalid(name, 'must be a standard resource for quota');
}

const POD_NAMES = ['cpu', 'memory'];

function validatePodResourceName(name: string, at: Findings): void {
  if (validateResourceName(name, at) && !POD_NAMES.includes(name) && !isHugePages(name))
    at.notSupported(name, POD_NAMES);
}

/** Counts are whole. */
const isWhole = (name: string): boolean =>
  /^(pods|services|services\.(nodeports|loadbalancers)|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims)$/.test(
    name,
  ) || !isNative(name);

export function validateAmount(name: string, amount: string, at: Findings): Quantity {
  const quantity = parseQuantity(amount);
  if (quantity.unscaled < 0n) at.invalid(printQuantity(quantity), 'must be greater than or equal to 0');
  if (isWhole(name) && quantity.scale > 0 && quantity.unscaled % 10n ** BigInt(quantity.scale) !== 0n)
    at.invalid(printQuantity(quantity), 'must be an integer');
  return quantity;
}

export function validateResources(resources: Loose, claims: string[], at: Findings): void {
  validateLists(resources, validateContainerResourceName, at);
  validateClaimNames(resources['claims'], claims, at.at('claims'));
}

function validateLists({ limits = {}, requests = {} }: Loose, checkName: NameCheck, at: Findings): void {
  const bounds = new Map<string, Quantity>();
  for (const [name, amount] of Object.entries(limits as Record<string, string>)) {
    const own = at.at('limits').key(name);
    checkName(name, own);
    bounds.set(name, validateAmount(name, amount, own));
  }
  for (const [name, amount] of Object.entries(requests as Record<string, string>)) {
    const own = at.at('requests').key(name);
    checkName(name, own);
    const request = validateAmount(name, amount, own);
    const limit = bounds.get(name);
    if (limit) checkBound(name, request, limit, at.at('requests'));
    else if (!canOvercommit(name)) at.at('limits').required('Limit must be set for non overcommitable resources');
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory'))
    at.forbidden('HugePages require cpu or memory');
}

function checkBound(name: string, request: Quantity, limit: Quantity, at: Findings): void {
  const order = compareQuantities(request, limit);
  const least = canOvercommit(name) ? 'less than or equal to' : 'equal to';
  if (order > 0 || (order !== 0 && !canOvercommit(name)))
    at.invalid(printQuantity(request), `must be ${least} ${name} limit of ${printQuantity(limit)}`);
}

function validateClaimNames(claims: Loose[] | undefined, known: string[], at: Findings): void {
  const seen = new Set<string>();
  at.items(claims, ({ name, request }, own) => {
    if (!name) {
      own.required();
      return;
    }
    const key = request ? `${name}/${request}` : name;
    if (seen.has(key) || seen.has(name)) own.duplicate(seen.has(name) ? name : key);
    seen.add(key);
    if (known.includes(name)) return;
    const names = known.length === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    own.notFound(name, `must be one of the names in pod.spec.resourceClaims${names}`);
  });
}

/** A whole pod asks for as much as its containers do, and none of them may use more. */
export function validatePodResources(spec: Loose, at: Findings): void {
  const { resources } = spec;
  if (!resources) return;
  if (resources.claims) at.at('claims').forbidden('claims cannot be set for Resources at pod-level');
  validateLists(resources, validatePodResourceName, at);
  for (const [name, total] of totalRequests(spec)) {
    const asked = parseQuantity(resources.requests?.[name] ?? '0');
    if (compareQuantities(total, asked) > 0)
      at.at('requests')
        .key(name)
        .invalid(
          printQuantity(asked),
          `must be greater than or equal to aggregate container requests of ${printQuantity(total)}`,
        );
  }
  at.at('containers').items(spec['containers'] as Loose[], (container, own) => {
    for (const [name, amount] of Object.entries((container['resources']?.limits ?? {}) as Record<string, string>)) {
      const whole = resources.limits?.[name];
      if (whole !== undefined && compareQuantities(parseQuantity(amount), parseQuantity(whole)) > 0)
        own.key(name).at('limits').invalid(amount, `must be less than or equal to pod limits of ${whole}`);
    }
  });
}

function totalRequests({ containers, initContainers }: Loose): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  const sidecars = (initContainers ?? []).filter(({ restartPolicy }: Loose) => restartPolicy === 'Always');
  for (const { resources } of [...(containers ?? []), ...sidecars])
    for (const [name, amount] of Object.entries((resources?.requests ?? {}) as Record<string, string>)) {
      const sum = total.get(name);
      total.set(name, sum ? addQuantities(sum, parseQuantity(amount)) : parseQuantity(amount));
    }
  return total;
}
