/** HorizontalPodAutoscaler: sizes a workload by what its simulated pods use. */

import { equalJson } from '../api/json.ts';
import { type KubeObject, parseApiVersion } from '../api/object.ts';
import { parseQuantity, quantityNumber } from '../api/quantity.ts';
import { matchesLabels, parseLabelSelector } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import { podRequest, podUsage, type UsageResource } from '../client/pod-usage.ts';
import { HORIZONTAL_POD_AUTOSCALERS, PODS } from '../client/resources.ts';
import { type Condition, setCondition, timestamp } from './conditions.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { isReady } from './pods.ts';

export const horizontalPodAutoscalerController: ControllerDefinition = {
  name: 'horizontal-pod-autoscaler-controller',
  component: 'horizontal-pod-autoscaler',
  setUp,
};

const PERIOD = 15_000;
/** No change for a ratio this close to one. */
const TOLERANCE = 0.1;
const MAX_REMEMBERED = 1000;

interface Recommendation {
  at: number;
  replicas: number;
}

interface History {
  recommendations: Recommendation[];
  /** Changes of size, for the policies' periods. */
  changes: Recommendation[];
}

function setUp(context: ControllerContext): Reconcile {
  const autoscalers = context.informer(HORIZONTAL_POD_AUTOSCALERS);
  context.informer(PODS);
  const histories = new Map<string, History>();
  autoscalers.onChange(({ type, object }) => {
    if (type === 'deleted') histories.delete(object.metadata.uid!);
    else context.enqueue(keyOf(object));
  });
  return async (key) => {
    const autoscaler = autoscalers.byKey(key);
    if (!autoscaler || autoscaler.metadata.deletionTimestamp) return undefined;
    const { uid } = autoscaler.metadata;
    const history = histories.get(uid!) ?? { recommendations: [], changes: [] };
    histories.set(uid!, history);
    await sync(context, autoscaler, history);
    return PERIOD;
  };
}

async function sync(context: ControllerContext, autoscaler: KubeObject, history: History): Promise<void> {
  const { client, clock, recorder } = context;
  const now = clock.now();
  let conditions: Condition[] = autoscaler.status?.conditions ?? [];
  const set = (type: string, status: 'True' | 'False', reason: string, message: string) => {
    conditions = setCondition(conditions, { type, status, reason, message, lastTransitionTime: timestamp(now) });
  };
  const status = { ...autoscaler.status, observedGeneration: autoscaler.metadata.generation };
  const write = async () => {
    status.conditions = conditions;
    if (!equalJson(status, autoscaler.status))
      await client.update(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status }, { subresource: 'status' });
  };
  const target = await targetOf(context, autoscaler).catch((error: Error) => error);
  if (target instanceof Error) {
    const message = `the HPA controller was unable to get the target's current scale: ${target.message}`;
    recorder.event(autoscaler, 'Warning', 'FailedGetScale', target.message);
    set('AbleToScale', 'False', 'FailedGetScale', message);
    return write();
  }
  const { resource, scale } = target;
  const current: number = scale.spec.replicas ?? 0;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  set('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  status.currentReplicas = scale.status?.replicas ?? current;
  if (current === 0 && minReplicas !== 0) {
    set(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    );
    status.desiredReplicas = 0;
    return write();
  }
  const pods = podsOf(context, autoscaler, scale);
  const measured = measure(autoscaler, pods, current);
  status.currentMetrics = measured.metrics.length > 0 ? measured.metrics : undefined;
  let desired = current;
  let why = '';
  if (current > maxReplicas) [desired, why] = [maxReplicas, 'Current number of replicas above Spec.MaxReplicas'];
  else if (current < minReplicas) [desired, why] = [minReplicas, 'Current number of replicas below Spec.MinReplicas'];
  else if (measured.problem) {
    recorder.event(autoscaler, 'Warning', measured.problem.reason, measured.problem.message);
    set(
      'ScalingActive',
      'False',
      measured.problem.reason,
      `the HPA was unable to compute the replica count: ${measured.problem.message}`,
    );
    status.desiredReplicas = current;
    return write();
  } else {
    set(
      'ScalingActive',
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${measured.name}`,
    );
    const stable = stabilise(autoscaler, history, current, measured.replicas, now);
    if (stable !== measured.replicas)
      set(
        'AbleToScale',
        'True',
        measured.replicas < current ? 'ScaleDownStabilized' : 'ScaleUpStabilized',
        measured.replicas < current
          ? 'recent recommendations were higher than current one, applying the highest recent recommendation'
          : 'recent recommendations were lower than current one, applying the lowest recent recommendation',
      );
    else set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
    const [limited, reason, message] = limit(autoscaler, history, current, stable, now);
    set('ScalingLimited', reason === 'DesiredWithinRange' ? 'False' : 'True', reason, message);
    desired = limited;
    why = desired > current ? `${measured.name} above target` : 'All metrics below target';
  }
  status.desiredReplicas = desired;
  if (desired !== current) {
    const { name, namespace } = scale.metadata;
    await client.update(
      resource,
      { ...scale, metadata: { ...scale.metadata, name, namespace }, spec: { replicas: desired } },
      { subresource: 'scale' },
    );
    recorder.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${why}`);
    set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${desired}`,
    );
    status.lastScaleTime = timestamp(now);
    remember(history.changes, { at: now, replicas: desired - current });
  }
  await write();
}

async function targetOf({ client }: ControllerContext, { spec, metadata }: KubeObject) {
  const { apiVersion, kind, name } = spec.scaleTargetRef;
  const resource = await client.resourceFor({ ...parseApiVersion(apiVersion ?? 'v1'), kind });
  if (!resource)
    throw new Error(`no matches for kind "${kind}" in group "${parseApiVersion(apiVersion ?? 'v1').group}"`);
  const scale = await client.get<KubeObject>(resource, name, metadata.namespace, { subresource: 'scale' });
  return { resource, scale };
}

function podsOf(context: ControllerContext, { metadata }: KubeObject, scale: KubeObject): KubeObject[] {
  const selector = parseLabelSelector(scale.status?.selector ?? '');
  if (selector.requirements.length === 0) return [];
  return context
    .informer(PODS)
    .list(metadata.namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && !pod.metadata.deletionTimestamp)
    .filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded');
}

interface Measured {
  replicas: number;
  name: string;
  metrics: unknown[];
  problem?: Problem;
}

interface Problem {
  reason: string;
  message: string;
}

/** The largest size that any metric asks for. */
function measure(autoscaler: KubeObject, pods: KubeObject[], current: number): Measured {
  const metrics: KubeObject[] = autoscaler.spec.metrics ?? [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ];
  const measured: Measured = { replicas: 0, name: '', metrics: [] };
  for (const metric of metrics) {
    const found = measureOne(metric, pods, current);
    if ('reason' in found) measured.problem ??= found;
    else {
      measured.metrics.push(found.metric);
      if (found.replicas > measured.replicas) Object.assign(measured, { replicas: found.replicas, name: found.name });
    }
  }
  if (measured.metrics.length > 0) delete measured.problem;
  return measured;
}

function measureOne(
  { type, resource }: KubeObject,
  pods: KubeObject[],
  current: number,
): Problem | { replicas: number; name: string; metric: unknown } {
  if (type !== 'Resource' || (resource.name !== 'cpu' && resource.name !== 'memory'))
    return {
      reason: 'InvalidMetricSourceType',
      message: `invalid metrics (1 invalid out of 1), first error is: metrics of type ${type} are not simulated`,
    };
  const name: UsageResource = resource.name;
  const ready = pods.filter(isReady);
  if (ready.length === 0) return noMetrics(name, 'no metrics returned from resource metrics API');
  const average = ready.reduce((sum, pod) => sum + podUsage(pod, name), 0) / ready.length;
  const averageValue = name === 'cpu' ? `${Math.round(average * 1000)}m` : String(Math.round(average));
  const { target } = resource;
  if (target.averageUtilization === undefined) {
    const ratio = average / quantityNumber(parseQuantity(target.averageValue));
    const metric = { type, resource: { name, current: { averageValue } } };
    return { replicas: sized(ratio, ready.length, current), name: `${name} resource`, metric };
  }
  const requests = ready.map((pod) => podRequest(pod, name));
  const missing = requests.indexOf(undefined);
  if (missing >= 0) {
    const pod = ready[missing]!;
    return noMetrics(
      name,
      `missing request for ${name} in container ${pod.spec.containers[0].name} of Pod ${pod.metadata.name}`,
    );
  }
  const averageUtilization = Math.floor((100 * average * ready.length) / requests.reduce((a: number, b) => a + b!, 0));
  const metric = { type, resource: { name, current: { averageUtilization, averageValue } } };
  return {
    replicas: sized(averageUtilization / target.averageUtilization, ready.length, current),
    name: `${name} resource utilization (percentage of request)`,
    metric,
  };
}

const noMetrics = (name: string, why: string) => ({
  reason: 'FailedGetResourceMetric',
  message: `failed to get ${name} utilization: ${why}`,
});

const sized = (ratio: number, ready: number, current: number): number =>
  Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(Number((ratio * ready).toFixed(6)));

/** Down only when nothing more was asked for within the window; up only when nothing less was. */
function stabilise({ spec }: KubeObject, history: History, current: number, replicas: number, now: number): number {
  const down = (spec.behavior?.scaleDown?.stabilizationWindowSeconds ?? 300) * 1000;
  const up = (spec.behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
  remember(history.recommendations, { at: now, replicas });
  const within = (ms: number) => history.recommendations.filter(({ at }) => at > now - ms || at === now);
  const lowest = Math.min(replicas, ...within(up).map((each) => each.replicas));
  const highest = Math.max(replicas, ...within(down).map((each) => each.replicas));
  return Math.max(
    Math.min(current, highest),
    Math.min(Math.max(current, lowest), replicas),
    current < lowest ? lowest : 0,
  );
}

interface Policy {
  type: 'Pods' | 'Percent';
  value: number;
  periodSeconds: number;
}

const UP: Policy[] = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN: Policy[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

/** Keeps the size within the bounds and the change within the policies. */
function limit(
  { spec }: KubeObject,
  { changes }: History,
  current: number,
  wanted: number,
  now: number,
): [replicas: number, reason: string, message: string] {
  const { minReplicas = 1, maxReplicas, behavior = {} } = spec;
  const up = wanted > current;
  const { policies = up ? UP : DOWN, selectPolicy = 'Max' } = (up ? behavior.scaleUp : behavior.scaleDown) ?? {};
  const allowed = (policies as Policy[]).map(({ type, value, periodSeconds }) => {
    const recent = changes.filter(({ at, replicas }) => at > now - periodSeconds * 1000 && replicas > 0 === up);
    const base = current - recent.reduce((sum, { replicas }) => sum + replicas, 0);
    if (type === 'Pods') return up ? base + value : base - value;
    return up ? Math.ceil(base * (1 + value / 100)) : Math.floor(base * (1 - value / 100));
  });
  const largest = up === (selectPolicy === 'Max') ? Math.max(...allowed) : Math.min(...allowed);
  const bound = selectPolicy === 'Disabled' ? current : largest;
  if (up && wanted > bound && bound < maxReplicas)
    return [
      Math.max(current, bound),
      'ScaleUpLimit',
      'the desired replica count is increasing faster than the maximum scale rate',
    ];
  if (wanted < current && wanted < bound && bound > minReplicas)
    return [
      Math.min(current, bound),
      'ScaleDownLimit',
      'the desired replica count is decreasing faster than the maximum scale rate',
    ];
  if (wanted > maxReplicas)
    return [maxReplicas, 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'];
  if (wanted < minReplicas)
    return [minReplicas, 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'];
  return [wanted, 'DesiredWithinRange', 'the desired count is within the acceptable range'];
}

function remember(list: Recommendation[], entry: Recommendation): void {
  list.push(entry);
  if (list.length > MAX_REMEMBERED) list.shift();
}
