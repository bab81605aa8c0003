/** LimitRanger: a namespace's defaults and bounds for what one container, pod or claim may ask for. */
import type { KubeObject } from '../../api/object.ts';
import { type Container, type PodSpec, podResources, type Resources, resourcesOf } from '../../api/pod-resources.ts';
import { compareQuantities, parseQuantity, printQuantity, type Quantity, quantityNumber } from '../../api/quantity.ts';
import { forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';

interface LimitRangeItem {
  type: string;
  min?: Record<string, string>;
  max?: Record<string, string>;
  default?: Record<string, string>;
  defaultRequest?: Record<string, string>;
  maxLimitRequestRatio?: Record<string, string>;
}

function limitsOf({ api, target }: Call): LimitRangeItem[] {
  const ranges = api.objects.all(api.types.find('', 'v1', 'limitranges')!, target.namespace);
  return ranges.flatMap((range: KubeObject) => (range['spec']?.limits ?? []) as LimitRangeItem[]);
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Gives containers what they do not say themselves, and notes it on the pod. */
export function setDefaultLimits(pod: Draft, call: Call): void {
  const spec = pod['spec'] as PodSpec;
  const notes: string[] = [];
  for (const item of limitsOf(call).filter(({ type }) => type === 'Container')) {
    for (const container of spec.containers ?? []) notes.push(...fill(container, item, 'container'));
    for (const container of spec.initContainers ?? []) notes.push(...fill(container, item, 'init container'));
  }
  if (notes.length === 0) return;
  const note = `LimitRanger plugin set: ${notes.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: note };
}

function fill(container: Container, item: LimitRangeItem, what: string): string[] {
  const notes: string[] = [];
  const filled = { ...container.resources };
  for (const [kind, word, defaults] of [
    ['requests', 'request', item.defaultRequest],
    ['limits', 'limit', item.default],
  ] as const) {
    const missing = Object.keys(defaults ?? {}).filter((name) => filled[kind]?.[name] === undefined);
    if (missing.length === 0) continue;
    filled[kind] = { ...filled[kind], ...Object.fromEntries(missing.map((name) => [name, defaults![name]!])) };
    notes.push(`${missing.sort().join(', ')} ${word} for ${what} ${container.name}`);
  }
  container.resources = filled;
  return notes;
}

/** Refuses what lies outside the bounds, with every bound it breaks. */
export function checkLimits(object: Draft, call: Call): void {
  const problems = limitsOf(call).flatMap((item) => problemsOf(object, item));
  if (problems.length === 0) return;
  const why = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
  throw forbidden(call.type, object.metadata.name, why);
}

function problemsOf(object: Draft, item: LimitRangeItem): string[] {
  if (object.kind === 'PersistentVolumeClaim') {
    const own = { name: '', resources: object['spec']?.resources };
    return item.type === object.kind ? claimProblems(item, resourcesOf(own, 'requests')) : [];
  }
  const spec = object['spec'] as PodSpec;
  if (item.type === 'Pod') return boundProblems(item, podResources(spec, 'requests'), podResources(spec, 'limits'));
  if (item.type !== 'Container') return [];
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return containers.flatMap((container) =>
    boundProblems(item, resourcesOf(container, 'requests'), resourcesOf(container, 'limits')),
  );
}

const bounds = (list: Record<string, string> | undefined): [name: string, text: string, quantity: Quantity][] =>
  Object.entries(list ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => [name, text, parseQuantity(text)]);

const less = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) < 0;

function boundProblems(item: LimitRangeItem, requests: Resources, limits: Resources): string[] {
  const problems: string[] = [];
  for (const [name, text, bound] of bounds(item.min)) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const start = `minimum ${name} usage per ${item.type} is ${text}`;
    if (request === undefined) problems.push(`${start}.  No request is specified`);
    else if (less(request, bound)) problems.push(`${start}, but request is ${printQuantity(request)}`);
    if (limit !== undefined && less(limit, bound)) problems.push(`${start}, but limit is ${printQuantity(limit)}`);
  }
  for (const [name, text, bound] of bounds(item.max)) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const start = `maximum ${name} usage per ${item.type} is ${text}`;
    if (limit === undefined) problems.push(`${start}.  No limit is specified`);
    else if (less(bound, limit)) problems.push(`${start}, but limit is ${printQuantity(limit)}`);
    if (request !== undefined && less(bound, request))
      problems.push(`${start}, but request is ${printQuantity(request)}`);
  }
  for (const [name, text, bound] of bounds(item.maxLimitRequestRatio))
    problems.push(
      ...ratioProblems(
        `${name} max limit to request ratio per ${item.type} is ${text}`,
        bound,
        requests.get(name),
        limits.get(name),
      ),
    );
  return problems;
}

function ratioProblems(start: string, bound: Quantity, request: Quantity | undefined, limit: Quantity | undefined) {
  if (request === undefined || request.unscaled === 0n)
    return [`${start}, but no request is specified or request is 0`];
  if (limit === undefined || limit.unscaled === 0n) return [`${start}, but no limit is specified or limit is 0`];
  const ratio = quantityNumber(limit) / quantityNumber(request);
  return ratio > quantityNumber(bound) ? [`${start}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}

function claimProblems(item: LimitRangeItem, requests: Resources): string[] {
  const problems: string[] = [];
  for (const [word, list, breaks] of [
    ['minimum', item.min, less],
    ['maximum', item.max, (request: Quantity, bound: Quantity) => less(bound, request)],
  ] as const)
    for (const [name, text, bound] of bounds(list)) {
      const start = `${word} ${name} usage per ${item.type} is ${text}`;
      const request = requests.get(name);
      if (request === undefined) problems.push(`${start}.  No request is specified`);
      else if (breaks(request, bound)) problems.push(`${start}, but request is ${printQuantity(request)}`);
    }
  return problems;
}
