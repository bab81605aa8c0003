/**
 * How far an object is, judged as kstatus judges it: from its generation, its conditions and the counts in its status.
 * The messages are kstatus's, since they end up in error texts.
 */
import { gvkOf, type KubeObject } from '../api/object.ts';

export type Readiness = 'InProgress' | 'Current' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

export interface ObjectStatus {
  readiness: Readiness;
  message: string;
}

/** What a wait is for: objects ready, jobs completed as well, or hooks (jobs and pods) run to their end. */
export type WaitGoal = 'ready' | 'jobs' | 'hooks';

export function statusOf(object: KubeObject, goal: WaitGoal, now: number): ObjectStatus {
  const { group, kind } = gvkOf(object);
  const key = group === '' ? kind : `${group}/${kind}`;
  // Helm's own readers judge these without kstatus's general rules.
  if (goal !== 'ready' && key === 'batch/Job') return completedJob(object);
  if (goal === 'hooks') return key === 'Pod' ? finishedPod(object) : current('Resource is current');
  const rule = Object.hasOwn(RULES, key) ? RULES[key]! : undefined;
  return generalStatus(object) ?? rule?.(object, now) ?? readyCondition(object) ?? current('Resource is current');
}

/**
 * Whether an object that was just written is ready by that alone, whatever becomes of it: then nobody need watch it.
 * Of hooks only what runs to an end is worth a wait.
 */
export function isReadyOnceWritten(object: KubeObject, goal: WaitGoal): boolean {
  const { group, kind } = gvkOf(object);
  const key = group === '' ? kind : `${group}/${kind}`;
  if (goal === 'hooks') return key !== 'batch/Job' && key !== 'Pod';
  return Object.hasOwn(RULES, key) && RULES[key] === alwaysReady;
}

export const NOT_FOUND: ObjectStatus = { readiness: 'NotFound', message: 'Resource not found' };
export const UNKNOWN: ObjectStatus = { readiness: 'Unknown', message: '' };

type Rule = (object: KubeObject, now: number) => ObjectStatus;

const current = (message: string): ObjectStatus => ({ readiness: 'Current', message });
const inProgress = (message: string): ObjectStatus => ({ readiness: 'InProgress', message });
const failed = (message: string): ObjectStatus => ({ readiness: 'Failed', message });
const alwaysReady: Rule = () => current('Resource is always ready');

const RULES: Record<string, Rule> = {
  Service: service,
  Pod: pod,
  Secret: alwaysReady,
  ConfigMap: alwaysReady,
  'batch/CronJob': alwaysReady,
  PersistentVolumeClaim: volumeClaim,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'policy/PodDisruptionBudget': () => current('AllowedDisruptions has been computed.'),
  'batch/Job': job,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
};

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

const conditionsOf = (object: KubeObject): Condition[] =>
  Array.isArray(object.status?.conditions) ? object.status.conditions : [];
const isTrue = (object: KubeObject, type: string): boolean =>
  conditionsOf(object).some((condition) => condition.type === type && condition.status === 'True');
const count = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);

/** The rules for objects of every kind; undefined where they decide nothing. */
function generalStatus(object: KubeObject): ObjectStatus | undefined {
  const { metadata, status } = object;
  if (metadata.deletionTimestamp) return { readiness: 'Terminating', message: 'Resource scheduled for deletion' };
  const observed = status?.observedGeneration;
  if (metadata.generation !== undefined && typeof observed === 'number' && observed !== metadata.generation)
    return inProgress(
      `${object.kind} generation is ${metadata.generation}, but latest observed generation is ${observed}`,
    );
  for (const condition of conditionsOf(object)) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Reconciling') return inProgress(condition.message ?? '');
    if (condition.type === 'Stalled') return failed(condition.message ?? '');
  }
  return undefined;
}

function readyCondition(object: KubeObject): ObjectStatus | undefined {
  const ready = conditionsOf(object).find((condition) => condition.type === 'Ready');
  if (!ready) return undefined;
  return ready.status === 'True' ? current('Resource is Ready') : inProgress(ready.message ?? '');
}

function deployment(object: KubeObject): ObjectStatus {
  const { spec, status } = object;
  const progress = conditionsOf(object).find((condition) => condition.type === 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded');
  const hasDeadline = count(spec?.progressDeadlineSeconds, MAX_INT32) !== MAX_INT32;
  const wanted = count(spec?.replicas, 1);
  const replicas = count(status?.replicas, 0);
  const updated = count(status?.updatedReplicas, 0);
  const available = count(status?.availableReplicas, 0);
  const ready = count(status?.readyReplicas, 0);
  if (wanted > replicas) return inProgress(`Replicas: ${replicas}/${wanted}`);
  if (wanted > updated) return inProgress(`Updated: ${updated}/${wanted}`);
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  if (updated > available) return inProgress(`Available: ${available}/${updated}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  const rolledOut = progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable';
  if (hasDeadline && !rolledOut) return inProgress('ReplicaSet not Available');
  if (!isTrue(object, 'Available')) return inProgress('Deployment not Available');
  return current(`Deployment is available. Replicas: ${replicas}`);
}

/** What the deployment controller takes for "no deadline". */
const MAX_INT32 = 2 ** 31 - 1;

function replicaSet(object: KubeObject): ObjectStatus {
  const { spec, status } = object;
  if (isTrue(object, 'ReplicaFailure')) return inProgress('Replica Failure condition. Check Pods');
  const wanted = count(spec?.replicas, 1);
  const labelled = count(status?.fullyLabeledReplicas, 0);
  const available = count(status?.availableReplicas, 0);
  const ready = count(status?.readyReplicas, 0);
  const replicas = count(status?.replicas, 0);
  if (wanted > labelled) return inProgress(`Labelled: ${labelled}/${wanted}`);
  if (wanted > available) return inProgress(`Available: ${available}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  return current(`ReplicaSet is available. Replicas: ${replicas}`);
}

function statefulSet({ spec, status }: KubeObject): ObjectStatus {
  if (spec?.updateStrategy?.type === 'OnDelete') return current('StatefulSet is using the ondelete update strategy');
  const wanted = count(spec?.replicas, 1);
  const replicas = count(status?.replicas, 0);
  const ready = count(status?.readyReplicas, 0);
  const updated = count(status?.updatedReplicas, 0);
  const partition = count(spec?.updateStrategy?.rollingUpdate?.partition, -1);
  if (wanted > replicas) return inProgress(`Replicas: ${replicas}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  if (partition !== -1) {
    if (updated < wanted - partition) return inProgress(`updated: ${updated}/${wanted - partition}`);
    return current(`Partition rollout complete. updated: ${updated}`);
  }
  const atCurrent = count(status?.currentReplicas, 0);
  if (wanted > atCurrent) return inProgress(`current: ${atCurrent}/${wanted}`);
  if ((status?.currentRevision ?? '') !== (status?.updateRevision ?? ''))
    return inProgress('Waiting for updated revision to match current');
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`);
}

function daemonSet({ metadata, status }: KubeObject): ObjectStatus {
  if (metadata.generation === undefined) return inProgress('DaemonSet metadata.generation not found');
  if (status?.observedGeneration === undefined) return inProgress('DaemonSet status.observedGeneration not found');
  const wanted = count(status.desiredNumberScheduled, -1);
  const scheduled = count(status.currentNumberScheduled, 0);
  const updated = count(status.updatedNumberScheduled, 0);
  const available = count(status.numberAvailable, 0);
  const ready = count(status.numberReady, 0);
  if (wanted === -1) return inProgress('Missing .status.desiredNumberScheduled');
  if (wanted > scheduled) return inProgress(`Current: ${scheduled}/${wanted}`);
  if (wanted > updated) return inProgress(`Updated: ${updated}/${wanted}`);
  if (wanted > available) return inProgress(`Available: ${available}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  return current(`All replicas scheduled as expected. Replicas: ${wanted}`);
}

function volumeClaim({ status }: KubeObject): ObjectStatus {
  const phase = status?.phase ?? 'unknown';
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`);
}

function service({ spec }: KubeObject): ObjectStatus {
  return spec?.type === 'LoadBalancer' && !spec.clusterIP
    ? inProgress('ClusterIP not set. Service type: LoadBalancer')
    : current('Service is ready');
}

/** How long a pod may be without a node before that counts as a failure. */
const SCHEDULE_WINDOW = 15_000;

function pod(object: KubeObject, now: number): ObjectStatus {
  const phase = object.status?.phase ?? '';
  if (phase === 'Succeeded') return current('Pod has completed successfully');
  if (phase === 'Failed') return current('Pod has completed, but not successfully');
  if (phase === 'Running') {
    if (isTrue(object, 'Ready')) return current('Pod is Ready');
    const looping = crashLooping(object);
    if (looping.length > 0) return failed(`Containers in CrashLoop state: ${looping.join(',')}`);
    return inProgress('Pod is running but is not Ready');
  }
  if (phase === 'Pending') {
    const isUnschedulable = conditionsOf(object).some(
      ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
    );
    if (!isUnschedulable) return inProgress('Pod is in the Pending phase');
    const age = now - Date.parse(object.metadata.creationTimestamp ?? '');
    return age < SCHEDULE_WINDOW ? inProgress('Pod has not been scheduled') : failed('Pod could not be scheduled');
  }
  return phase === ''
    ? inProgress('Pod phase not available')
    : { readiness: 'Unknown', message: `unknown phase ${phase}` };
}

function crashLooping({ status }: KubeObject): string[] {
  const containers: { name: string; state?: { waiting?: { reason?: string } } }[] = status?.containerStatuses ?? [];
  return containers.filter(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff').map(({ name }) => name);
}

const jobCounts = ({ spec, status }: KubeObject) => ({
  completions: count(spec?.completions, count(spec?.parallelism, 1)),
  succeeded: count(status?.succeeded, 0),
  active: count(status?.active, 0),
  failed: count(status?.failed, 0),
});

/** A job that runs counts as ready. */
function job(object: KubeObject): ObjectStatus {
  const counts = jobCounts(object);
  const ended = endOfJob(object);
  if (ended) return ended;
  if (isTrue(object, 'Suspended')) return current('Job is suspended');
  if (!object.status?.startTime) return inProgress('Job not started');
  return current(`Job in progress. success:${counts.succeeded}, active: ${counts.active}, failed: ${counts.failed}`);
}

const completedJob = (object: KubeObject): ObjectStatus => endOfJob(object) ?? inProgress('Job in progress');

function endOfJob(object: KubeObject): ObjectStatus | undefined {
  const counts = jobCounts(object);
  if (isTrue(object, 'Complete')) return current(`Job Completed. succeeded: ${counts.succeeded}/${counts.completions}`);
  if (isTrue(object, 'Failed')) return failed(`Job Failed. failed: ${counts.failed}/${counts.completions}`);
  return undefined;
}

function finishedPod({ metadata, status }: KubeObject): ObjectStatus {
  if (status?.phase === 'Succeeded') return current(`pod ${metadata.name} succeeded`);
  if (status?.phase === 'Failed') return failed(`pod ${metadata.name} failed`);
  return inProgress('Pod in progress');
}

function customResourceDefinition(object: KubeObject): ObjectStatus {
  for (const { type, status, reason, message = '' } of conditionsOf(object)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(message);
    if (type !== 'Established') continue;
    if (status === 'False' && reason !== 'Installing') return failed(message);
    if (status === 'True') return current('CRD is established');
  }
  return inProgress('Install in progress');
}
