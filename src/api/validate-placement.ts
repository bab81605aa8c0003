/** Validation of where a pod may run, and as whom. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isLabelValue, isQualifiedName, isUserId } from './names.ts';
import { validateLabelSelector } from './validate-meta.ts';

export function validateSecurity(context: Loose | undefined, at: Findings): void {
  if (!context) return;
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'])
    if (context[field] !== undefined) at.at(field).each(context[field], isUserId(context[field]));
  at.at('supplementalGroups').items(context['supplementalGroups'] as number[], (group, own) =>
    own.each(group, isUserId(group)),
  );
}

export function validateContainerSecurity(context: Loose | undefined, at: Findings): void {
  if (!context) return;
  for (const field of ['runAsUser', 'runAsGroup'])
    if (context[field] !== undefined) at.at(field).each(context[field], isUserId(context[field]));
  if (context['allowPrivilegeEscalation'] !== false) return;
  if (context['privileged'] === true)
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  if (context['capabilities']?.add?.includes('CAP_SYS_ADMIN'))
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
}

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
    if (effect && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
      own.at('effect').notSupported(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  });
}

export function validateSpread(constraints: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(constraints, (each, own) => {
    if (!(each['maxSkew'] > 0)) own.at('maxSkew').invalid(each['maxSkew'], 'must be greater than zero');
    if (!each['topologyKey']) own.at('topologyKey').required('can not be empty');
    else own.at('topologyKey').each(each['topologyKey'], isQualifiedName(each['topologyKey']));
    const when = each['whenUnsatisfiable'];
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(when))
      own.at('whenUnsatisfiable').notSupported(when ?? '', ['DoNotSchedule', 'ScheduleAnyway']);
    const pair = `{${each['topologyKey']}, ${when}}`;
    if (seen.has(pair)) own.at('{topologyKey, whenUnsatisfiable}').duplicate(pair);
    seen.add(pair);
    validateLabelSelector(each['labelSelector'], own.at('labelSelector'));
  });
}

export function validateAffinity(affinity: Loose | undefined, at: Findings): void {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const required = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution;
    const own = at.at(kind, 'requiredDuringSchedulingIgnoredDuringExecution');
    own.items(required as Loose[], validateTerm);
    const preferred = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution;
    (preferred ?? []).forEach((each: Loose, i: number) => {
      const place = at.at(kind, 'preferredDuringSchedulingIgnoredDuringExecution', i);
      if (!(each['weight'] >= 1 && each['weight'] <= 100))
        place.at('weight').invalid(each['weight'], 'must be in the range 1-100');
      validateTerm(each['podAffinityTerm'] ?? {}, place.at('podAffinityTerm'));
    });
  }
  const node = affinity?.['nodeAffinity']?.requiredDuringSchedulingIgnoredDuringExecution;
  if (node && !(node.nodeSelectorTerms?.length > 0))
    at.at('nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms').required(
      'must have at least one node selector term',
    );
}

function validateTerm(term: Loose, at: Findings): void {
  validateLabelSelector(term['labelSelector'], at.at('labelSelector'));
  if (!term['topologyKey']) at.at('topologyKey').required('can not be empty');
  else at.at('topologyKey').each(term['topologyKey'], isQualifiedName(term['topologyKey']));
}

export function validateReadinessGates(gates: Loose[] | undefined, at: Findings): void {
  at.items(gates, ({ conditionType = '' }, own) =>
    own.at('conditionType').each(conditionType, isQualifiedName(conditionType)),
  );
}
