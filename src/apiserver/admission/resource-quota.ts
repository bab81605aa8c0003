/** ResourceQuota: what a namespace holds together may not exceed what its quotas grant. */
import type { KubeObject } from '../../api/object.ts';
import type { Container, PodSpec, Resources } from '../../api/pod-resources.ts';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  printQuantity,
  subtractQuantities,
  ZERO,
} from '../../api/quantity.ts';
import { coversObject, isBestEffort, usageOf } from '../../api/quota-usage.ts';
import { forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';

/** Usage is counted from the objects themselves, so that a deletion frees its share at once. */
export function checkQuota(draft: Draft, call: Call, current: KubeObject | undefined): void {
  const { api, type, target } = call;
  const quotas = api.objects.all(api.types.find('', 'v1', 'resourcequotas')!, target.namespace);
  if (quotas.length === 0) return;
  const requested = growth(usageOf(type, draft), current && usageOf(type, current));
  for (const quota of quotas)
    if (coversObject(quota, type, draft)) {
      if (current === undefined && draft.kind === 'Pod') checkSpecified(quota, draft, call);
      checkOne(quota, requested, draft, call, current);
    }
}

function growth(after: Resources, before: Resources | undefined): Resources {
  const grown: Resources = new Map();
  for (const [name, quantity] of after) {
    const delta = subtractQuantities(quantity, before?.get(name) ?? ZERO);
    if (delta.unscaled > 0n) grown.set(name, delta);
  }
  return grown;
}

function checkOne(
  quota: KubeObject,
  requested: Resources,
  draft: Draft,
  call: Call,
  current: KubeObject | undefined,
): void {
  const hard: Record<string, string> = quota['spec']?.hard ?? {};
  const wanted = Object.keys(hard).filter((name) => requested.has(name));
  if (wanted.length === 0) return;
  const used = usedBy(quota, call, current);
  const exceeded = wanted
    .filter((name) => {
      const total = addQuantities(requested.get(name)!, used.get(name) ?? ZERO);
      return compareQuantities(total, parseQuantity(hard[name]!)) > 0;
    })
    .sort();
  if (exceeded.length === 0) return;
  const list = (value: (name: string) => string) => exceeded.map((name) => `${name}=${value(name)}`).join(',');
  throw forbidden(
    call.type,
    draft.metadata.name,
    `exceeded quota: ${quota.metadata.name}, requested: ${list((name) => printQuantity(requested.get(name)!))}, ` +
      `used: ${list((name) => printQuantity(used.get(name) ?? ZERO))}, limited: ${list((name) => hard[name]!)}`,
  );
}

/** With `current`, which still counts while its replacement is judged. */
function usedBy(quota: KubeObject, { api, type, target }: Call, current: KubeObject | undefined): Resources {
  const used: Resources = new Map();
  const counted = api.objects.all(type, target.namespace).filter((object) => coversObject(quota, type, object));
  for (const object of current === undefined || counted.includes(current) ? counted : [...counted, current])
    for (const [name, quantity] of usageOf(type, object))
      used.set(name, addQuantities(used.get(name) ?? ZERO, quantity));
  return used;
}

const COMPUTE = /^(?:(requests|limits)\.)?(cpu|memory)$/;

/** A quota on compute resources wants every container to say what it takes. */
function checkSpecified(quota: KubeObject, pod: Draft, call: Call): void {
  const spec = pod['spec'] as PodSpec;
  if (isScopedToBestEffort(quota) && isBestEffort(spec)) return;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const missing = Object.keys(quota['spec']?.hard ?? {})
    .sort()
    .map((name) => [name, containers.filter((container) => lacks(container, name)).map((c) => c.name)] as const)
    .filter(([, names]) => names.length > 0)
    .map(([name, names]) => `${name} for: ${[...new Set(names)].sort().join(',')}`);
  if (missing.length > 0)
    throw forbidden(
      call.type,
      pod.metadata.name,
      `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`,
    );
}

const isScopedToBestEffort = ({ spec }: KubeObject): boolean => (spec?.scopes ?? []).includes('BestEffort');

function lacks({ resources }: Container, name: string): boolean {
  const match = COMPUTE.exec(name);
  if (match === null) return false;
  const kind = (match[1] ?? 'requests') as 'requests' | 'limits';
  return resources?.[kind]?.[match[2]!] === undefined;
}
