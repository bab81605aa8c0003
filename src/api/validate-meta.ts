/** Validation of metadata and of what many kinds hold: labels, selectors, counts. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import {
  byteLength,
  isDns1123Subdomain,
  isLabelValue,
  isPercent,
  isQualifiedName,
  labelName,
  type NameRule,
  regexError,
} from './names.ts';

const MAX_ANNOTATIONS = 256 * 1024;

export interface MetaRules {
  namespaced: boolean;
  name: NameRule;
}

export function validateMeta(meta: Loose, at: Findings, { namespaced, name }: MetaRules): void {
  if (meta['generateName']) at.at('generateName').each(meta['generateName'], name(meta['generateName'], true));
  if (!meta['name']) at.at('name').required('name or generateName is required');
  else at.at('name').each(meta['name'], name(meta['name']));
  if (!namespaced) {
    if (meta['namespace']) at.at('namespace').forbidden('not allowed on this type');
  } else if (!meta['namespace']) at.at('namespace').required();
  else at.at('namespace').each(meta['namespace'], labelName(meta['namespace']));
  validateShared(meta, at);
  for (const finalizer of meta['finalizers'] ?? []) at.at('finalizers').each(finalizer, isQualifiedName(finalizer));
  const both = ['foregroundDeletion', 'orphan'].every((each) => meta['finalizers']?.includes(each));
  if (both)
    at.at('finalizers').invalid(meta['finalizers'], 'finalizer orphan and foregroundDeletion cannot be both set');
}

export function validateMetaUpdate(meta: Loose, old: Loose, at: Findings): void {
  if (old['deletionTimestamp']) {
    const added = (meta['finalizers'] ?? []).filter((each: string) => !old['finalizers']?.includes(each)).sort();
    if (added.length > 0)
      at.at('finalizers').forbidden(
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each: string) => JSON.stringify(each)).join(', ')}}`,
      );
  }
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ])
    immutable(meta[field], old[field], at.at(field));
  validateShared(meta, at);
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Built-in kinds know those who hold them. */
export function validateFinalizers(finalizers: string[] | undefined, at: Findings): void {
  at.items(finalizers, (finalizer, own) => {
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer))
      own.invalid(finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
  });
}

/** What holds for every write. */
function validateShared(meta: Loose, at: Findings): void {
  nonNegative(meta['generation'], at.at('generation'));
  validateLabels(meta['labels'], at.at('labels'));
  validateAnnotations(meta['annotations'], at.at('annotations'));
  validateOwners(meta['ownerReferences'], at.at('ownerReferences'));
}

export function validateLabels(labels: Loose | undefined, at: Findings): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    at.each(key, isQualifiedName(key));
    at.each(value, isLabelValue(value));
  }
}

export function validateAnnotations(annotations: Loose | undefined, at: Findings): void {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    at.each(key, isQualifiedName(key.toLowerCase()));
    size += byteLength(key) + byteLength(value);
  }
  if (size > MAX_ANNOTATIONS) at.tooLong(MAX_ANNOTATIONS);
}

function validateOwners(owners: Loose[] | undefined, at: Findings): void {
  let controller: string | undefined;
  at.items(owners, (owner, own) => {
    if (!owner['apiVersion']) own.at('apiVersion').required('must not be empty');
    else if (!/^([^/]+\/)?[^/]+$/.test(owner['apiVersion']))
      own.at('apiVersion').invalid(owner['apiVersion'], 'must be <group>/<version> or <version>');
    for (const field of ['kind', 'name', 'uid']) if (!owner[field]) own.at(field).required('must not be empty');
    if (owner['kind'] === 'Event' && owner['apiVersion'] === 'v1')
      own.invalid(owner, '/v1, Kind=Event is disallowed from being an owner');
    if (!owner['controller']) return;
    const name = `${owner['kind']}/${owner['name']}`;
    if (controller === undefined) controller = name;
    else
      at.invalid(
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
      );
  });
}

export function validateLabelSelector(selector: Loose | undefined, at: Findings): void {
  if (!selector) return;
  validateLabels(selector['matchLabels'], at.at('matchLabels'));
  at.at('matchExpressions').items(selector['matchExpressions'] as Loose[], (each, own) => {
    const { operator, key, values = [] } = each;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) own.at('values').required("must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        own.at('values').forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else own.at('operator').invalid(operator ?? '', 'not a valid selector operator');
    own.at('key').each(key ?? '', isQualifiedName(key ?? ''));
    own.at('values').items(values as string[], (value, place) => place.each(value, isLabelValue(value)));
  });
}

export const isEmptySelector = (selector: Loose): boolean =>
  Object.keys(selector['matchLabels'] ?? {}).length + (selector['matchExpressions']?.length ?? 0) === 0;

export function nonNegative(value: number | undefined, at: Findings): void {
  if (value !== undefined && value < 0) at.invalid(value, 'must be greater than or equal to 0');
}

export function nonNegatives(value: Loose, fields: string[], at: Findings): void {
  for (const field of fields) nonNegative(value[field], at.at(field));
}

export function immutable(value: unknown, old: unknown, at: Findings): void {
  if (!equalJson(value ?? null, old ?? null)) at.invalid(value ?? null, 'field is immutable');
}

export function oneOf(value: string | undefined, supported: readonly string[], at: Findings): void {
  if (!value) at.required();
  else if (!supported.includes(value)) at.notSupported(value, supported);
}

/** `example.com/path`, as controllers are named. */
export function validatePrefixedPath(value: string, at: Findings): void {
  if (!value) {
    at.required();
    return;
  }
  const [domain = '', ...rest] = value.split('/');
  const path = rest.join('/');
  if (domain === '' || path === '') {
    at.invalid(value, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  at.each(domain, isDns1123Subdomain(domain));
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path))
    at.invalid(path, regexError('Invalid path', "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"));
}

/** A count, or a percentage of one. */
export function intOrPercent(value: number | string | undefined, at: Findings): void {
  if (typeof value === 'string') at.each(value, isPercent(value));
  else nonNegative(value, at);
}

export function notOver100Percent(value: number | string | undefined, at: Findings): void {
  if (typeof value === 'string' && /^[0-9]+%$/.test(value) && Number.parseInt(value, 10) > 100)
    at.invalid(value, 'must not be greater than 100%');
}

export const isZero = (value: number | string | undefined): boolean => value === 0 || value === '0%';
