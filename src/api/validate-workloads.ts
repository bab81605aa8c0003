/** Validation of what runs pods: deployments, replica sets, stateful sets and daemon sets. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { fromLabelSelector, fromLabels, type LabelSelector, matchesLabels } from './selectors.ts';
import {
  immutable,
  intOrPercent,
  isEmptySelector,
  isZero,
  nonNegative,
  nonNegatives,
  notOver100Percent,
  oneOf,
  validateLabelSelector,
} from './validate-meta.ts';
import { validatePodTemplate } from './validate-pod.ts';

export function validateDeployment({ spec }: Loose, at: Findings): void {
  nonNegatives(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], at);
  validateSelector(spec, at, 'empty selector is invalid for deployment');
  validateTemplate(spec, at, 'ReplicaSet');
  validateRollingUpdate(spec.strategy ?? {}, at.at('strategy'));
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline !== undefined && deadline <= minReadySeconds)
    at.at('progressDeadlineSeconds').invalid(deadline, 'must be greater than minReadySeconds');
}

function validateRollingUpdate(strategy: Loose, at: Findings): void {
  if (strategy['type'] === 'Recreate') {
    if (strategy['rollingUpdate'])
      at.at('rollingUpdate').forbidden("may not be specified when strategy `type` is 'Recreate'");
  } else if (strategy['type'] === 'RollingUpdate') {
    const own = at.at('rollingUpdate');
    if (!strategy['rollingUpdate']) own.required('this should be defaulted and never be nil');
    else validateLimits(strategy['rollingUpdate'], own);
  } else at.at('type').notSupported(strategy['type'] ?? '', ['Recreate', 'RollingUpdate']);
}

function validateLimits({ maxUnavailable, maxSurge }: Loose, at: Findings): void {
  intOrPercent(maxUnavailable, at.at('maxUnavailable'));
  intOrPercent(maxSurge, at.at('maxSurge'));
  if (isZero(maxUnavailable) && isZero(maxSurge))
    at.at('maxUnavailable').invalid(maxUnavailable, 'may not be 0 when `maxSurge` is 0');
  notOver100Percent(maxUnavailable, at.at('maxUnavailable'));
}

export function validateReplicaSet({ spec }: Loose, at: Findings): void {
  nonNegatives(spec, ['replicas', 'minReadySeconds'], at);
  validateSelector(spec, at, 'empty selector is invalid for deployment');
  validateTemplate(spec, at, 'ReplicaSet');
}

export function validateReplicationController({ spec }: Loose, at: Findings): void {
  nonNegatives(spec, ['replicas', 'minReadySeconds'], at);
  if (Object.keys(spec.selector ?? {}).length === 0) at.at('selector').required();
  if (spec.template) checkLabels(fromLabels(spec.selector), spec.template, at.at('template'));
  if (!spec.template) at.at('template').required();
  else validateRunning(spec.template, at.at('template'), 'ReplicationController');
}

export function validateDaemonSet({ spec }: Loose, at: Findings): void {
  nonNegatives(spec, ['minReadySeconds', 'revisionHistoryLimit'], at);
  // As upstream, which misses none: it matches no labels.
  if (spec.selector) validateSelector(spec, at, 'empty selector is invalid for daemonset');
  validateTemplate(spec, at, 'DaemonSet');
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const own = at.at('updateStrategy');
  if (type === 'RollingUpdate') {
    const place = own.at('rollingUpdate');
    if (!rollingUpdate) {
      place.required();
      return;
    }
    intOrPercent(rollingUpdate.maxUnavailable, place.at('maxUnavailable'));
    intOrPercent(rollingUpdate.maxSurge, place.at('maxSurge'));
    const [down, surge] = [!isZero(rollingUpdate.maxUnavailable), !isZero(rollingUpdate.maxSurge)];
    if (down && surge)
      place.at('maxSurge').invalid(rollingUpdate.maxSurge, 'may not be set when maxUnavailable is non-zero');
    else if (!down && !surge)
      place.at('maxUnavailable').invalid(rollingUpdate.maxUnavailable, 'cannot be 0 when maxSurge is 0');
  } else if (type !== 'OnDelete') own.at('type').notSupported(type ?? '', ['RollingUpdate', 'OnDelete']);
}

export function validateStatefulSet({ spec }: Loose, at: Findings): void {
  const { podManagementPolicy: policy, updateStrategy: strategy = {} } = spec;
  if (!policy) at.at('podManagementPolicy').required();
  else if (!['OrderedReady', 'Parallel'].includes(policy))
    at.at('podManagementPolicy').invalid(policy, "must be 'OrderedReady' or 'Parallel'");
  const own = at.at('updateStrategy');
  if (!strategy.type) own.required();
  else if (strategy.type === 'OnDelete') {
    if (strategy.rollingUpdate)
      own.at('rollingUpdate').invalid(strategy.rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
  } else if (strategy.type === 'RollingUpdate')
    nonNegative(strategy.rollingUpdate?.partition, own.at('rollingUpdate', 'partition'));
  else own.invalid(strategy, "must be 'RollingUpdate' or 'OnDelete'");
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  for (const [name, value] of Object.entries({ whenDeleted, whenScaled }))
    if (value !== undefined) oneOf(value, ['Retain', 'Delete'], at.at('persistentVolumeClaimRetentionPolicy', name));
  nonNegatives(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit'], at);
  nonNegative(spec.ordinals?.start, at.at('ordinals', 'start'));
  validateSelector(spec, at, 'empty selector is invalid for statefulset');
  validateStatefulTemplate(spec, at);
}

/** Mounts may name a claim template, so the templates count as volumes. */
function validateStatefulTemplate(spec: Loose, at: Findings): void {
  const claims = (spec['volumeClaimTemplates'] ?? []).map((claim: Loose) => claim['metadata']?.name);
  const pod = spec['template']?.spec ?? {};
  const own = (pod.volumes ?? []).map((volume: Loose) => volume['name']);
  const added = claims
    .filter((name: string) => !own.includes(name))
    .map((name: string) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const template = { ...spec['template'], spec: { ...pod, volumes: [...(pod.volumes ?? []), ...added] } };
  validateTemplate({ ...spec, template }, at, 'StatefulSet');
}

function validateSelector(spec: Loose, at: Findings, emptyText: string): void {
  const { selector } = spec;
  if (!selector) {
    at.at('selector').required();
    return;
  }
  validateLabelSelector(selector, at.at('selector'));
  if (isEmptySelector(selector)) at.at('selector').invalid(selector, emptyText);
}

function validateTemplate(spec: Loose, at: Findings, owner: string): void {
  const place = at.at('template');
  let selector: LabelSelector | undefined;
  try {
    selector = fromLabelSelector(spec['selector']);
  } catch {
    at.at('selector').invalid(spec['selector'], 'invalid label selector');
    return;
  }
  checkLabels(selector, spec['template'] ?? {}, place);
  validateRunning(spec['template'], place, owner);
}

/** No selector at all matches nothing. */
function checkLabels(selector: LabelSelector | undefined, template: Loose, at: Findings): void {
  const labels = template['metadata']?.labels;
  if (selector?.requirements.length !== 0 && !matchesLabels(selector, labels))
    at.at('metadata', 'labels').invalid(labels ?? null, '`selector` does not match template `labels`');
}

/** A template whose pods run until someone ends them. */
function validateRunning(template: Loose | undefined, at: Findings, owner: string): void {
  validatePodTemplate(template, at);
  const { restartPolicy, activeDeadlineSeconds } = template?.['spec'] ?? {};
  if (restartPolicy !== undefined && restartPolicy !== 'Always')
    at.at('spec', 'restartPolicy').notSupported(restartPolicy, ['Always']);
  if (activeDeadlineSeconds !== undefined)
    at.at('spec', 'activeDeadlineSeconds').forbidden(`activeDeadlineSeconds in ${owner} is not Supported`);
}

export function validateSelectorUpdate(object: Loose, old: Loose, at: Findings): void {
  immutable(object['spec']?.selector, old['spec']?.selector, at.at('selector'));
}

const STATEFUL_FIELDS = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function validateStatefulSetUpdate(object: Loose, old: Loose, at: Findings): void {
  const rest = (spec: Loose) =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !STATEFUL_FIELDS.includes(key)));
  if (!equalJson(rest(object['spec']), rest(old['spec'])))
    at.forbidden(
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
}
