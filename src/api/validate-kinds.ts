/** Validation of the other kinds that charts use: data, access rules, scaling, admission. */
import { parseJsonMap } from '../encoding/json.ts';
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { byteLength, isConfigMapKey, isPathSegmentName } from './names.ts';
import { immutable, intOrPercent, notOver100Percent, oneOf, validateLabelSelector } from './validate-meta.ts';

const MAX_DATA = 1024 * 1024;

export function validateConfigMap({ data, binaryData }: Loose, at: Findings): void {
  let size = 0;
  for (const [key, value] of Object.entries((data ?? {}) as Record<string, string>)) {
    at.at('data').key(key).each(key, isConfigMapKey(key));
    if (Object.hasOwn(binaryData ?? {}, key))
      at.at('data').key(key).invalid(key, 'duplicate of key present in binaryData');
    size += byteLength(value);
  }
  for (const [key, value] of Object.entries((binaryData ?? {}) as Record<string, string>)) {
    at.at('binaryData').key(key).each(key, isConfigMapKey(key));
    size += decodedLength(value);
  }
  // The path is empty, as in Kubernetes.
  if (size > MAX_DATA) at.key('').tooLong(MAX_DATA);
}

const decodedLength = (base64: string): number =>
  (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);

/** Keys that a secret of a type must have. */
const SECRET_KEYS: Record<string, string[]> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export function validateSecret({ data = {}, type, metadata }: Loose, at: Findings): void {
  let size = 0;
  for (const [key, value] of Object.entries(data as Record<string, string>)) {
    at.at('data').key(key).each(key, isConfigMapKey(key));
    size += decodedLength(value ?? '');
  }
  if (size > MAX_DATA) at.at('data').tooLong(MAX_DATA);
  for (const key of SECRET_KEYS[type] ?? []) if (!Object.hasOwn(data, key)) at.at('data').key(key).required();
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    at.at('data').key('username').required();
    at.at('data').key('password').required();
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.['kubernetes.io/service-account.name'])
    at.at('metadata', 'annotations').key('kubernetes.io/service-account.name').required();
  const config = SECRET_KEYS[type]?.[0];
  if (
    (type === 'kubernetes.io/dockerconfigjson' || type === 'kubernetes.io/dockercfg') &&
    config !== undefined &&
    Object.hasOwn(data, config)
  ) {
    const wrong = jsonError(data[config]);
    if (wrong !== undefined) at.at('data').key(config).invalid('<secret contents redacted>', wrong);
  }
}

/** In the words of Go. */
function jsonError(base64: string): string | undefined {
  try {
    parseJsonMap(Buffer.from(base64, 'base64').toString('utf8'));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Data marked immutable, and the type of a secret. */
export function validateDataUpdate(object: Loose, old: Loose, at: Findings): void {
  if (object['kind'] === 'Secret') immutable(object['type'], old['type'], at.at('type'));
  if (old['immutable'] !== true) return;
  if (object['immutable'] !== true) at.at('immutable').forbidden('field is immutable when `immutable` is set');
  for (const field of ['data', 'binaryData'])
    if (!equalJson(object[field], old[field])) at.at(field).forbidden('field is immutable when `immutable` is set');
}

export function validateRole({ kind, rules, aggregationRule }: Loose, at: Findings): void {
  at.at('rules').items(rules as Loose[], (rule, own) => {
    if (!(rule['verbs']?.length > 0)) own.at('verbs').required('verbs must contain at least one value');
    const urls = rule['nonResourceURLs']?.length > 0;
    if (urls) {
      if (kind === 'Role')
        own
          .at('nonResourceURLs')
          .invalid(rule['nonResourceURLs'], 'namespaced rules cannot apply to non-resource URLs');
      if (['apiGroups', 'resources', 'resourceNames'].some((field) => rule[field]?.length > 0))
        own
          .at('nonResourceURLs')
          .invalid(rule['nonResourceURLs'], 'rules cannot apply to both regular resources and non-resource URLs');
      return;
    }
    if (!(rule['apiGroups']?.length > 0))
      own.at('apiGroups').required('resource rules must supply at least one api group');
    if (!(rule['resources']?.length > 0))
      own.at('resources').required('resource rules must supply at least one resource');
  });
  if (aggregationRule && !(aggregationRule.clusterRoleSelectors?.length > 0))
    at.at('aggregationRule', 'clusterRoleSelectors').required(
      'at least one clusterRoleSelector required if aggregationRule is non-nil',
    );
}

const RBAC = 'rbac.authorization.k8s.io';

export function validateBinding({ kind, roleRef = {}, subjects }: Loose, at: Findings): void {
  const own = at.at('roleRef');
  if (roleRef.apiGroup !== RBAC) own.at('apiGroup').notSupported(roleRef.apiGroup ?? '', [RBAC]);
  const kinds = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(roleRef.kind)) own.at('kind').notSupported(roleRef.kind ?? '', kinds);
  if (!roleRef.name) own.at('name').required();
  else own.at('name').each(roleRef.name, isPathSegmentName(roleRef.name));
  at.at('subjects').items(subjects as Loose[], (subject, place) => validateSubject(subject, place, kind));
}

const SUBJECT_GROUPS: Record<string, string> = { ServiceAccount: '', User: RBAC, Group: RBAC };

function validateSubject(subject: Loose, at: Findings, binding: string): void {
  if (!subject['name']) at.at('name').required();
  const group = SUBJECT_GROUPS[subject['kind']];
  if (group === undefined) {
    at.at('kind').notSupported(subject['kind'] ?? '', ['ServiceAccount', 'User', 'Group']);
    return;
  }
  if ((subject['apiGroup'] ?? '') !== group) at.at('apiGroup').notSupported(subject['apiGroup'] ?? '', [group]);
  if (subject['kind'] === 'ServiceAccount' && !subject['namespace'] && binding === 'ClusterRoleBinding')
    at.at('namespace').required();
}

export function validateBindingUpdate(object: Loose, old: Loose, at: Findings): void {
  if (!equalJson(object['roleRef'], old['roleRef']))
    at.at('roleRef').invalid(object['roleRef'], 'cannot change roleRef');
}

export function validateDisruptionBudget({ spec = {} }: Loose, at: Findings): void {
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    at.invalid(spec, 'minAvailable and maxUnavailable cannot be both set');
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    intOrPercent(value, at.at(name));
    notOver100Percent(value, at.at(name));
  }
  validateLabelSelector(spec.selector, at.at('selector'));
  const { unhealthyPodEvictionPolicy: policy } = spec;
  if (policy !== undefined) oneOf(policy, ['AlwaysAllow', 'IfHealthyBudget'], at.at('unhealthyPodEvictionPolicy'));
}

export function validatePriorityClass({ value, preemptionPolicy, metadata }: Loose, at: Findings): void {
  if (
    metadata.name?.startsWith('system-') &&
    !['system-node-critical', 'system-cluster-critical'].includes(metadata.name)
  )
    at.at('metadata', 'name').forbidden(
      "priority class names with 'system-' prefix are reserved for system use only. error: " +
        metadata.name +
        ' is not a known system priority class',
    );
  if (value > 1_000_000_000 && !metadata.name?.startsWith('system-'))
    at.at('value').forbidden('maximum allowed value of a user defined priority is 1000000000');
  if (preemptionPolicy && !['Never', 'PreemptLowerPriority'].includes(preemptionPolicy))
    at.at('preemptionPolicy').notSupported(preemptionPolicy, ['PreemptLowerPriority', 'Never']);
}

export function validatePriorityClassUpdate(object: Loose, old: Loose, at: Findings): void {
  if ((object['value'] ?? 0) !== (old['value'] ?? 0)) at.at('value').forbidden('may not be changed in an update.');
  immutable(object['preemptionPolicy'], old['preemptionPolicy'], at.at('preemptionPolicy'));
}
