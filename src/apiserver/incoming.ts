/** The object of a create, update or patch: checked against its address, then decoded into its type and defaulted. */
import { applyDefaults } from '../api/defaults.ts';
import { isObject } from '../api/json.ts';
import { type KubeObject, parseApiVersion, toApiVersion } from '../api/object.ts';
import { typeOf } from '../api/scheme.ts';
import { badRequest, type StatusError } from '../api/status.ts';
import { cannotHandle, decodeTyped, strictMessage } from '../api/strict.ts';
import { type DecodedBody, decodeBody } from './body.ts';
import type { Call, Draft } from './call.ts';

/** The object in the request's body, which belongs to this call. */
export const incomingObject = (call: Call): Draft => decodeIncoming(call, decodeBody(call.request, call.type.kind));

/** How a value that is no object of the type is refused. */
export type Refuse = (error: Error) => StatusError;

/** A value as the type's object. What strict validation finds is refused, told as warnings or ignored as asked. */
export function decodeIncoming(
  call: Call,
  { value, duplicates, isYaml }: DecodedBody,
  refuse: Refuse = (error) => cannotHandle(call.type, error.message),
): Draft {
  if (!isObject(value))
    throw badRequest('the object provided is unrecognized (must be of type ' + call.type.kind + ')');
  checkKind(call, value);
  const { object, strict } = decode(call, value, refuse);
  tellStrict(call, [...duplicates, ...strict], () =>
    refuse(new Error(strictMessage([...(isYaml ? asOne(duplicates) : duplicates), ...strict]))),
  );
  object.metadata ??= {} as KubeObject['metadata'];
  checkNamespace(call, object);
  checkName(call, object);
  return object;
}

/** What admission has made of an object: decoded anew, and what is unknown in it goes without a word. */
export function decodeAdmitted(call: Call, value: unknown): Draft {
  if (!isObject(value)) throw badRequest(`admission left no object of type ${call.type.kind}`);
  checkKind(call, value);
  const { object } = decode(call, value, (error) => cannotHandle(call.type, error.message));
  object.metadata ??= {} as KubeObject['metadata'];
  checkNamespace(call, object);
  checkName(call, object);
  return object;
}

function decode({ type }: Call, value: Record<string, unknown>, refuse: Refuse): { object: Draft; strict: string[] } {
  if (type.decode !== undefined) return type.decode(value);
  const struct = typeOf(type);
  if (struct === undefined) return { object: value as unknown as Draft, strict: [] };
  try {
    const { object, strict } = decodeTyped<Draft>(value, struct);
    return { object: applyDefaults(object), strict };
  } catch (error) {
    throw refuse(error as Error);
  }
}

/** What an apply's configuration sets twice: told when it has been applied, for what it makes is no YAML any more. */
export function tellDuplicates(call: Call, duplicates: string[]): void {
  const why = () => `error strict decoding patch: error converting YAML to JSON: ${asOne(duplicates)[0]}`;
  tellStrict(call, duplicates, () => badRequest(why()));
}

/** As go-yaml gathers them. */
const asOne = (duplicates: string[]): string[] =>
  duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.map((each) => `  ${each}`).join('\n')}`];

function tellStrict({ request, warnings }: Call, findings: string[], refuse: () => StatusError): void {
  if (findings.length === 0) return;
  const mode = request.query.get('fieldValidation') || 'Warn';
  if (mode === 'Strict') throw refuse();
  if (mode === 'Warn') warnings.push(...findings);
}

function checkKind({ type }: Call, value: Record<string, unknown>): void {
  const expected = { apiVersion: toApiVersion(type), kind: type.kind };
  value['kind'] ||= expected.kind;
  value['apiVersion'] ||= expected.apiVersion;
  const { apiVersion, kind } = value;
  if (apiVersion === expected.apiVersion && kind === expected.kind) return;
  if (kind === expected.kind)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  const { version } = parseApiVersion(String(apiVersion));
  throw badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: converting (${kind}) to (${expected.kind}): unknown conversion`,
  );
}

function checkNamespace({ type, target }: Call, { metadata }: Draft): void {
  if (!type.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  metadata.namespace = target.namespace;
}

function checkName({ target }: Call, { metadata }: Draft): void {
  if (target.name === '') return;
  metadata.name ||= target.name;
  if (metadata.name !== target.name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`);
}
