/** token: a service account's credential for a while, perhaps bound to a pod or a secret. */
import { invalidField } from '../../api/field-error.ts';
import type { ApiResponse } from '../../api/http.ts';
import { timestamp } from '../../api/object.ts';
import { badRequest, conflict, notFound } from '../../api/status.ts';
import { ISSUER } from '../authentication/tokens.ts';
import { decodeBody } from '../body.ts';
import type { Call } from '../call.ts';
import { answer } from '../representation.ts';
import { existing } from '../verbs/read.ts';

interface TokenRequest {
  spec?: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

const SHORTEST = 600;
const LONGEST = 2 ** 32;
const HOUR = 3600;

export function createToken(call: Call): ApiResponse {
  const account = existing(call);
  const request = (decodeBody(call.request, 'TokenRequest').value ?? {}) as TokenRequest;
  const spec = request.spec ?? {};
  const seconds = spec.expirationSeconds ?? HOUR;
  checkExpiration(seconds);
  const audiences = spec.audiences?.length ? spec.audiences : [ISSUER];
  const now = Math.floor(call.api.clock.now() / 1000);
  const token = call.api.tokens.issue({
    aud: audiences,
    iat: now,
    nbf: now,
    exp: now + seconds,
    'kubernetes.io': {
      namespace: call.target.namespace,
      serviceaccount: { name: account.metadata.name, uid: account.metadata.uid! },
      ...boundObject(call, spec.boundObjectRef),
    },
  });
  const expirationTimestamp = timestamp((now + seconds) * 1000);
  return answer(call, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account.metadata.name, namespace: call.target.namespace, creationTimestamp: null },
    spec: { boundObjectRef: null, ...spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp },
  });
}

function checkExpiration(seconds: number): void {
  const refuse = (why: string) => {
    const kind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
    throw invalidField(kind, '', 'spec.expirationSeconds', (at) => at.invalid(seconds, why));
  };
  if (seconds < SHORTEST) refuse('may not specify a duration less than 10 minutes');
  if (seconds > LONGEST) refuse('may not specify a duration larger than 2^32 seconds');
}

const BINDABLE: Record<string, string> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

function boundObject({ api, target }: Call, reference: NonNullable<TokenRequest['spec']>['boundObjectRef']) {
  if (reference === undefined || reference === null) return {};
  const { kind = '', name = '', uid } = reference;
  const type = api.types.find('', 'v1', BINDABLE[kind] ?? '');
  if (type === undefined)
    throw badRequest(`cannot bind token for serviceaccount "${target.name}" to object kind ${JSON.stringify(kind)}`);
  const object = api.objects.get(type, type.namespaced ? target.namespace : '', name);
  if (object === undefined) throw notFound(type, name);
  if (uid && uid !== object.metadata.uid)
    throw conflict(
      type,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { [kind.toLowerCase()]: { name, uid: object.metadata.uid! } };
}
