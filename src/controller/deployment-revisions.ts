/** A deployment's replica sets: which is the new one, what its annotations say, and making it. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { scaledValue } from './int-or-percent.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const TEMPLATE_HASH = 'pod-template-hash';

/** Annotations of the deployment that say nothing about one revision of it. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

export interface ReplicaSets {
  newSet: KubeObject | undefined;
  oldSets: KubeObject[];
}

export const replicasOf = (object: KubeObject): number => object.spec.replicas ?? 1;
export const sumReplicas = (sets: (KubeObject | undefined)[]): number =>
  sets.reduce((sum, set) => sum + (set ? replicasOf(set) : 0), 0);
export const sumAvailable = (sets: (KubeObject | undefined)[]): number =>
  sets.reduce((sum, set) => sum + (set?.status?.availableReplicas ?? 0), 0);
export const isActiveSet = (set: KubeObject | undefined): set is KubeObject => set !== undefined && replicasOf(set) > 0;

export const byCreation = (a: KubeObject, b: KubeObject): number =>
  a.metadata.creationTimestamp === b.metadata.creationTimestamp
    ? compare(a.metadata.name, b.metadata.name)
    : compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const isRolling = (deployment: KubeObject): boolean => deployment.spec.strategy?.type !== 'Recreate';

export const maxSurge = (deployment: KubeObject): number =>
  isRolling(deployment)
    ? scaledValue(deployment.spec.strategy?.rollingUpdate?.maxSurge ?? '25%', replicasOf(deployment), 'up')
    : 0;

/** At least one of the two must allow a step: when both come out as zero, one pod may be unavailable. */
export function maxUnavailable(deployment: KubeObject): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment) || replicas === 0) return 0;
  const given = deployment.spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%';
  const unavailable = scaledValue(given, replicas, 'down');
  return Math.min(unavailable === 0 && maxSurge(deployment) === 0 ? 1 : unavailable, replicas);
}

/** The oldest replica set whose template is the deployment's, and all others. */
export function findReplicaSets(deployment: KubeObject, sets: KubeObject[]): ReplicaSets {
  const wanted = withoutHash(deployment.spec.template);
  const newSet = [...sets].sort(byCreation).find((set) => equalJson(withoutHash(set.spec.template), wanted));
  return { newSet, oldSets: sets.filter((set) => set !== newSet) };
}

function withoutHash(template: KubeObject): unknown {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = template.metadata ?? {};
  return { metadata: { ...metadata, labels }, spec: template.spec };
}

/** As Go's int64: more than a number holds. */
export const revisionOf = ({ metadata }: KubeObject): bigint => parseRevision(metadata.annotations?.[REVISION]);
const parseRevision = (text = ''): bigint => (/^\d{1,19}$/.test(text) ? BigInt(text) : 0n);

export const nextRevision = (oldSets: KubeObject[]): bigint =>
  oldSets.map(revisionOf).reduce((highest, revision) => (revision > highest ? revision : highest), 0n) + 1n;

/**
 * The new replica set's annotations: the deployment's own, the revision, and of a set that is rolled back to the
 * revisions it had before.
 */
export function newSetAnnotations(
  deployment: KubeObject,
  current: Record<string, string>,
  revision: bigint,
): Record<string, string> {
  const annotations = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  if (parseRevision(current[REVISION]) >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (current[REVISION] !== undefined)
    annotations[REVISION_HISTORY] = [current[REVISION_HISTORY], current[REVISION]].filter(Boolean).join(',');
  return annotations;
}

/** What a replica set remembers of the deployment's size, to tell scaling from rolling out. */
export const sizeAnnotations = (deployment: KubeObject): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(replicasOf(deployment)),
  [MAX_REPLICAS]: String(replicasOf(deployment) + maxSurge(deployment)),
});

export function newReplicaSet(deployment: KubeObject, hash: string, revision: bigint, replicas: number): KubeObject {
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: { ...newSetAnnotations(deployment, {}, revision), ...sizeAnnotations(deployment) },
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
