/** The object of a create or update, checked against the address it was sent to. */
import { type KubeObject, parseApiVersion, toApiVersion } from '../api/object.ts';
import { badRequest } from '../api/status.ts';
import { decodeBody } from './body.ts';
import type { Call, Draft } from './call.ts';

export function incomingObject(call: Call): Draft {
  return checkAddress(call, (call.body ?? decodeBody(call.request)) as KubeObject | undefined);
}

export function checkAddress(call: Call, body: unknown): Draft {
  const object = body as KubeObject | undefined;
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw badRequest('the request has no object in its body');
  checkKind(call, object);
  if (typeof object.metadata !== 'object' || object.metadata === null) object.metadata = { name: '' };
  checkNamespace(call, object);
  checkName(call, object);
  return object;
}

function checkKind({ type }: Call, object: KubeObject): void {
  const expected = { apiVersion: toApiVersion(type), kind: type.kind };
  if (!object.kind) {
    object.kind = expected.kind;
    object.apiVersion ||= expected.apiVersion;
  }
  if (object.apiVersion === expected.apiVersion && object.kind === expected.kind) return;
  if (object.kind !== expected.kind) {
    const { version } = parseApiVersion(object.apiVersion ?? '');
    throw badRequest(
      `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: converting (${object.kind}) to (${expected.kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `the API version in the data (${object.apiVersion}) does not match the expected API version (${expected.apiVersion})`,
  );
}

function checkNamespace({ type, target }: Call, object: KubeObject): void {
  if (!type.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  if (object.metadata.namespace && object.metadata.namespace !== target.namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  object.metadata.namespace = target.namespace;
}

function checkName({ target }: Call, object: KubeObject): void {
  if (target.name === '') return;
  object.metadata.name ||= target.name;
  if (object.metadata.name !== target.name)
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${target.name})`,
    );
}
