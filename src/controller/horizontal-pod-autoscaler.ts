/** HorizontalPodAutoscaler: sizes a workload by what its simulated pods use, and by metrics that are declared. */
import { type Condition, setCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type GroupVersionResource, type KubeObject, parseApiVersion, timestamp } from '../api/object.ts';
import { isActive } from '../api/pods.ts';
import { matchesLabels, parseLabelSelector } from '../api/selectors.ts';
import { keyOf } from '../client/informer.ts';
import { HORIZONTAL_POD_AUTOSCALERS, PODS } from '../client/resources.ts';
import { type History, limitReplicas, newHistory, recordChange } from './autoscaler-limits.ts';
import { type Measured, MetricError, measureMetric, type Target } from './autoscaler-metrics.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';

export const horizontalPodAutoscalerController: ControllerDefinition = {
  name: 'horizontal-pod-autoscaler-controller',
  component: 'horizontal-pod-autoscaler',
  setUp,
};

const PERIOD = 15_000;

function setUp(context: ControllerContext): Reconcile {
  const autoscalers = context.informer(HORIZONTAL_POD_AUTOSCALERS);
  context.informer(PODS);
  const histories = new Map<string, History>();
  autoscalers.onChange(({ type, object, previous }) => {
    if (type === 'deleted') histories.delete(object.metadata.uid!);
    // A status that was just written is no reason to measure again before the period is over.
    else if (!previous || !equalJson(previous.spec, object.spec)) context.enqueue(keyOf(object));
  });
  return async (key) => {
    const autoscaler = autoscalers.byKey(key);
    if (!autoscaler || autoscaler.metadata.deletionTimestamp) return undefined;
    await sync(context, autoscaler, histories);
    return PERIOD;
  };
}

const GOT_SCALE = ['SucceededGetScale', "the HPA controller was able to get the target's current scale"] as const;
const DISABLED = ['ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'] as const;

async function sync(
  context: ControllerContext,
  autoscaler: KubeObject,
  histories: Map<string, History>,
): Promise<void> {
  const report = new Report(context, autoscaler);
  const found = await targetOf(context, autoscaler).catch((error: Error) => error);
  if (found instanceof Error) {
    report.warn('FailedGetScale', found.message);
    const message = `the HPA controller was unable to get the target's current scale: ${found.message}`;
    report.set('AbleToScale', 'False', 'FailedGetScale', message);
    return report.write();
  }
  report.set('AbleToScale', 'True', ...GOT_SCALE);
  const { target } = found;
  report.status.currentReplicas = target.current;
  const { uid = '' } = autoscaler.metadata;
  const history = histories.get(uid) ?? newHistory(target.current, target.now);
  histories.set(uid, history);
  const decision = await decide(report, target, history);
  if (decision) await apply(report, found, decision, history);
  return report.write();
}

/** What an autoscaler's status is to say, gathered and written once. */
class Report {
  readonly status: KubeObject['status'];
  readonly #context: ControllerContext;
  readonly #autoscaler: KubeObject;

  constructor(context: ControllerContext, autoscaler: KubeObject) {
    this.#context = context;
    this.#autoscaler = autoscaler;
    this.status = { ...autoscaler.status, observedGeneration: autoscaler.metadata.generation };
  }

  set(type: string, status: Condition['status'], reason: string, message: string): void {
    const lastTransitionTime = timestamp(this.#context.clock.now());
    this.status.conditions = setCondition(this.status.conditions, {
      type,
      status,
      reason,
      message,
      lastTransitionTime,
    });
  }

  tell(reason: string, message: string): void {
    this.#context.recorder.event(this.#autoscaler, 'Normal', reason, message);
  }

  warn(reason: string, message: string): void {
    this.#context.recorder.event(this.#autoscaler, 'Warning', reason, message);
  }

  async write(): Promise<void> {
    if (equalJson(this.status, this.#autoscaler.status)) return;
    const object = { ...this.#autoscaler, status: this.status };
    await this.#context.client.update(HORIZONTAL_POD_AUTOSCALERS, object, { subresource: 'status' });
  }
}

interface Found {
  client: ControllerContext['client'];
  resource: GroupVersionResource;
  scale: KubeObject;
  target: Target;
}

async function targetOf(context: ControllerContext, autoscaler: KubeObject): Promise<Found> {
  const { client, clock } = context;
  const { apiVersion = 'v1', kind, name } = autoscaler.spec.scaleTargetRef;
  const { namespace } = autoscaler.metadata;
  const gvk = { ...parseApiVersion(apiVersion), kind };
  const resource = await client.resourceFor(gvk);
  if (!resource) throw new Error(`no matches for kind "${kind}" in group "${gvk.group}"`);
  const scale = await client.get<KubeObject>(resource, name, namespace, { subresource: 'scale' });
  const current: number = scale.spec.replicas ?? 0;
  const pods = podsOf(context, namespace!, scale);
  const actual = scale.status?.replicas ?? current;
  return { client, resource, scale, target: { client, autoscaler, pods, current, actual, now: clock.now() } };
}

function podsOf(context: ControllerContext, namespace: string, scale: KubeObject): KubeObject[] {
  const selector = parseLabelSelector(scale.status?.selector ?? '');
  if (selector.requirements.length === 0) return [];
  return context
    .informer(PODS)
    .list(namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && isActive(pod));
}

interface Decision {
  replicas: number;
  /** Why, for the event. */
  reason: string;
}

/** Undefined where nothing can be said: the report tells why. */
async function decide(report: Report, target: Target, history: History): Promise<Decision | undefined> {
  const { autoscaler, current, now } = target;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  if (current === 0 && minReplicas !== 0) {
    report.set('ScalingActive', 'False', ...DISABLED);
    return { replicas: 0, reason: '' };
  }
  if (current > maxReplicas)
    return { replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' };
  if (current < minReplicas)
    return { replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' };
  const measured = await measure(report, target);
  if (!measured) return undefined;
  const { replicas, ableToScale, scalingLimited } = limitReplicas(
    autoscaler.spec,
    history,
    current,
    measured.replicas,
    now,
  );
  report.set('AbleToScale', 'True', ...ableToScale);
  report.set('ScalingLimited', ...scalingLimited);
  return { replicas, reason: replicas > current ? `${measured.name} above target` : 'All metrics below target' };
}

const DEFAULT_METRICS = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];

/** The largest size that any metric asks for. With some that fail the size does not shrink: they might ask for more. */
async function measure(report: Report, target: Target): Promise<Measured | undefined> {
  const metrics: KubeObject[] = target.autoscaler.spec.metrics ?? DEFAULT_METRICS;
  const failures: MetricError[] = [];
  const statuses: object[] = [];
  let largest: Measured | undefined;
  for (const metric of metrics) {
    const measured = await measureMetric(metric, target).catch((error: MetricError) => error);
    // A metric that is not known has its place in the list, but no type.
    statuses.push(measured instanceof MetricError ? { type: '' } : (measured as Measured).status);
    if (measured instanceof MetricError) {
      report.warn(measured.reason, measured.message);
      failures.push(measured);
    } else if (!largest || measured.replicas > largest.replicas) largest = measured;
  }
  report.status.currentMetrics = statuses;
  const first = failures[0];
  if (first && (!largest || largest.replicas < target.current)) {
    const why = `the HPA was unable to compute the replica count: ${first.message}`;
    report.set('ScalingActive', 'False', first.reason, why);
    const all = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.detail}`;
    report.warn('FailedComputeMetricsReplicas', all);
    return undefined;
  }
  const found = `the HPA was able to successfully calculate a replica count from ${largest!.name}`;
  report.set('ScalingActive', 'True', 'ValidMetricFound', found);
  return largest;
}

async function apply(
  report: Report,
  { client, resource, scale, target }: Found,
  { replicas, reason }: Decision,
  history: History,
): Promise<void> {
  report.status.desiredReplicas = replicas;
  if (replicas === target.current) return;
  await client.update(resource, { ...scale, spec: { replicas } }, { subresource: 'scale' });
  report.tell('SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
  const done = `the HPA controller was able to update the target scale to ${replicas}`;
  report.set('AbleToScale', 'True', 'SucceededRescale', done);
  report.status.lastScaleTime = timestamp(target.now);
  recordChange(history, replicas - target.current, target.now);
}
