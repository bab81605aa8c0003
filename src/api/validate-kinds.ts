/** Validation of the other kinds that charts use: data, storage, access rules, scaling, admission. */
import { parseJsonMap } from '../encoding/json.ts';
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { goDiff } from './go-diff.ts';
import { equalJson } from './json.ts';
import { byteLength, isConfigMapKey, isPathSegmentName, isQualifiedName } from './names.ts';
import { compareQuantities, parseQuantity } from './quantity.ts';
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

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export function validateClaim({ spec = {} }: Loose, at: Findings): void {
  validateLabelSelector(spec.selector, at.at('selector'));
  if (!(spec.accessModes?.length > 0)) at.at('accessModes').required('at least 1 access mode is required');
  for (const mode of spec.accessModes ?? [])
    if (!ACCESS_MODES.includes(mode)) at.at('accessModes').notSupported(mode, ACCESS_MODES);
  if (spec.accessModes?.includes('ReadWriteOncePod') && spec.accessModes.length > 1)
    at.at('accessModes').forbidden('may not use ReadWriteOncePod with other access modes');
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) at.at('resources').key('storage').required();
  else if (parseQuantity(storage).unscaled <= 0n)
    at.at('resources').key('storage').invalid(storage, 'must be greater than zero');
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode))
    at.at('volumeMode').notSupported(spec.volumeMode, ['Block', 'Filesystem']);
}

const CLAIM_TEXT =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** A claim's spec as Kubernetes' internal type prints itself. */
const goClaimSpec = (spec: Loose): Loose => ({
  AccessModes: spec['accessModes'] ?? null,
  Selector: spec['selector'] ?? null,
  Resources: { Limits: spec['resources']?.limits ?? null, Requests: spec['resources']?.requests ?? null },
  VolumeName: spec['volumeName'] ?? '',
  StorageClassName: spec['storageClassName'] ?? null,
  VolumeMode: spec['volumeMode'] ?? null,
  DataSource: goReference(spec['dataSource']),
  DataSourceRef: goReference(spec['dataSourceRef'], true),
  VolumeAttributesClassName: spec['volumeAttributesClassName'] ?? null,
});

const goReference = (reference: Loose | undefined, named = false): Loose | null =>
  reference === undefined || reference === null
    ? null
    : ({
        APIGroup: reference['apiGroup'] ?? null,
        Kind: reference['kind'] ?? '',
        Name: reference['name'] ?? '',
        ...(named && { Namespace: reference['namespace'] ?? null }),
      } as unknown as Loose);

export function validateClaimUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'], old['spec']];
  // What may change is taken to be as it was: the volume once, the size and its class of a bound claim.
  const bound = old['status']?.phase === 'Bound' && spec.resources?.requests !== undefined;
  const storage = before.resources?.requests?.storage;
  const wanted = goClaimSpec({
    ...spec,
    volumeName: before.volumeName || spec.volumeName,
    volumeAttributesClassName: before.volumeAttributesClassName,
    ...(bound && { resources: { ...spec.resources, requests: { ...spec.resources.requests, storage } } }),
  });
  const current = goClaimSpec({ ...before, volumeName: before.volumeName || spec.volumeName });
  if (spec.volumeName !== before.volumeName && before.volumeName) wanted['VolumeName'] = spec.volumeName ?? '';
  if (!equalJson(wanted, current)) at.forbidden(`${CLAIM_TEXT}\n${goDiff(current, wanted)}`);
  const [size, was] = [spec.resources?.requests?.storage, before.resources?.requests?.storage];
  if (!size || !was || old['status']?.phase !== 'Bound') return;
  if (compareQuantities(parseQuantity(size), parseQuantity(was)) < 0)
    at.at('resources', 'requests', 'storage').forbidden('field can not be less than status.capacity');
}

export function validateVolume({ spec = {} }: Loose, at: Findings): void {
  if (!(spec.accessModes?.length > 0)) at.at('accessModes').required();
  for (const mode of spec.accessModes ?? [])
    if (!ACCESS_MODES.includes(mode)) at.at('accessModes').notSupported(mode, ACCESS_MODES);
  if (Object.keys(spec.capacity ?? {}).length === 0) at.at('capacity').required();
  else if (spec.capacity.storage === undefined || Object.keys(spec.capacity).length > 1)
    at.at('capacity').notSupported(spec.capacity, ['storage']);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !['Delete', 'Recycle', 'Retain'].includes(policy))
    at.at('persistentVolumeReclaimPolicy').notSupported(policy, ['Delete', 'Recycle', 'Retain']);
  if (!VOLUME_KINDS.some((kind) => spec[kind])) at.required('must specify a volume type');
}

const VOLUME_KINDS = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'flocker',
  'fc',
  'iscsi',
  'azureFile',
  'cinder',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'azureDisk',
  'local',
  'storageos',
  'csi',
  'flexVolume',
];

export function validateStorageClass(object: Loose, at: Findings): void {
  const { provisioner, reclaimPolicy, volumeBindingMode } = object;
  if (!provisioner) at.at('provisioner').required();
  else at.at('provisioner').each(provisioner, isQualifiedName(provisioner.toLowerCase()));
  if (reclaimPolicy && !['Delete', 'Retain'].includes(reclaimPolicy))
    at.at('reclaimPolicy').notSupported(reclaimPolicy, ['Delete', 'Retain']);
  if (!['Immediate', 'WaitForFirstConsumer'].includes(volumeBindingMode))
    at.at('volumeBindingMode').notSupported(volumeBindingMode ?? '', ['Immediate', 'WaitForFirstConsumer']);
}

export function validateStorageClassUpdate(object: Loose, old: Loose, at: Findings): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'])
    if (!equalJson(object[field], old[field])) at.at(field).forbidden(`updates to ${field} are forbidden.`);
  immutable(object['volumeBindingMode'], old['volumeBindingMode'], at.at('volumeBindingMode'));
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

const isDns = (text: string): boolean => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

export function validateWebhooks({ webhooks }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.at('webhooks').items(webhooks as Loose[], (webhook, own) => {
    const { name = '' } = webhook;
    if (name.length > 253 || !isDns(name) || name.split('.').length < 3)
      own.at('name').invalid(name, 'should be a domain with at least three segments separated by dots');
    if (seen.has(name)) own.at('name').duplicate(name);
    seen.add(name);
    if (!(webhook['admissionReviewVersions']?.length > 0))
      own.at('admissionReviewVersions').required('must specify one of v1, v1beta1');
    if (!['None', 'NoneOnDryRun'].includes(webhook['sideEffects']))
      webhook['sideEffects'] === undefined || webhook['sideEffects'] === null
        ? own.at('sideEffects').required('must specify one of None, NoneOnDryRun')
        : own.at('sideEffects').notSupported(webhook['sideEffects'], ['None', 'NoneOnDryRun']);
    const { url, service } = webhook['clientConfig'] ?? {};
    if ((url === undefined) === (service === undefined))
      own.at('clientConfig').required('exactly one of url or service is required');
    const seconds = webhook['timeoutSeconds'];
    if (seconds !== undefined && (seconds < 1 || seconds > 30))
      own.at('timeoutSeconds').invalid(seconds, 'the timeout value must be between 1 and 30 seconds');
    validateLabelSelector(webhook['namespaceSelector'], own.at('namespaceSelector'));
    validateLabelSelector(webhook['objectSelector'], own.at('objectSelector'));
  });
}

export function validateQuota({ spec = {} }: Loose, at: Findings): void {
  for (const [name, amount] of Object.entries((spec.hard ?? {}) as Record<string, string>)) {
    at.at('hard').key(name).each(name, isQualifiedName(name));
    if (parseQuantity(amount).unscaled < 0n)
      at.at('hard').key(name).invalid(amount, 'must be greater than or equal to 0');
  }
}
