/** Validation of what runs pods: deployments, replica sets, stateful sets, daemon sets, jobs and cron jobs. */
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
  validateSelector(spec, at, 'empty selector is invalid for daemonset');
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
  if (selector) checkLabels(selector, spec['template'] ?? {}, place);
  validateRunning(spec['template'], place, owner);
}

function checkLabels(selector: LabelSelector, template: Loose, at: Findings): void {
  const labels = template['metadata']?.labels;
  if (selector.requirements.length > 0 && !matchesLabels(selector, labels))
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

function nonNegatives(spec: Loose, fields: string[], at: Findings): void {
  for (const field of fields) nonNegative(spec[field], at.at(field));
}

export function validateJob({ spec }: Loose, at: Findings): void {
  validateJobSpec(spec, at);
  if (!spec.selector) at.at('selector').required();
  else validateLabelSelector(spec.selector, at.at('selector'));
  const { labels } = spec.template?.metadata ?? {};
  if (spec.selector && !matchesLabels(safeSelector(spec.selector), labels))
    at.at('template', 'metadata', 'labels').invalid(labels ?? null, '`selector` does not match template `labels`');
}

function safeSelector(selector: Loose): LabelSelector | undefined {
  try {
    return fromLabelSelector(selector);
  } catch {
    return undefined;
  }
}

function validateJobSpec(spec: Loose, at: Findings): void {
  nonNegatives(
    spec,
    [
      'parallelism',
      'completions',
      'activeDeadlineSeconds',
      'backoffLimit',
      'ttlSecondsAfterFinished',
      'backoffLimitPerIndex',
    ],
    at,
  );
  const mode = spec['completionMode'];
  if (mode !== undefined && !['NonIndexed', 'Indexed'].includes(mode))
    at.at('completionMode').notSupported(mode, ['NonIndexed', 'Indexed']);
  if (mode === 'Indexed' && spec['completions'] === undefined)
    at.at('completions').required('when completion mode is Indexed');
  validatePodTemplate(spec['template'], at.at('template'));
  const policy = spec['template']?.spec?.restartPolicy;
  if (policy === 'Always') at.at('template', 'spec', 'restartPolicy').required('valid values: "OnFailure", "Never"');
  else if (policy !== undefined && !['OnFailure', 'Never'].includes(policy))
    at.at('template', 'spec', 'restartPolicy').notSupported(policy, ['OnFailure', 'Never']);
}

export function validateCronJob({ spec, metadata }: Loose, at: Findings): void {
  if (!spec.schedule) at.at('schedule').required();
  else {
    const wrong = scheduleError(spec.schedule);
    if (wrong !== undefined) at.at('schedule').invalid(spec.schedule, wrong);
  }
  nonNegatives(spec, ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], at);
  const { concurrencyPolicy: policy } = spec;
  if (!policy) at.at('concurrencyPolicy').required();
  else if (!['Allow', 'Forbid', 'Replace'].includes(policy))
    at.at('concurrencyPolicy').notSupported(policy, ['Allow', 'Forbid', 'Replace']);
  if (spec.timeZone !== undefined) validateTimeZone(spec.timeZone, at.at('timeZone'));
  if (spec.jobTemplate?.spec?.manualSelector === true)
    at.at('jobTemplate', 'spec', 'manualSelector').notSupported(true, ['nil', 'false']);
  validateJobSpec(spec.jobTemplate?.spec ?? {}, at.at('jobTemplate', 'spec'));
  // A job's name is the cron job's and eleven characters more.
  if (metadata.name?.length > 52)
    at.list.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(metadata.name)}: must be no more than 52 characters`,
      field: 'metadata.name',
    });
}

function validateTimeZone(name: string, at: Findings): void {
  if (name === '') at.invalid(name, 'timeZone must be nil or non-empty string');
  else if (name.toLowerCase() === 'local')
    at.invalid(name, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  else if (!isTimeZone(name)) at.invalid(name, `unknown time zone ${name}`);
}

function isTimeZone(name: string): boolean {
  // The engine takes offsets as well, `+01:00`, which are no names, and names in any case.
  const isName = name.split('/').every((part) => /^(?![-+])(?!\.\.?$)[A-Za-z._0-9+-]{1,14}$/.test(part));
  const known = Intl.supportedValuesOf('timeZone');
  if (!isName || known.includes(name)) return isName;
  if (known.some((each) => each.toLowerCase() === name.toLowerCase())) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const CRON_FIELDS: [name: string, min: number, max: number, names: string][] = [
  ['minute', 0, 59, ''],
  ['hour', 0, 23, ''],
  ['day of month', 1, 31, ''],
  ['month', 1, 12, 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'],
  ['day of week', 0, 6, 'sun|mon|tue|wed|thu|fri|sat'],
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** As robfig/cron reads a standard schedule. */
function scheduleError(schedule: string): string | undefined {
  if (/TZ=/.test(schedule)) return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  if (schedule.startsWith('@')) {
    const known = DESCRIPTORS.includes(schedule) || /^@every ([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(schedule);
    return known ? undefined : `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/).filter(Boolean);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, field] of fields.entries()) {
    const wrong = cronError(field, CRON_FIELDS[i]!);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function cronError(field: string, [, min, max, names]: (typeof CRON_FIELDS)[number]): string | undefined {
  const word = new RegExp(`^(${names})$`, 'i');
  const numberOf = (text: string): number =>
    names !== '' && word.test(text)
      ? names.split('|').indexOf(text.toLowerCase()) + min
      : /^\d+$/.test(text)
        ? Number(text)
        : Number.NaN;
  for (const part of field.split(',')) {
    const [range = '', step, ...rest] = part.split('/');
    if (rest.length > 0) return `too many slashes: ${part}`;
    if (range !== '*' && range !== '?') {
      const [low = '', high, ...more] = range.split('-');
      if (more.length > 0) return `too many hyphens: ${part}`;
      const [from, to] = [numberOf(low), high === undefined ? numberOf(low) : numberOf(high)];
      for (const [text, value] of [
        [low, from],
        [high ?? low, to],
      ] as const)
        if (Number.isNaN(value))
          return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
      if (from < min) return `beginning of range (${from}) below minimum (${min}): ${part}`;
      if (to > max) return `end of range (${to}) above maximum (${max}): ${part}`;
      if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${part}`;
    }
    if (step !== undefined && !/^\d+$/.test(step))
      return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
    if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${part}`;
  }
  return undefined;
}

// ── updates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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

/** Of a job's template only the scheduling of one that never started may change. */
export function validateJobUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'], old['spec']];
  const elastic = before.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!elastic) immutable(spec.completions, before.completions, at.at('completions'));
  for (const field of [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ])
    immutable(spec[field], before[field], at.at(field));
  const mutable = before.suspend === true && old['status']?.startTime === undefined;
  const strip = (template: Loose) => (mutable ? withoutScheduling(template) : template);
  if (!equalJson(strip(spec.template), strip(before.template)))
    at.at('template').invalid(spec.template, 'field is immutable');
}

function withoutScheduling(template: Loose): Loose {
  const { affinity: _a, nodeSelector: _n, tolerations: _t, schedulingGates: _s, ...spec } = template['spec'] ?? {};
  return { spec };
}
