/** Validation of where a pod may run. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1123Subdomain, isLabelValue, isQualifiedName, labelName } from './names.ts';
import { validateLabelSelector } from './validate-meta.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: Loose[] | undefined, at: Findings): void {
  at.items(tolerations, (toleration, own) => {
    const { key, operator, value, effect, tolerationSeconds } = toleration;
    if (key) own.at('key').each(key, isQualifiedName(key));
    else if (operator !== 'Exists')
      own
        .at('operator')
        .invalid(
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      own.at('effect').invalid(effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator === 'Exists') {
      if (value) own.at('operator').invalid(value, "value must be empty when `operator` is 'Exists'");
    } else if (!operator || operator === 'Equal') {
      const wrong = isLabelValue(value ?? '');
      if (wrong.length > 0) own.at('operator').invalid(value, wrong.join(';'));
    } else own.at('operator').notSupported(operator, ['Equal', 'Exists']);
    if (effect && !EFFECTS.includes(effect)) own.at('effect').notSupported(effect, EFFECTS);
  });
}

export function validateSpread(constraints: Loose[] | undefined, at: Findings): void {
  at.items(constraints, (each, own) => {
    const { maxSkew, topologyKey: key, whenUnsatisfiable: when = '', minDomains } = each;
    if (!(maxSkew > 0)) own.at('maxSkew').invalid(maxSkew, 'must be greater than zero');
    if (!key) own.at('topologyKey').required('can not be empty');
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(when))
      own.at('whenUnsatisfiable').notSupported(when, ['DoNotSchedule', 'ScheduleAnyway']);
    const rest = constraints!.slice(constraints!.indexOf(each) + 1);
    if (rest.some((other) => other['topologyKey'] === key && other['whenUnsatisfiable'] === when))
      own.at('{topologyKey, whenUnsatisfiable}').duplicate(`{${key}, ${when}}`);
    if (minDomains <= 0) own.at('minDomains').invalid(minDomains, 'must be greater than zero');
    if (minDomains !== undefined && when !== 'DoNotSchedule')
      own
        .at('minDomains')
        .invalid(minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${when}`);
    for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'])
      if (each[policy] !== undefined && !['Honor', 'Ignore'].includes(each[policy]))
        own.at(policy).notSupported(each[policy], ['Honor', 'Ignore']);
    validateSpreadKeys(each, own.at('matchLabelKeys'));
    validateLabelSelector(each['labelSelector'], own.at('labelSelector'));
  });
}

function validateSpreadKeys({ matchLabelKeys: keys = [], labelSelector: selector }: Loose, at: Findings): void {
  if (keys.length === 0) return;
  if (!selector) at.forbidden('must not be specified when labelSelector is not set');
  const selected = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(({ key }: Loose) => key),
  ]);
  at.items(keys as string[], (key, own) => {
    own.each(key, isQualifiedName(key));
    if (selected.has(key)) own.invalid(key, 'exists in both matchLabelKeys and labelSelector');
  });
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: Loose | undefined, at: Findings): void {
  const node = affinity?.['nodeAffinity'];
  if (node?.[REQUIRED]) validateNodeSelector(node[REQUIRED], at.at('nodeAffinity', REQUIRED));
  at.at('nodeAffinity', PREFERRED).items(node?.[PREFERRED] as Loose[], ({ weight, preference = {} }, own) => {
    validateWeight(weight, own.at('weight'));
    validateNodeTerm(preference, own.at('preference'), true);
  });
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    at.at(kind, REQUIRED).items(affinity?.[kind]?.[REQUIRED] as Loose[], validatePodTerm);
    at.at(kind, PREFERRED).items(affinity?.[kind]?.[PREFERRED] as Loose[], ({ weight, podAffinityTerm = {} }, own) => {
      validateWeight(weight, own.at('weight'));
      validatePodTerm(podAffinityTerm, own.at('podAffinityTerm'));
    });
  }
}

function validateWeight(weight: number, at: Findings): void {
  if (!(weight >= 1 && weight <= 100)) at.invalid(weight, 'must be in the range 1-100');
}

export function validateNodeSelector({ nodeSelectorTerms: terms }: Loose, at: Findings): void {
  const own = at.at('nodeSelectorTerms');
  if (!(terms?.length > 0)) own.required('must have at least one node selector term');
  own.items(terms as Loose[], (term, place) => validateNodeTerm(term, place));
}

/** Of a preference the values are not looked at. */
function validateNodeTerm({ matchExpressions, matchFields }: Loose, at: Findings, preferred = false): void {
  at.at('matchExpressions').items(matchExpressions as Loose[], (each, own) => {
    validateNodeRequirement(each, own);
    if (!preferred)
      own.at('values').items(each['values'] as string[], (value, place) => place.each(value, isLabelValue(value)));
  });
  at.at('matchFields').items(matchFields as Loose[], validateNodeField);
}

function validateNodeRequirement({ key = '', operator = '', values = [] }: Loose, at: Findings): void {
  const own = at.at('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) own.required("must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) own.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) own.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
  } else at.at('operator').invalid(operator, 'not a valid selector operator');
  at.at('key').each(key, isQualifiedName(key));
}

function validateNodeField({ key = '', operator = '', values = [] }: Loose, at: Findings): void {
  if (operator !== 'In' && operator !== 'NotIn') at.at('operator').invalid(operator, 'not a valid selector operator');
  else if (values.length !== 1)
    at.at('values').required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  if (key !== 'metadata.name') at.at('key').invalid(key, 'not a valid field selector key');
  else at.at('values').items(values as string[], (value, own) => own.each(value, isDns1123Subdomain(value)));
}

function validatePodTerm(term: Loose, at: Findings): void {
  const { labelSelector, namespaceSelector, namespaces, topologyKey: key = '' } = term;
  validateLabelSelector(labelSelector, at.at('labelSelector'));
  validateLabelSelector(namespaceSelector, at.at('namespaceSelector'));
  for (const name of namespaces ?? []) at.at('namespace').each(name, labelName(name));
  validateKeys(term, at);
  if (key === '') at.at('topologyKey').required('can not be empty');
  at.at('topologyKey').each(key, isQualifiedName(key));
}

function validateKeys({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Loose, at: Findings): void {
  for (const [field, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    const own = at.at(field);
    if (keys.length > 0 && !labelSelector) own.forbidden('must not be specified when labelSelector is not set');
    else own.items(keys as string[], (key, place) => place.each(key, isQualifiedName(key)));
  }
  at.at('matchLabelKeys').items(matchLabelKeys as string[], (key, own) => {
    if (mismatchLabelKeys.includes(key)) own.invalid(key, 'exists in both matchLabelKeys and mismatchLabelKeys');
  });
}

export function validateReadinessGates(gates: Loose[] | undefined, at: Findings): void {
  at.items(gates, ({ conditionType = '' }, own) =>
    own.at('conditionType').each(conditionType, isQualifiedName(conditionType)),
  );
}

export function validateSchedulingGates(gates: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(gates, ({ name = '' }, own) => {
    own.each(name, isQualifiedName(name));
    if (seen.has(name)) own.duplicate(name);
    seen.add(name);
  });
}
