/** Service account tokens: signed by the server's key, checked against the objects they were issued for. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import type { UserInfo } from '../../api/http.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ResourceTypes } from '../resource-types.ts';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** What a token says, as Kubernetes writes it. Times are seconds since the epoch. */
export interface TokenClaims {
  aud: string[];
  exp: number;
  iat: number;
  nbf: number;
  iss: string;
  jti: string;
  sub: string;
  'kubernetes.io': {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    node?: { name: string; uid: string };
  };
}

export interface Tokens {
  issue(claims: Omit<TokenClaims, 'jti' | 'iss' | 'sub'>): string;
  /** Undefined for a token that is not ours, no longer valid, or whose objects are gone. */
  authenticate(token: string, audiences?: string[]): { user: UserInfo; audiences: string[] } | undefined;
  /** What its tokens can be checked by, as a JSON web key. */
  publicKey(): Record<string, unknown>;
}

export interface TokenOptions {
  /** An EC key on P-256; a new one, made when first needed, where absent. */
  key?: KeyObject;
  objects: ObjectStore;
  types: ResourceTypes;
  now(): number;
}

const ALGORITHM = 'ES256';

export function createTokens(options: TokenOptions): Tokens {
  let key = options.key;
  const privateKey = () => (key ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const keyId = () =>
    createHash('sha256')
      .update(createPublicKey(privateKey()).export({ type: 'spki', format: 'der' }))
      .digest('base64url');
  return {
    issue(claims) {
      const { namespace, serviceaccount } = claims['kubernetes.io'];
      const sub = `system:serviceaccount:${namespace}:${serviceaccount.name}`;
      const payload = `${encode({ alg: ALGORITHM, kid: keyId() })}.${encode({ ...claims, iss: ISSUER, jti: randomUUID(), sub })}`;
      const signature = sign('sha256', Buffer.from(payload), { key: privateKey(), dsaEncoding: 'ieee-p1363' });
      return `${payload}.${signature.toString('base64url')}`;
    },
    authenticate(token, audiences = [ISSUER]) {
      const claims = verified(token, () => createPublicKey(privateKey()));
      if (claims === undefined || !isCurrent(claims, options.now()) || !isBound(claims, options)) return undefined;
      const shared = claims.aud.filter((audience) => audiences.includes(audience));
      return shared.length === 0 ? undefined : { user: userOf(claims), audiences: shared };
    },
    publicKey: () => ({
      use: 'sig',
      ...createPublicKey(privateKey()).export({ format: 'jwk' }),
      kid: keyId(),
      alg: ALGORITHM,
    }),
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const MOST_BYTES = 16 * 1024;

function verified(token: string, publicKey: () => KeyObject): TokenClaims | undefined {
  const [header, payload, signature, ...more] = token.length > MOST_BYTES ? [] : token.split('.');
  if (payload === undefined || signature === undefined || more.length > 0 || !isOurs(header!)) return undefined;
  const signed = Buffer.from(`${header}.${payload}`);
  const key = { key: publicKey(), dsaEncoding: 'ieee-p1363' as const };
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return undefined;
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as TokenClaims;
}

/** Whatever the header says of the algorithm, there is only one: a token that names another is nobody's. */
function isOurs(header: string): boolean {
  try {
    return JSON.parse(Buffer.from(header, 'base64url').toString())?.alg === ALGORITHM;
  } catch {
    return false;
  }
}

const isCurrent = ({ exp, nbf, iss }: TokenClaims, now: number): boolean =>
  iss === ISSUER && nbf * 1000 <= now + 1000 && now < exp * 1000;

/** A token lives no longer than the objects it names. */
function isBound({ 'kubernetes.io': bound }: TokenClaims, { objects, types }: TokenOptions): boolean {
  const lives = (resource: string, reference: { name: string; uid: string } | undefined) => {
    if (reference === undefined) return true;
    const namespace = resource === 'nodes' ? '' : bound.namespace;
    const object = objects.get(types.find('', 'v1', resource)!, namespace, reference.name);
    return object !== undefined && object.metadata.uid === reference.uid;
  };
  return lives('serviceaccounts', bound.serviceaccount) && lives('pods', bound.pod) && lives('secrets', bound.secret);
}

function userOf({ sub, jti, 'kubernetes.io': { namespace, serviceaccount, pod } }: TokenClaims): UserInfo {
  return {
    name: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
      ...(pod && {
        'authentication.kubernetes.io/pod-name': [pod.name],
        'authentication.kubernetes.io/pod-uid': [pod.uid],
      }),
    },
  };
}
