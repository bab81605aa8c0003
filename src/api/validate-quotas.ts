/** Validation of what a namespace and its objects may use: quotas and ranges. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isQualifiedName } from './names.ts';
import { compareQuantities, parseQuantity, printQuantity, type Quantity } from './quantity.ts';
import { immutable } from './validate-meta.ts';
import {
  validateAmount,
  validateContainerResourceName,
  validateQuotaResourceName,
  validateResourceName,
} from './validate-resources.ts';

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
/** Scopes that say yes or no. */
const PLAIN_SCOPES = SCOPES.filter((scope) => !['PriorityClass', 'VolumeAttributesClass'].includes(scope));
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];
const OF_PODS = new Set([
  'cpu',
  'memory',
  'pods',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);
const OF_CLAIMS = new Set(['persistentvolumeclaims', 'requests.storage']);
const COUNTED = /^count\//;

export function validateQuota({ spec = {} }: Loose, at: Findings): void {
  for (const [name, amount] of Object.entries((spec.hard ?? {}) as Record<string, string>)) {
    const own = at.at('hard').key(name);
    validateQuotaResourceName(name, own);
    validateAmount(name, amount, own);
  }
  validateScopes(spec, at.at('scopes'));
  if (spec.scopeSelector) validateScopeSelector(spec, at.at('scopeSelector', 'matchExpressions'));
}

function coversScope(scope: string, resource: string): boolean {
  if (COUNTED.test(resource) || resource.includes('/')) return true;
  if (scope === 'BestEffort') return resource === 'pods';
  return scope === 'VolumeAttributesClass' ? OF_CLAIMS.has(resource) : OF_PODS.has(resource);
}

function validateScopes({ scopes = [], hard = {} }: Loose, at: Findings): void {
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) at.invalid(scopes, 'unsupported scope');
    for (const resource of Object.keys(hard).sort())
      if (!coversScope(scope, resource)) at.invalid(scopes, 'unsupported scope applied to resource');
  }
  checkOpposites(scopes, scopes, at);
}

function checkOpposites(names: string[], value: unknown, at: Findings): void {
  for (const pair of OPPOSITES)
    if (pair.every((scope) => names.includes(scope))) at.invalid(value, 'conflicting scopes');
}

function validateScopeSelector({ scopeSelector, scopes, hard = {} }: Loose, at: Findings): void {
  const { matchExpressions = [] } = scopeSelector;
  for (const { scopeName = '', operator = '', values = [] } of matchExpressions) {
    if (!SCOPES.includes(scopeName)) at.at('scopeName').invalid(scopeName, 'unsupported scope');
    for (const resource of Object.keys(hard).sort())
      if (!coversScope(scopeName, resource)) at.invalid(scopeSelector, 'unsupported scope applied to resource');
    if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists')
      at.at('operator').invalid(
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      );
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        at.at('values').required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        at.at('values').invalid(
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        );
    } else at.at('operator').invalid(operator, 'not a valid selector operator');
  }
  checkOpposites(
    matchExpressions.map(({ scopeName }: Loose) => scopeName),
    scopes ?? null,
    at,
  );
}

export function validateQuotaUpdate(object: Loose, old: Loose, at: Findings): void {
  const sorted = ({ spec }: Loose): string[] => [...(spec?.scopes ?? [])].sort();
  immutable(sorted(object), sorted(old), at.at('scopes'));
}

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

export function validateLimitRange({ spec = {} }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.at('limits').items(spec.limits as Loose[], (limit, own) => {
    const { type = '' } = limit;
    const wrong = isQualifiedName(type);
    own.at('type').each(type, wrong);
    if (wrong.length === 0 && !type.includes('/') && !TYPES.includes(type))
      own.at('type').invalid(type, 'must be a standard limit type or fully qualified');
    if (seen.has(type)) own.at('type').duplicate(type);
    seen.add(type);
    validateLists(limit, own);
  });
}

function validateLists(limit: Loose, at: Findings): void {
  const { type } = limit;
  const forbidden = type === 'Pod' ? ['default', 'defaultRequest'] : [];
  const checkName = type === 'Pod' || type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = new Set<string>();
  for (const list of LISTS) {
    const amounts = Object.keys(limit[list] ?? {});
    if (list === 'maxLimitRequestRatio' && type === 'PersistentVolumeClaim' && !names.has('storage'))
      at.at('limits').required('either minimum or maximum storage value is required, but neither was provided');
    if (forbidden.includes(list)) {
      if (amounts.length > 0) at.at(list).forbidden("may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const name of amounts) {
      checkName(name, at.at(list).key(name));
      names.add(name);
    }
  }
  for (const name of names) compareAmounts(name, limit, at);
}

/** Pairs whose first may not be more than their second, and what is told where it is: of which, and in which words. */
const ORDERS: [low: string, high: string, told: string, shown: string, text: string][] = [
  ['min', 'max', 'min', 'min', 'min value %low is greater than max value %high'],
  [
    'min',
    'defaultRequest',
    'defaultRequest',
    'defaultRequest',
    'min value %low is greater than default request value %high',
  ],
  [
    'defaultRequest',
    'max',
    'defaultRequest',
    'defaultRequest',
    'default request value %low is greater than max value %high',
  ],
  [
    'defaultRequest',
    'default',
    'defaultRequest',
    'defaultRequest',
    'default request value %low is greater than default limit value %high',
  ],
  ['min', 'default', 'default', 'min', 'min value %low is greater than default value %high'],
  ['default', 'max', 'default', 'max', 'default value %low is greater than max value %high'],
];

function compareAmounts(name: string, limit: Loose, at: Findings): void {
  const amountOf = (list: string): Quantity | undefined => {
    const text = list.startsWith('default') && limit['type'] === 'Pod' ? undefined : limit[list]?.[name];
    return text === undefined ? undefined : parseQuantity(text);
  };
  for (const [low, high, told, shown, text] of ORDERS) {
    const [less, more] = [amountOf(low), amountOf(high)];
    if (!less || !more || compareQuantities(less, more) <= 0) continue;
    const words = text.replace('%low', printQuantity(less)).replace('%high', printQuantity(more));
    at.at(told)
      .key(name)
      .invalid(printQuantity(amountOf(shown)!), words);
  }
  const ratio = amountOf('maxLimitRequestRatio');
  if (ratio && compareQuantities(ratio, parseQuantity('1')) < 0)
    at.at('maxLimitRequestRatio')
      .key(name)
      .invalid(printQuantity(ratio), `ratio ${printQuantity(ratio)} is less than 1`);
}
