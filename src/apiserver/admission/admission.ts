/**
 * Admission: what may change or refuse an object between its request and the store. The plug-ins run in order, first
 * those that change the draft, then those that only judge it.
 */
import { type KubeObject, parseApiVersion } from '../../api/object.ts';
import type { Call, Draft } from '../call.ts';
import { admitDefaultStorageClass } from './default-storage-class.ts';
import { checkLimits, setDefaultLimits } from './limit-ranger.ts';
import { checkNamespace, checkNamespaceDeletion } from './namespace-lifecycle.ts';
import { checkPodSecurity } from './pod-security.ts';
import { admitPriority } from './priority.ts';
import { checkBinding, checkRole } from './rbac-escalation.ts';
import { checkQuota } from './resource-quota.ts';
import { admitServiceAccount } from './service-account.ts';
import { protectClaim, protectVolume } from './storage-protection.ts';
import { admitTolerations } from './toleration-seconds.ts';

type Plugin = (draft: Draft, call: Call, current: KubeObject | undefined) => void;

const NONE: Plugin[] = [];

/** By resource, for the creation and for later changes. Subresources pass by unless listed as `pods/resize`. */
const MUTATING_CREATE: Record<string, Plugin[]> = {
  pods: [setDefaultLimits, admitServiceAccount, admitPriority, admitTolerations],
  persistentvolumeclaims: [admitDefaultStorageClass, protectClaim],
  persistentvolumes: [protectVolume],
};
const JUDGING_CREATE: Record<string, Plugin[]> = {
  pods: [checkLimits, checkPodSecurity],
  persistentvolumeclaims: [checkLimits],
  'deployments.apps': [checkPodSecurity],
  'replicasets.apps': [checkPodSecurity],
  'statefulsets.apps': [checkPodSecurity],
  'daemonsets.apps': [checkPodSecurity],
  'jobs.batch': [checkPodSecurity],
  'cronjobs.batch': [checkPodSecurity],
  replicationcontrollers: [checkPodSecurity],
  'roles.rbac.authorization.k8s.io': [checkRole],
  'clusterroles.rbac.authorization.k8s.io': [checkRole],
  'rolebindings.rbac.authorization.k8s.io': [checkBinding],
  'clusterrolebindings.rbac.authorization.k8s.io': [checkBinding],
};
const JUDGING_UPDATE: Record<string, Plugin[]> = {
  ...JUDGING_CREATE,
  pods: [checkPodSecurity],
};

const nameOf = ({ type, target }: Call): string => {
  const resource = type.group === '' ? type.resource : `${type.resource}.${type.group}`;
  return target.subresource === '' ? resource : `${resource}/${target.subresource}`;
};

/** Changes `draft` as the cluster's policies want it. */
export function admitCreate(draft: Draft, call: Call): void {
  if (call.type.namespaced) checkNamespace(call, draft);
  for (const plugin of MUTATING_CREATE[nameOf(call)] ?? NONE) plugin(draft, call, undefined);
}

/** Refuses `draft`, defaulted and valid, where a policy forbids it. */
export function judgeCreate(draft: Draft, call: Call): void {
  for (const plugin of JUDGING_CREATE[nameOf(call)] ?? NONE) plugin(draft, call, undefined);
  if (call.type.namespaced) checkQuota(draft, call, undefined);
}

export function judgeUpdate(draft: Draft, call: Call, current: KubeObject): void {
  for (const plugin of JUDGING_UPDATE[nameOf(call)] ?? NONE) plugin(draft, call, current);
  if (call.type.namespaced && call.target.subresource === '') checkQuota(draft, call, current);
}

export function admitDelete(call: Call, object: KubeObject): void {
  if (call.type.resource === 'namespaces' && parseApiVersion(object.apiVersion).group === '')
    checkNamespaceDeletion(call, object);
}
