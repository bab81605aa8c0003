/** Validation of claims to storage. */
import { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { goDiff } from './go-diff.ts';
import { equalJson } from './json.ts';
import { isDns1123Subdomain, labelName } from './names.ts';
import { compareQuantities, parseQuantity } from './quantity.ts';
import { immutable, validateLabelSelector } from './validate-meta.ts';

export const VOLUME_MODES = ['Block', 'Filesystem'];

export function validateClaim({ spec = {} }: Loose, at: Findings): void {
  if (!(spec.accessModes?.length > 0)) at.at('accessModes').required('at least 1 access mode is required');
  validateLabelSelector(spec.selector, at.at('selector'));
  validateAccessModes(spec.accessModes, at.at('accessModes'));
  const storage = spec.resources?.requests?.storage;
  const size = at.at('resources').key('storage');
  if (storage === undefined) size.required();
  else if (parseQuantity(storage).unscaled <= 0n) size.invalid(storage, 'must be greater than zero');
  const { storageClassName: storageClass, volumeMode, volumeAttributesClassName: attributes } = spec;
  if (storageClass) at.at('storageClassName').each(storageClass, isDns1123Subdomain(storageClass));
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode))
    at.at('volumeMode').notSupported(volumeMode, VOLUME_MODES);
  for (const field of ['dataSource', 'dataSourceRef']) if (spec[field]) validateSource(spec[field], at.at(field));
  checkSources(spec, at);
  if (attributes) at.at('volumeAttributesClassName').each(attributes, isDns1123Subdomain(attributes));
}

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export function validateAccessModes(modes: string[] | undefined, at: Findings): void {
  for (const mode of modes ?? []) if (!ACCESS_MODES.includes(mode)) at.notSupported(mode, ACCESS_MODES);
  const others = modes?.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (others && modes?.includes('ReadWriteOncePod'))
    at.forbidden('may not use ReadWriteOncePod with other access modes');
}

function validateSource({ name, kind = '', apiGroup, namespace }: Loose, at: Findings): void {
  if (!name) at.at('name').required();
  if (kind === '') at.at('kind').required();
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    at.invalid(kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  if (apiGroup) at.at('apiGroup').each(apiGroup, isDns1123Subdomain(apiGroup));
  if (namespace) at.at('namespace').each(namespace, labelName(namespace));
}

/** The old field and the new one say the same, unless the new one reaches into another namespace. */
function checkSources({ dataSource, dataSourceRef }: Loose, at: Findings): void {
  if (!dataSource || !dataSourceRef) return;
  const { namespace, ...reference } = dataSourceRef;
  // The value is the path of a field, which prints as an empty object.
  if (namespace) at.invalid({}, 'may not be specified when dataSourceRef.namespace is specified');
  else if (!equalJson(dataSource, reference)) at.invalid({}, 'must match dataSourceRef');
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
  // What may change is taken to be as it was: the volume and the class once, the size and its class of a bound claim.
  const bound = old['status']?.phase === 'Bound';
  const was = before.resources?.requests?.storage;
  const resize = bound && spec.resources?.requests !== undefined;
  const current = goClaimSpec({ ...before, volumeName: before.volumeName || spec.volumeName });
  const wanted = goClaimSpec({
    ...spec,
    storageClassName: before.storageClassName === undefined ? undefined : spec.storageClassName,
    ...(bound &&
      spec.volumeAttributesClassName !== undefined && { volumeAttributesClassName: before.volumeAttributesClassName }),
    ...(resize && { resources: { ...spec.resources, requests: { ...spec.resources.requests, storage: was } } }),
  });
  if (!equalJson(wanted, current)) at.forbidden(`${CLAIM_TEXT}\n${goDiff(current, wanted)}`);
  validateSize(spec.resources?.requests?.storage, was, old['status']?.capacity?.storage, at);
  // As Kubernetes names the field.
  immutable(spec.volumeMode, before.volumeMode, new Findings('volumeMode', at.list));
  if (before.volumeAttributesClassName !== undefined && !spec.volumeAttributesClassName)
    at.at('volumeAttributesClassName').forbidden(
      `update from non-nil value to ${spec.volumeAttributesClassName === '' ? 'an empty string' : 'nil'} is forbidden`,
    );
}

/** A claim that could not grow may ask for less again, though for more than it has. */
function validateSize(size: string | undefined, was: string | undefined, has: string | undefined, at: Findings): void {
  if (size === undefined || was === undefined) return;
  const wanted = parseQuantity(size);
  if (compareQuantities(wanted, parseQuantity(was)) >= 0 || compareQuantities(wanted, parseQuantity(has ?? '0')) > 0)
    return;
  at.at('resources', 'requests', 'storage').forbidden('field can not be less than status.capacity');
}
