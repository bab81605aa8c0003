/** The patch formats by media type. */
import { invalidField } from '../api/field-error.ts';
import { isObject, type JsonObject } from '../api/json.ts';
import { type GroupVersionKind, type KubeObject, metaKind, toApiVersion } from '../api/object.ts';
import { applyJsonPatch } from '../api/patch-json.ts';
import { applyMergePatch } from '../api/patch-merge.ts';
import { applyStrategicPatch, goText } from '../api/patch-strategic.ts';
import { typeOf } from '../api/scheme.ts';
import { badRequest, failure, StatusError } from '../api/status.ts';
import { MisfitError } from '../api/strict.ts';
import { jsonKind } from '../encoding/json.ts';
import { checkSize, mediaType, parseJson, parseYaml, tooLarge, unsupportedMediaType } from './body.ts';
import type { Call } from './call.ts';
import { applyConfiguration } from './field-management.ts';

export interface PatchDocument {
  type: string;
  value: unknown;
  duplicates: string[];
  /** Whether the patch makes the object where there is none. */
  creates: boolean;
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
/** Of a JSON patch, as the API server's. */
const MAX_OPERATIONS = 10_000;
const ACCEPTED = [JSON_PATCH, MERGE, STRATEGIC, APPLY];

export function readPatch({ request, type: resource }: Call): PatchDocument {
  const type = mediaType(request);
  const accepted = resource.decode === undefined ? ACCEPTED : ACCEPTED.filter((each) => each !== STRATEGIC);
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  const creates = type === APPLY;
  if (request.object !== undefined) return { type, value: request.object, duplicates: [], creates };
  const body = request.body ?? new Uint8Array();
  checkSize(body);
  try {
    const validation = request.query.get('fieldValidation');
    return { type, ...(creates ? parseYaml : parseJson)(body, validation), creates };
  } catch (error) {
    const what = creates ? 'error decoding YAML: ' : type === STRATEGIC ? '' : 'error decoding patch: ';
    throw badRequest(what + (error as Error).message);
  }
}

export interface Patched {
  /** Still to be decoded. */
  value: unknown;
  /** Whether the managers of its fields are settled, as they are by a server-side apply. */
  tracked: boolean;
}

/** The object after the patch; `current` stays as it is, and is what comes back where an apply changes nothing. */
export function applyPatch(
  call: Call,
  kind: GroupVersionKind,
  current: KubeObject | undefined,
  { type, value }: PatchDocument,
): Patched {
  if (type === APPLY) return { value: applied(call, kind, current, value), tracked: true };
  checkNotForced(call);
  try {
    return { value: patched(kind, current!, type, value), tracked: false };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw refusal(type, (error as Error).message);
  }
}

function applied(call: Call, kind: GroupVersionKind, current: KubeObject | undefined, value: unknown): KubeObject {
  if (!isObject(value)) throw badRequest('error decoding YAML: the configuration is not an object');
  const configuration = {
    ...value,
    apiVersion: value['apiVersion'] ?? toApiVersion(kind),
    kind: value['kind'] ?? kind.kind,
    metadata: { name: call.target.name, ...(value['metadata'] as object | undefined) },
  } as KubeObject;
  return applyConfiguration(call, kind, current, configuration).object;
}

function patched(kind: GroupVersionKind, current: KubeObject, type: string, value: unknown): unknown {
  if (type === JSON_PATCH) {
    if (Array.isArray(value) && value.length > MAX_OPERATIONS)
      throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${value.length}`);
    return applyJsonPatch(current, value);
  }
  if (!isObject(value)) {
    const what = `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
    throw badRequest(type === STRATEGIC ? what : `error decoding patch: ${what}`);
  }
  const struct = type === STRATEGIC ? typeOf(kind) : undefined;
  return struct === undefined
    ? applyMergePatch(current, value)
    : applyStrategicPatch(current as unknown as JsonObject, value, struct);
}

function checkNotForced({ request }: Call): void {
  if (!request.query.has('force')) return;
  throw invalidField(metaKind('PatchOptions'), '', 'force', (at) =>
    at.forbidden('may not be specified for non-apply patch'),
  );
}

/** A patch that cannot be applied. Of a JSON patch Kubernetes does not say which operation failed. */
function refusal(type: string, message: string): StatusError {
  if (type !== JSON_PATCH && MALFORMED.some((each) => message.startsWith(each))) return badRequest(message);
  const causes = [{ reason: 'UnexpectedServerResponse', message }];
  const text = 'the server rejected our request due to an error in our request';
  if (type === JSON_PATCH) return failure(422, 'Invalid', text, {});
  return message === 'lists of lists are not supported'
    ? failure(422, 'Invalid', text, { causes })
    : failure(500, '', message, {});
}

/** Strategic merge patches that say what cannot be meant. */
const MALFORMED = [
  'invalid patch format of primitive list',
  'invalid patch format of retainKeys',
  'invalid patch format of setElementOrder list',
  'strategic merge patch format is not supported',
  'invalid JSON document',
];

/** What the patch has made is no object of the type: its value is told, of a strategic merge patch the patch alone. */
export function misfit({ type, value: patch }: PatchDocument, made: unknown, error: Error): StatusError {
  const isStrategic = type === STRATEGIC;
  const shown = isStrategic ? goText(patch) : JSON.stringify(made);
  const why = isStrategic && error instanceof MisfitError ? conversionText(error) : error.message;
  return invalidField({ group: '', version: '', kind: '' }, '', 'patch', (at) => at.invalid(shown, why));
}

/** As the converter that Kubernetes uses for strategic merge patches has it. */
function conversionText({ value, type }: MisfitError): string {
  const kind = UNSTRUCTURED[jsonKind(value)] ?? (Number.isInteger(value) ? 'int64' : 'float64');
  switch (type.kind) {
    case 'struct':
      return `cannot restore struct from: ${kind}`;
    case 'list':
      return `cannot restore slice from ${kind}`;
    case 'map':
      return `cannot restore map from ${kind}`;
    default: {
      const simple = type.kind === 'bytes' ? 'slice' : type.kind;
      const converts = typeof value === 'number' && simple !== 'bool';
      return converts ? `cannot convert ${kind} to ${type.go}` : `unrecognized type: ${simple}`;
    }
  }
}

const UNSTRUCTURED: Record<string, string> = { array: 'slice', object: 'map', string: 'string', bool: 'bool' };
