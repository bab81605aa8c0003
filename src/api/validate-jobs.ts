/** Validation of what runs pods to their end: jobs, and cron jobs that make them. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { isQualifiedName } from './names.ts';
import { fromLabelSelector, type LabelSelector, matchesLabels } from './selectors.ts';
import { immutable, nonNegatives, validateLabelSelector, validatePrefixedPath } from './validate-meta.ts';
import { validatePodTemplate } from './validate-pod.ts';

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

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];
const LONGEST_MANAGER = 63;

function validateJobSpec(spec: Loose, at: Findings): void {
  nonNegatives(spec, COUNTS, at);
  if (spec['maxFailedIndexes'] !== undefined && spec['backoffLimitPerIndex'] === undefined)
    at.at('backoffLimitPerIndex').required('when maxFailedIndexes is specified');
  const { managedBy } = spec;
  if (managedBy !== undefined) {
    validatePrefixedPath(managedBy, at.at('managedBy'));
    if (managedBy.length > LONGEST_MANAGER) at.at('managedBy').tooLong(LONGEST_MANAGER);
  }
  validateMode(spec, at);
  if (spec['podFailurePolicy']) validateFailurePolicy(spec, at.at('podFailurePolicy'));
  if (spec['successPolicy']) validateSuccessPolicy(spec, at.at('successPolicy'));
  validateReplacement(spec, at.at('podReplacementPolicy'));
  validatePodTemplate(spec['template'], at.at('template'));
  const policy = spec['template']?.spec?.restartPolicy;
  const own = at.at('template', 'spec', 'restartPolicy');
  if (policy === 'Always') own.required('valid values: "OnFailure", "Never"');
  else if (policy !== undefined && !['OnFailure', 'Never'].includes(policy))
    own.notSupported(policy, ['OnFailure', 'Never']);
  else if (spec['podFailurePolicy'] && policy !== undefined && policy !== 'Never')
    own.invalid(policy, 'only "Never" is supported when podFailurePolicy is specified');
}

const MOST_INDEXES = 100_000;

function validateMode(spec: Loose, at: Findings): void {
  const {
    completionMode: mode,
    completions,
    parallelism,
    maxFailedIndexes: failed,
    backoffLimitPerIndex: limit,
  } = spec;
  if (mode !== undefined && !['NonIndexed', 'Indexed'].includes(mode))
    at.at('completionMode').notSupported(mode, ['NonIndexed', 'Indexed']);
  if (mode === 'Indexed') {
    if (completions === undefined) at.at('completions').required('when completion mode is Indexed');
    if (parallelism > MOST_INDEXES)
      at.at('parallelism').invalid(
        parallelism,
        `must be less than or equal to ${MOST_INDEXES} when completion mode is Indexed`,
      );
    if (failed > completions) at.at('maxFailedIndexes').invalid(failed, 'must be less than or equal to completions');
  } else if (mode === undefined || mode === 'NonIndexed') {
    if (limit !== undefined) at.at('backoffLimitPerIndex').invalid(limit, 'requires indexed completion mode');
    if (failed !== undefined) at.at('maxFailedIndexes').invalid(failed, 'requires indexed completion mode');
  }
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const MOST_RULES = 20;
const MOST_CODES = 255;
const quoted = (values: string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function validateFailurePolicy({ podFailurePolicy, template, backoffLimitPerIndex }: Loose, at: Findings): void {
  const { containers, initContainers } = template?.spec ?? {};
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }: Loose) => name);
  const rules: Loose[] = podFailurePolicy.rules ?? [];
  if (rules.length > MOST_RULES) at.at('rules').tooMany(rules.length, MOST_RULES);
  at.at('rules').items(rules, ({ action, onExitCodes, onPodConditions = [] }, own) => {
    if (!action) own.at('action').required(`valid values: ${quoted(ACTIONS)}`);
    else if (!ACTIONS.includes(action)) own.at('action').notSupported(action, ACTIONS);
    else if (action === 'FailIndex' && backoffLimitPerIndex === undefined)
      own.at('action').invalid(action, 'requires the backoffLimitPerIndex to be set');
    if (onExitCodes) validateExitCodes(onExitCodes, names, own.at('onExitCodes'));
    own.at('onPodConditions').items(onPodConditions as Loose[], ({ type = '', status }, place) => {
      place.at('type').each(type, isQualifiedName(type));
      const statuses = ['False', 'True', 'Unknown'];
      if (!status) place.at('status').required(`valid values: ${quoted(statuses)}`);
      else if (!statuses.includes(status)) place.at('status').notSupported(status, statuses);
    });
    if (onExitCodes && onPodConditions.length > 0)
      own.refuse('specifying both OnExitCodes and OnPodConditions is not supported');
    if (!onExitCodes && onPodConditions.length === 0)
      own.refuse('specifying one of OnExitCodes and OnPodConditions is required');
  });
}

function validateExitCodes({ operator, containerName, ...rest }: Loose, names: string[], at: Findings): void {
  const values: number[] = rest['values'] ?? [];
  if (!operator) at.at('operator').required(`valid values: ${quoted(['In', 'NotIn'])}`);
  else if (!['In', 'NotIn'].includes(operator)) at.at('operator').notSupported(operator, ['In', 'NotIn']);
  if (containerName !== undefined && !names.includes(containerName))
    at.at('containerName').invalid(
      containerName,
      'must be one of the container or initContainer names in the pod template',
    );
  const own = at.at('values');
  if (values.length === 0) own.invalid(values, 'at least one value is required');
  else if (values.length > MOST_CODES) own.tooMany(values.length, MOST_CODES);
  const seen = new Set<number>();
  own.items(values, (code, place) => {
    if (operator === 'In' && code === 0) place.invalid(code, 'must not be 0 for the In operator');
    if (seen.has(code)) place.duplicate(code);
    seen.add(code);
  });
  if (values.some((code, i) => i > 0 && (values[i - 1] ?? code) > code)) own.invalid(values, 'must be ordered');
}

function validateSuccessPolicy({ successPolicy, completionMode, completions }: Loose, at: Findings): void {
  if (completionMode !== 'Indexed') {
    at.invalid(successPolicy, 'requires indexed completion mode');
    return;
  }
  const rules: Loose[] = successPolicy.rules ?? [];
  if (rules.length === 0)
    at.at('rules').required('at least one rules must be specified when the successPolicy is specified');
  if (rules.length > MOST_RULES) at.at('rules').tooMany(rules.length, MOST_RULES);
  at.at('rules').items(rules, ({ succeededCount: count, succeededIndexes: indexes }, own) => {
    if (count === undefined && indexes === undefined)
      own.required('at least one of succeededCount or succeededIndexes must be specified');
    nonNegatives({ succeededCount: count }, ['succeededCount'], own);
    if (count > completions)
      own
        .at('succeededCount')
        .invalid(count, `must be less than or equal to ${completions} (the number of specified completions)`);
  });
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: Loose, at: Findings): void {
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (policy !== undefined && !supported.includes(policy)) at.notSupported(policy, supported);
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
  const { spec: job = {} } = spec.jobTemplate ?? {};
  validateJobSpec(job, at.at('jobTemplate', 'spec'));
  if (job.selector) at.at('jobTemplate', 'spec', 'selector').invalid(job.selector, '`selector` will be auto-generated');
  if (job.manualSelector === true) at.at('jobTemplate', 'spec', 'manualSelector').notSupported(true, ['nil', 'false']);
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
