/**
 * What an autoscaler measures, of simulated pods and of what is declared. Usage of CPU and memory is that of
 * `kubectl top` (client/pod-usage.ts); every other metric is an annotation, with any characters of its name that
 * annotations do not have written as `_`:
 *
 * | metric   | told by `portolan.dev/metric.<name>` of |
 * | -------- | --------------------------------------- |
 * | Pods     | each pod                                |
 * | Object   | the object                              |
 * | External | the autoscaler's namespace              |
 *
 * Selectors of metrics are not looked at: a name has one value.
 */
import { findCondition } from '../api/conditions.ts';
import { declaredMetric } from '../api/declared-metric.ts';
import { type KubeObject, parseApiVersion } from '../api/object.ts';
import { isReady } from '../api/pods.ts';
import { parseQuantity, printQuantity, quantityMillis } from '../api/quantity.ts';
import { containerUsage, type UsageResource } from '../client/pod-usage.ts';
import { NAMESPACES } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import {
  byAverage,
  byUtilization,
  type PodSample,
  replicasForPods,
  replicasForShare,
  replicasForValue,
  type Tolerances,
} from './replica-calculator.ts';

export interface Target {
  client: Client;
  autoscaler: KubeObject;
  /** Those that the target selects and that have not ended. */
  pods: KubeObject[];
  /** As the target's scale says: how many are wanted, and how many there are. */
  current: number;
  actual: number;
  now: number;
}

export interface Measured {
  replicas: number;
  /** For events and conditions: `cpu resource utilization (percentage of request)`. */
  name: string;
  /** For `status.currentMetrics`. */
  status: object;
}

/** A metric that cannot be had: `message` is for its event, `detail` for the list of what failed. */
export class MetricError extends Error {
  readonly reason: string;
  readonly detail: string;
  constructor(reason: string, message: string, detail: string) {
    super(message);
    this.name = 'MetricError';
    this.reason = reason;
    this.detail = detail;
  }
}

type Spec = KubeObject;

/** Throws a MetricError in Kubernetes' words. */
export async function measureMetric(metric: Spec, target: Target): Promise<Measured> {
  const source = Object.hasOwn(SOURCES, String(metric['type'])) ? SOURCES[String(metric['type'])]! : undefined;
  if (!source) {
    const message = `unknown metric source type ${JSON.stringify(metric['type'])}`;
    throw new MetricError('InvalidMetricSourceType', message, message);
  }
  const spec = metric[source.field] as Spec;
  try {
    return await source.measure(spec, target);
  } catch (error) {
    const { message } = error as Error;
    throw new MetricError(source.reason, message, `${source.label(spec)}: ${message}`);
  }
}

interface Source {
  field: string;
  reason: string;
  label(spec: Spec): string;
  measure(spec: Spec, target: Target): Measured | Promise<Measured>;
}

const SOURCES: Record<string, Source> = {
  Resource: {
    field: 'resource',
    reason: 'FailedGetResourceMetric',
    label: ({ name }) => `failed to get ${name} resource metric value`,
    measure: (spec, target) => {
      const { name } = spec;
      const { current, ...rest } = measureResource(spec, target);
      return { ...rest, status: { type: 'Resource', resource: { name, current } } };
    },
  },
  ContainerResource: {
    field: 'containerResource',
    reason: 'FailedGetContainerResourceMetric',
    label: ({ container }) => `failed to get ${container} container metric value`,
    measure: (spec, target) => {
      const { name, container } = spec;
      const { current, ...rest } = measureResource(spec, target, String(container));
      return { ...rest, status: { type: 'ContainerResource', containerResource: { container, name, current } } };
    },
  },
  Pods: {
    field: 'pods',
    reason: 'FailedGetPodsMetric',
    label: () => 'failed to get pods metric value',
    measure: measurePods,
  },
  Object: {
    field: 'object',
    reason: 'FailedGetObjectMetric',
    label: () => 'failed to get object metric value',
    measure: measureObject,
  },
  External: {
    field: 'external',
    reason: 'FailedGetExternalMetric',
    label: ({ metric }) => `failed to get ${metric.name} external metric value`,
    measure: measureExternal,
  },
};

function measureResource(spec: Spec, target: Target, container?: string) {
  const resource = String(spec['name']) as UsageResource;
  const { averageUtilization, averageValue } = spec['target'];
  const what = `failed to get ${resource} ${averageValue === undefined ? 'utilization' : 'usage'}`;
  try {
    if (averageValue !== undefined) {
      const samples = resourceSamples(target, resource, container, () => millis(averageValue));
      const { replicas, average } = sized(samples, byAverage(millis(averageValue)), target);
      return { replicas, name: `${resource} resource`, current: { averageValue: print(average) } };
    }
    const samples = resourceSamples(target, resource, container, (pod) => requestOf(pod, resource, container));
    const { replicas, average, utilization } = sized(samples, byUtilization(averageUtilization), target);
    return {
      replicas,
      name: `${resource} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`,
      current: { averageUtilization: utilization, averageValue: print(average) },
    };
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`);
  }
}

const sized = (samples: PodSample[], measure: Parameters<typeof replicasForPods>[1], target: Target) =>
  replicasForPods(samples, measure, target.current, tolerancesOf(target.autoscaler));

function resourceSamples(
  { pods, now }: Target,
  resource: UsageResource,
  container: string | undefined,
  fullOf: (pod: KubeObject) => number,
): PodSample[] {
  const failed = `unable to get metrics for resource ${resource}`;
  const running = pods.filter(({ status }) => status?.phase === 'Running');
  if (running.length === 0) throw new Error(`${failed}: no metrics returned from resource metrics API`);
  for (const pod of running)
    if (container !== undefined && containersOf(pod, container).length === 0) {
      const { name, namespace } = pod.metadata;
      throw new Error(
        `${failed}: failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${name}`,
      );
    }
  return pods.map((pod) => ({
    state: isIgnored(pod, resource, now) ? 'ignored' : 'measured',
    value: containersOf(pod, container).reduce((all, each) => all + usageOf(pod, each, resource), 0),
    full: fullOf(pod),
  }));
}

interface Container {
  name: string;
  resources?: { requests?: Record<string, string> };
}

const containersOf = ({ spec }: KubeObject, name: string | undefined): Container[] =>
  (spec.containers ?? []).filter((container: Container) => name === undefined || container.name === name);

const usageOf = (pod: KubeObject, container: Container, resource: UsageResource): number =>
  Math.round(containerUsage(pod, container, resource) * 1000);

function requestOf(pod: KubeObject, resource: string, container: string | undefined): number {
  return containersOf(pod, container).reduce((total, { name, resources }) => {
    const request = resources?.requests?.[resource];
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
    return total + millis(request);
  }, 0);
}

/** A pod that starts uses more CPU than it will: until it was ready once, what it uses says nothing. */
const INITIALIZATION = 5 * 60_000;
const INITIAL_READINESS = 30_000;

function isIgnored(pod: KubeObject, resource: string, now: number): boolean {
  if (pod.status?.phase === 'Pending') return true;
  if (resource !== 'cpu' || isReady(pod)) return false;
  const ready = findCondition(pod.status?.conditions, 'Ready');
  const started = Date.parse(pod.status?.startTime ?? '');
  if (!ready || Number.isNaN(started)) return true;
  return started + INITIALIZATION > now || started + INITIAL_READINESS > Date.parse(ready.lastTransitionTime ?? '');
}

function measurePods({ metric, target: { averageValue } }: Spec, target: Target): Measured {
  const { name, selector } = metric;
  const goal = millis(averageValue);
  const samples = target.pods.map((pod): PodSample => {
    if (pod.status?.phase === 'Pending') return { state: 'ignored', value: 0, full: goal };
    const value = declared(pod, name);
    return { state: value === undefined ? 'missing' : 'measured', value: value ?? 0, full: goal };
  });
  if (samples.every(({ state }) => state !== 'measured'))
    throw new Error(
      `unable to get metric ${name}: unable to fetch metrics from custom metrics API: the server could not find the metric ${name} for pods`,
    );
  const { replicas, average } = sized(samples, byAverage(goal), target);
  const status = {
    type: 'Pods',
    pods: { metric: identifier(name, selector), current: { averageValue: print(average) } },
  };
  return { replicas, name: `pods metric ${name}`, status };
}

async function measureObject({ metric, describedObject, target: goal }: Spec, target: Target): Promise<Measured> {
  const { name, selector } = metric;
  const tolerances = tolerancesOf(target.autoscaler);
  const id = identifier(name, selector);
  const value = await objectValue(describedObject, name, target);
  if (goal.value !== undefined) {
    const replicas = replicasForValue(value / millis(goal.value), readyOf(target), target.current, tolerances);
    const status = { type: 'Object', object: { current: { value: print(value) }, describedObject, metric: id } };
    return { replicas, name: `${describedObject.kind} metric ${name}`, status };
  }
  if (goal.averageValue === undefined)
    throw new Error('invalid object metric source: neither a value target nor an average value target was set');
  const replicas = replicasForShare(value, millis(goal.averageValue), target.actual, tolerances);
  const averageValue = print(Math.ceil(value / Math.max(1, target.actual)));
  const status = { type: 'Object', object: { current: { averageValue }, describedObject, metric: id } };
  return { replicas, name: `external metric ${name}(${printSelector(selector)})`, status };
}

async function objectValue(described: Spec, metric: string, { client, autoscaler }: Target): Promise<number> {
  const { apiVersion, kind, name } = described as unknown as { apiVersion?: string; kind: string; name: string };
  const { namespace = '' } = autoscaler.metadata;
  try {
    const resource = await client.resourceFor({ ...parseApiVersion(apiVersion ?? 'v1'), kind });
    if (!resource) throw new Error(`no matches for kind "${kind}" in version "${apiVersion ?? 'v1'}"`);
    const object = await client.get<KubeObject>(resource, kind === 'Namespace' ? namespace : name, namespace);
    const value = declared(object, metric);
    if (value !== undefined) return value;
    const plural = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
    throw new Error(`the server could not find the metric ${metric} for ${plural} ${name}`);
  } catch (error) {
    const why = `unable to fetch metrics from custom metrics API: ${(error as Error).message}`;
    throw new Error(`unable to get metric ${metric}: ${kind} on ${namespace} ${name}/${why}`);
  }
}

async function measureExternal({ metric, target: goal }: Spec, target: Target): Promise<Measured> {
  const { name, selector } = metric;
  const { namespace } = target.autoscaler.metadata;
  const value = declared(await target.client.get<KubeObject>(NAMESPACES, namespace!), name);
  if (value === undefined)
    throw new Error(
      `unable to get external metric ${namespace}/${name}/${printSelector(selector)}: no metrics returned from external metrics API`,
    );
  const tolerances = tolerancesOf(target.autoscaler);
  const shared = goal.averageValue !== undefined;
  const replicas = shared
    ? replicasForShare(value, millis(goal.averageValue), target.actual, tolerances)
    : replicasForValue(value / millis(goal.value), readyOf(target), target.current, tolerances);
  const current = shared
    ? { averageValue: print(Math.ceil(value / Math.max(1, target.actual))) }
    : { value: print(value) };
  const status = { type: 'External', external: { current, metric: identifier(name, selector) } };
  return { replicas, name: `external metric ${name}(${printSelector(selector)})`, status };
}

const readyOf = ({ pods }: Target): number => pods.filter(isReady).length;

/** No change for a ratio this close to one, unless the behaviour says otherwise. */
const TOLERANCE = 0.1;

function tolerancesOf({ spec }: KubeObject): Tolerances {
  const of = (rules: { tolerance?: string } | undefined) =>
    rules?.tolerance === undefined ? TOLERANCE : millis(rules.tolerance) / 1000;
  return { up: of(spec.behavior?.scaleUp), down: of(spec.behavior?.scaleDown) };
}

function declared(object: KubeObject, metric: string): number | undefined {
  const quantity = declaredMetric(object, metric);
  return quantity && Number(quantityMillis(quantity));
}

const millis = (quantity: string): number => Number(quantityMillis(parseQuantity(quantity)));
const print = (value: number): string =>
  printQuantity({ unscaled: BigInt(Math.trunc(value)), scale: 3, format: 'DecimalSI' });

const identifier = (name: string, selector: unknown) => ({ name, ...(selector !== undefined && { selector }) });

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** As Go prints a pointer to one. */
function printSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const rows = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${rows.join('')}},}`;
}
