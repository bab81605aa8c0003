/** Validation of horizontal pod autoscalers: what they scale, by which metrics, and how fast. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1123Label, isPathSegmentName } from './names.ts';
import { parseQuantity } from './quantity.ts';

const LONGEST_WINDOW = 3600;
const LONGEST_PERIOD = 1800;

export function validateAutoscaler({ spec = {}, apiVersion }: Loose, at: Findings): void {
  const { minReplicas, maxReplicas = 0 } = spec;
  if (minReplicas !== undefined && minReplicas < 1)
    at.at('minReplicas').invalid(minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) at.at('maxReplicas').invalid(maxReplicas, 'must be greater than 0');
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    at.at('maxReplicas').invalid(maxReplicas, 'must be greater than or equal to `minReplicas`');
  validateReference(spec.scaleTargetRef ?? {}, at.at('scaleTargetRef'));
  if (apiVersion === 'autoscaling/v1') return;
  at.at('metrics').items(spec.metrics as Loose[], validateMetric);
  const scalesToZero = (spec.metrics ?? []).some(({ type }: Loose) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !scalesToZero)
    at.at('metrics').forbidden(
      'must specify at least one Object or External metric to support scaling to zero replicas',
    );
  for (const way of ['scaleUp', 'scaleDown'])
    if (spec.behavior?.[way]) validateRules(spec.behavior[way], at.at('behavior', way));
}

function validateReference(reference: Loose, at: Findings): void {
  for (const field of ['kind', 'name']) {
    const value = reference[field];
    if (!value) at.at(field).required();
    else at.at(field).each(value, isPathSegmentName(value));
  }
}

/** By the name of their field, in the order in which they are looked at. */
const SOURCES: Record<string, (source: Loose, at: Findings) => void> = {
  object(source, at) {
    validateReference(source['describedObject'] ?? {}, at.at('describedObject'));
    validateIdentifier(source, at);
    const { value, averageValue } = validateTarget(source, at);
    if (value === undefined && averageValue === undefined)
      at.at('target', 'averageValue').required('must set either a target value or averageValue');
  },
  external(source, at) {
    validateIdentifier(source, at);
    const { value, averageValue } = validateTarget(source, at);
    if (value === undefined && averageValue === undefined)
      at.at('target', 'averageValue').required('must set either a target value for metric or a per-pod target');
    if (value !== undefined && averageValue !== undefined)
      at.at('target', 'value').forbidden('may not set both a target value for metric and a per-pod target');
  },
  pods(source, at) {
    validateIdentifier(source, at);
    if (validateTarget(source, at)['averageValue'] === undefined)
      at.at('target', 'averageValue').required('must specify a positive target averageValue');
  },
  resource: validateResource,
  containerResource(source, at) {
    if (!source['name']) at.at('name').required('must specify a resource name');
    if (!source['container']) at.at('container').required('must specify a container');
    else at.at('container').each(source['container'], isDns1123Label(source['container']));
    validateUtilization(source, at);
  },
};

const FIELDS: Record<string, string> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

function validateMetric(metric: Loose, at: Findings): void {
  const { type = '' } = metric;
  if (type === '') at.at('type').required('must specify a metric source type');
  if (FIELDS[type] === undefined) at.at('type').notSupported(type, Object.keys(FIELDS));
  const present = Object.keys(SOURCES).filter((field) => metric[field]);
  const [first] = present;
  if (first !== undefined) SOURCES[first]!(metric[first], at.at(first));
  const expected = FIELDS[type];
  if (expected === undefined) at.at('type').notSupported(type, Object.keys(FIELDS));
  else if (!metric[expected]) at.at(expected).required('must populate information for the given metric source');
  if (present.length > 1)
    for (const field of present)
      if (field !== expected) at.at(field).forbidden('must populate the given metric source only');
}

function validateResource(source: Loose, at: Findings): void {
  if (!source['name']) at.at('name').required('must specify a resource name');
  validateUtilization(source, at);
}

function validateUtilization(source: Loose, at: Findings): void {
  const { averageUtilization, averageValue } = validateTarget(source, at);
  if (averageUtilization === undefined && averageValue === undefined)
    at.at('target', 'averageUtilization').required('must set either a target raw value or a target utilization');
  if (averageUtilization !== undefined && averageValue !== undefined)
    at.at('target', 'averageValue').forbidden('may not set both a target raw value and a target utilization');
}

function validateIdentifier({ metric = {} }: Loose, at: Findings): void {
  const own = at.at('metric', 'name');
  if (!metric.name) own.required('must specify a metric name');
  else own.each(metric.name, isPathSegmentName(metric.name));
}

/** Answers the target. */
function validateTarget({ target = {} }: Loose, at: Findings): Loose {
  const own = at.at('target');
  const { type = '', averageUtilization } = target;
  if (type === '') own.at('type').required('must specify a metric target type');
  if (!['AverageValue', 'Utilization', 'Value'].includes(type))
    own.at('type').invalid(type, 'must be either Utilization, Value, or AverageValue');
  for (const field of ['value', 'averageValue'])
    if (target[field] !== undefined && parseQuantity(target[field]).unscaled <= 0n)
      own.at(field).invalid(target[field], 'must be positive');
  if (averageUtilization !== undefined && averageUtilization < 1)
    own.at('averageUtilization').invalid(averageUtilization, 'must be greater than 0');
  return target;
}

function validateRules({ stabilizationWindowSeconds: window, selectPolicy, policies }: Loose, at: Findings): void {
  const own = at.at('stabilizationWindowSeconds');
  if (window !== undefined && window < 0) own.invalid(window, 'must be greater than or equal to zero');
  if (window !== undefined && window > LONGEST_WINDOW)
    own.invalid(window, `must be less than or equal to ${LONGEST_WINDOW}`);
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy))
    at.at('selectPolicy').notSupported(selectPolicy, ['Disabled', 'Max', 'Min']);
  if (!(policies?.length > 0)) at.at('policies').required('must specify at least one Policy');
  at.at('policies').items(policies as Loose[], ({ type, value = 0, periodSeconds = 0 }, place) => {
    if (!['Percent', 'Pods'].includes(type)) place.at('type').notSupported(type ?? '', ['Percent', 'Pods']);
    if (value <= 0) place.at('value').invalid(value, 'must be greater than zero');
    if (periodSeconds <= 0) place.at('periodSeconds').invalid(periodSeconds, 'must be greater than zero');
    if (periodSeconds > LONGEST_PERIOD)
      place.at('periodSeconds').invalid(periodSeconds, `must be less than or equal to ${LONGEST_PERIOD}`);
  });
}
