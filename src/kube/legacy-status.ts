/** Whether an object is ready as Helm 3 judged it, for `--wait=legacy`: from counts alone, kind by kind. */
import { isDeepStrictEqual } from 'node:util';
import { findCondition, isConditionTrue } from '../api/conditions.ts';
import { gvkOf, type KubeObject } from '../api/object.ts';
import { isReady } from '../api/pods.ts';

/** What belongs to the object and says more than its own status does. */
export interface Related {
  /** The replica sets that a deployment owns. */
  replicaSets(): Promise<KubeObject[]>;
  /** The pods that an object's selector finds. */
  pods(): Promise<KubeObject[]>;
}

export type LegacyRule = (object: KubeObject, related: Related) => Promise<boolean> | boolean;

/** The rule for an object's kind; undefined for what is ready once it is written. Rules throw where there is no hope. */
export function legacyRule(object: KubeObject, { jobs }: { jobs: boolean }): LegacyRule | undefined {
  const { group, version, kind } = gvkOf(object);
  const key = `${group === '' ? '' : `${group}/`}${version}/${kind}`;
  if (key === 'batch/v1/Job' && !jobs) return undefined;
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
}

const RULES: Record<string, LegacyRule> = {
  'v1/Pod': isReady,
  'batch/v1/Job': isJobDone,
  'apps/v1/Deployment': isDeploymentReady,
  'v1/PersistentVolumeClaim': ({ status }) => status?.phase === 'Bound',
  'v1/Service': isServiceReady,
  'apps/v1/DaemonSet': isDaemonSetReady,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': isDefinitionReady,
  'apps/v1/StatefulSet': isStatefulSetReady,
  'v1/ReplicationController': arePodsReady,
  'apps/v1/ReplicaSet': arePodsReady,
};

const count = (value: unknown, fallback = 0): number => (typeof value === 'number' ? value : fallback);
const isObserved = ({ metadata, status }: KubeObject): boolean =>
  count(status?.observedGeneration) === count(metadata.generation);

function isJobDone({ metadata, spec, status }: KubeObject): boolean {
  if (count(status?.failed) > count(spec?.backoffLimit, 6))
    throw new Error(`job is failed: ${metadata.namespace ?? ''}/${metadata.name}`);
  return typeof spec?.completions !== 'number' || count(status?.succeeded) >= spec.completions;
}

/** One that is paused is left alone. */
async function isDeploymentReady(deployment: KubeObject, { replicaSets }: Related): Promise<boolean> {
  const { spec } = deployment;
  if (spec?.paused === true) return true;
  const newest = newReplicaSet(deployment, await replicaSets());
  if (!newest || !isObserved(newest) || !isObserved(deployment)) return false;
  return count(newest.status?.readyReplicas) >= count(spec?.replicas, 1) - maxUnavailable(deployment);
}

/** The oldest of those made from the deployment's present template. */
function newReplicaSet(deployment: KubeObject, replicaSets: KubeObject[]): KubeObject | undefined {
  const template = withoutHash(deployment.spec?.template);
  return replicaSets
    .filter(({ spec }) => isDeepStrictEqual(withoutHash(spec?.template), template))
    .sort((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1))[0];
}

const createdAt = ({ metadata }: KubeObject): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;

function withoutHash(template: KubeObject | undefined): unknown {
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** How many pods of a rolling update may be missing; where neither surge nor absence is allowed, one. */
function maxUnavailable({ spec }: KubeObject): number {
  const replicas = count(spec?.replicas, 1);
  if (spec?.strategy?.type !== 'RollingUpdate' || replicas === 0) return 0;
  const { maxSurge, maxUnavailable: absent } = spec.strategy.rollingUpdate ?? {};
  const unavailable = scaled(absent, replicas, Math.floor);
  if (unavailable === 0 && scaled(maxSurge, replicas, Math.ceil) === 0) return 1;
  return Math.min(unavailable, replicas);
}

function scaled(value: unknown, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const [, percent] = /^(\d+)%$/.exec(String(value ?? '')) ?? [];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

function isServiceReady({ spec, status }: KubeObject): boolean {
  if (spec?.type === 'ExternalName') return true;
  if (!spec?.clusterIP) return false;
  return spec.type !== 'LoadBalancer' || spec.externalIPs?.length > 0 || status?.loadBalancer?.ingress !== undefined;
}

function isDaemonSetReady(set: KubeObject): boolean {
  const { spec, status } = set;
  if (!isObserved(set)) return false;
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return true;
  const wanted = count(status?.desiredNumberScheduled);
  if (count(status?.updatedNumberScheduled) !== wanted) return false;
  const unavailable = scaled(spec.updateStrategy.rollingUpdate?.maxUnavailable, wanted, Math.ceil);
  return count(status?.numberReady) >= wanted - unavailable;
}

/** A definition whose names are taken counts too: what follows will tell. */
function isDefinitionReady(crd: KubeObject): boolean {
  return (
    isConditionTrue(crd, 'Established') || findCondition(crd.status?.conditions, 'NamesAccepted')?.status === 'False'
  );
}

function isStatefulSetReady(set: KubeObject): boolean {
  const { spec, status } = set;
  if (!isObserved(set)) return false;
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return true;
  const replicas = count(spec.replicas, 1);
  const partition = count(spec.updateStrategy.rollingUpdate?.partition);
  if (count(status?.updatedReplicas) < replicas - partition || count(status?.readyReplicas) !== replicas) return false;
  return partition !== 0 || status?.currentRevision === status?.updateRevision;
}

async function arePodsReady(set: KubeObject, { pods }: Related): Promise<boolean> {
  return isObserved(set) && (await pods()).every(isReady);
}
