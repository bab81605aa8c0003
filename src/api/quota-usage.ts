/** What one object counts for in a resource quota, and whether a quota's scopes cover it. */
import type { GroupVersionResource, KubeObject } from './object.ts';
import { type PodSpec, podResources, type Resources } from './pod-resources.ts';
import { isTerminal } from './pods.ts';
import { parseQuantity } from './quantity.ts';

const ONE = parseQuantity('1');

const COUNTED = new Set([
  'pods',
  'services',
  'secrets',
  'configmaps',
  'resourcequotas',
  'persistentvolumeclaims',
  'replicationcontrollers',
]);

/** By the names that stand in a quota's `hard`. */
export function usageOf({ group, resource }: GroupVersionResource, object: KubeObject): Resources {
  const usage: Resources = new Map();
  usage.set(group === '' ? `count/${resource}` : `count/${resource}.${group}`, ONE);
  if (group !== '') return usage;
  if (resource === 'pods') addPod(usage, object);
  else if (COUNTED.has(resource)) usage.set(resource, ONE);
  if (resource === 'services') addService(usage, object);
  if (resource === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

/** A pod that is over counts as an object and for nothing else. */
function addPod(usage: Resources, pod: KubeObject): void {
  if (isTerminal(pod)) return;
  usage.set('pods', ONE);
  for (const kind of ['requests', 'limits'] as const)
    for (const [name, quantity] of podResources(pod['spec'] as PodSpec, kind)) {
      usage.set(`${kind}.${name}`, quantity);
      if (kind === 'requests' && UNQUALIFIED.has(name)) usage.set(name, quantity);
    }
}

const UNQUALIFIED = new Set(['cpu', 'memory', 'ephemeral-storage']);

function addService(usage: Resources, { spec }: KubeObject): void {
  if (spec?.type === 'LoadBalancer') usage.set('services.loadbalancers', ONE);
  if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') return;
  const ports = (spec.ports ?? []).filter((port: { nodePort?: number }) => spec.type === 'NodePort' || port.nodePort);
  usage.set('services.nodeports', parseQuantity(String(ports.length)));
}

function addClaim(usage: Resources, { spec }: KubeObject): void {
  const text = spec?.resources?.requests?.storage;
  const storage = text === undefined ? undefined : parseQuantity(text);
  if (storage !== undefined) usage.set('requests.storage', storage);
  if (!spec?.storageClassName) return;
  const prefix = `${spec.storageClassName}.storageclass.storage.k8s.io/`;
  usage.set(`${prefix}persistentvolumeclaims`, ONE);
  if (storage !== undefined) usage.set(`${prefix}requests.storage`, storage);
}

interface Scope {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** Scopes speak of pods alone; a quota that has any covers nothing else. */
export function coversObject(
  quota: KubeObject,
  { group, resource }: GroupVersionResource,
  object: KubeObject,
): boolean {
  const { scopes = [], scopeSelector } = quota['spec'] ?? {};
  const all: Scope[] = [
    ...scopes.map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
  if (all.length === 0) return true;
  return group === '' && resource === 'pods' && all.every((scope) => inScope(object, scope));
}

function inScope({ spec }: KubeObject, { scopeName, operator, values = [] }: Scope): boolean {
  const terminating = spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
  switch (scopeName) {
    case 'Terminating':
      return terminating;
    case 'NotTerminating':
      return !terminating;
    case 'BestEffort':
      return isBestEffort(spec);
    case 'NotBestEffort':
      return !isBestEffort(spec);
    case 'PriorityClass':
      return matchesExpression(spec.priorityClassName, operator, values);
    default:
      return false;
  }
}

export const isBestEffort = ({ containers, initContainers }: PodSpec): boolean =>
  [...(containers ?? []), ...(initContainers ?? [])].every(
    ({ resources }) => !COMPUTE.some((name) => resources?.requests?.[name] ?? resources?.limits?.[name]),
  );

const COMPUTE = ['cpu', 'memory'];

function matchesExpression(value: string | undefined, operator: string, values: string[]): boolean {
  if (operator === 'Exists') return Boolean(value);
  if (operator === 'DoesNotExist') return !value;
  const isIn = value !== undefined && values.includes(value);
  return operator === 'In' ? isIn : !isIn;
}
