/** Signs approved requests for certificates with the cluster's authority, for the signers of Kubernetes' own. */
import { type Condition, findCondition } from '../api/conditions.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../client/resources.ts';
import { signRequest, type Usage } from '../x509/certificate.ts';
import { parseSigningRequest, type SigningRequest } from '../x509/signing-request.ts';
import type { ControllerDefinition } from './controller.ts';

/** PEM texts. */
export interface Authority {
  cert: string;
  key: string;
}

/** What is wrong with a request for this signer, in Kubernetes' words; undefined when nothing is. */
type Check = (request: SigningRequest, usages: string[]) => string | undefined;

const SIGNERS: Record<string, Check> = {
  'kubernetes.io/kube-apiserver-client': (_, usages) => {
    const wrong = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
    if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
    return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
  },
  'kubernetes.io/kube-apiserver-client-kubelet': (request, usages) =>
    notOfNode(request) ??
    (['dns', 'email', 'ip', 'uri'] as const)
      .filter((kind) => request.nameKinds.includes(kind))
      .map((kind) => `${kind === 'email' ? 'Email' : kind.toUpperCase()} subjectAltNames are not allowed`)[0] ??
    otherUsages(usages, 'client auth'),
  'kubernetes.io/kubelet-serving': (request, usages) =>
    notOfNode(request) ??
    (request.nameKinds.some((kind) => kind === 'dns' || kind === 'ip')
      ? undefined
      : 'DNS or IP subjectAltName is required') ??
    otherUsages(usages, 'server auth'),
};

function notOfNode({ organizations, commonName }: SigningRequest): string | undefined {
  if (organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node: ';
}

function otherUsages(usages: string[], purpose: string): string | undefined {
  const given = usages.filter((usage) => usage !== 'key encipherment').sort();
  const wanted = [purpose, 'digital signature'].sort();
  return given.join() === wanted.join() ? undefined : `usages did not match [${wanted.join(' ')}]`;
}

const EXTENDED: Record<string, Usage> = { 'client auth': 'clientAuth', 'server auth': 'serverAuth' };
const MINUTE = 60_000;
const LONGEST = 365 * 24 * 60 * MINUTE;
const SHORTEST = 10 * MINUTE;
/** Certificates begin a little in the past, for clocks that differ; short ones do not end earlier for it. */
const BACKDATE = 5 * MINUTE;
const SHORT = 8 * 60 * MINUTE;

export const certificateSigner = (authority: Authority): ControllerDefinition => ({
  name: 'certificatesigningrequest-signing-controller',
  component: 'certificate-controller',
  setUp(context) {
    const requests = context.informer(CERTIFICATE_SIGNING_REQUESTS);
    requests.onChange(({ type, object }) => {
      if (type !== 'deleted') context.enqueue(object.metadata.name);
    });
    return async (key) => {
      const object = requests.byKey(key);
      const check = object && SIGNERS[object.spec.signerName];
      if (!object || !check || object.status?.certificate || !isApproved(object)) return;
      const outcome = answer(object, check, authority, context.clock.now());
      const status = { ...object.status, ...outcome };
      await context.client.update(CERTIFICATE_SIGNING_REQUESTS, { ...object, status }, { subresource: 'status' });
    };
  },
});

function isApproved({ status }: KubeObject): boolean {
  const holds = (type: string) => findCondition(status?.conditions, type)?.status === 'True';
  return holds('Approved') && !holds('Failed');
}

/** The status' certificate, or the condition that tells why there is none. */
function answer({ spec, status }: KubeObject, check: Check, authority: Authority, now: number): object {
  const request = parseSigningRequest(Buffer.from(spec.request, 'base64').toString());
  const usages: string[] = spec.usages ?? [];
  const message = check(request, usages);
  if (message !== undefined) return { conditions: [...status.conditions, failure(message, now)] };
  const asked = spec.expirationSeconds === undefined ? LONGEST : spec.expirationSeconds * 1000;
  const life = Math.min(LONGEST, Math.max(SHORTEST, asked));
  const certificate = signRequest(request, {
    issuer: authority,
    notBefore: now - BACKDATE,
    notAfter: life < SHORT ? now + life : now - BACKDATE + life,
    usage: usages.flatMap((usage) => EXTENDED[usage] ?? []),
  });
  return { certificate: Buffer.from(certificate).toString('base64') };
}

function failure(message: string, now: number): Condition & { lastUpdateTime: string } {
  const stamp = timestamp(now);
  return {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: stamp,
    lastTransitionTime: stamp,
  };
}
