/** X.509 version 3 certificates, made synchronously: keys and signatures by node:crypto, the rest by der.ts. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import * as der from './der.ts';

export interface CertificateRequest {
  commonName: string;
  organizations?: string[];
  dns?: string[];
  ips?: string[];
  /** Milliseconds since the epoch. */
  notBefore: number;
  days: number;
  isAuthority?: boolean;
  usage?: ('serverAuth' | 'clientAuth')[];
  /** PEM texts of who signs; the certificate signs itself where absent. */
  issuer?: { cert: string; key: string };
  /** PEM text of the private key (RSA, EC or Ed25519); a new EC key on P-256 where absent. */
  key?: string;
}

export interface CertificatePair {
  /** PEM texts; a key that was made here is PKCS #8. */
  cert: string;
  key: string;
}

const DAY = 24 * 60 * 60 * 1000;
const USAGES = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

export function createCertificate(request: CertificateRequest): CertificatePair {
  const key = request.key ?? newKey();
  const own = createPrivateKey(key);
  const signer = request.issuer ? createPrivateKey(request.issuer.key) : own;
  const algorithm = signatureAlgorithm(signer);
  const subject = distinguishedName(request);
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2])), true),
    der.integer(serialNumber()),
    algorithm.identifier,
    request.issuer ? subjectOf(request.issuer.cert) : subject,
    der.sequence(der.time(request.notBefore), der.time(request.notBefore + request.days * DAY)),
    subject,
    publicKeyInfo(own),
    der.tagged(3, der.sequence(...extensions(request, own, signer)), true),
  );
  const signature = sign(algorithm.digest, body, signer);
  const bytes = der.sequence(body, algorithm.identifier, der.bits(signature));
  return { cert: toPem('CERTIFICATE', bytes), key };
}

export function toPem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** An EC key on P-256 as PEM. */
export const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** Positive and of 16 bytes at most. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

function signatureAlgorithm(key: KeyObject): { identifier: Buffer; digest: string | null } {
  if (key.asymmetricKeyType === 'rsa')
    return { identifier: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.nothing()), digest: 'sha256' };
  if (key.asymmetricKeyType === 'ec')
    return { identifier: der.sequence(der.oid('1.2.840.10045.4.3.2')), digest: 'sha256' };
  if (key.asymmetricKeyType === 'ed25519') return { identifier: der.sequence(der.oid('1.3.101.112')), digest: null };
  throw new Error(`sign certificate: no algorithm for a key of type "${key.asymmetricKeyType}"`);
}

function distinguishedName({ commonName, organizations = [] }: CertificateRequest): Buffer {
  const attribute = (type: string, text: string) => der.set(der.sequence(der.oid(type), der.utf8(text)));
  return der.sequence(...organizations.map((o) => attribute('2.5.4.10', o)), attribute('2.5.4.3', commonName));
}

const publicKeyInfo = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });

/** The subject of a certificate, byte for byte, so that names match: the sixth value of its body. */
function subjectOf(cert: string): Buffer {
  const bytes = new X509Certificate(cert).raw;
  const certificate = contentOf(bytes, 0);
  const body = contentOf(bytes, certificate.start);
  let at = body.start;
  for (let skipped = 0; skipped < 5; skipped++) at = contentOf(bytes, at).end;
  return bytes.subarray(at, contentOf(bytes, at).end);
}

function contentOf(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes[at + 1]!;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  const start = at + 2 + size;
  return { start, end: start + bytes.readUIntBE(at + 2, size) };
}

function extensions(request: CertificateRequest, own: KeyObject, signer: KeyObject): Buffer[] {
  const { isAuthority = false, usage = [], dns = [], ips = [] } = request;
  const names = [
    ...dns.map((name) => der.tagged(2, Buffer.from(name), false)),
    ...ips.map((ip) => der.tagged(7, addressBytes(ip), false)),
  ];
  // Bits from the left: digital signature, key encipherment; certificates and lists signed for an authority.
  const keyUsage = isAuthority ? [2, 0xa4] : [5, 0xa0];
  return [
    extension('2.5.29.15', true, Buffer.concat([Buffer.from([0x03, 0x02, ...keyUsage])])),
    ...(usage.length > 0
      ? [extension('2.5.29.37', false, der.sequence(...usage.map((name) => der.oid(USAGES[name]))))]
      : []),
    extension('2.5.29.19', true, der.sequence(...(isAuthority ? [der.boolean(true)] : []))),
    extension('2.5.29.14', false, der.octets(keyIdentifier(own))),
    extension('2.5.29.35', false, der.sequence(der.tagged(0, keyIdentifier(signer), false))),
    ...(names.length > 0 ? [extension('2.5.29.17', false, der.sequence(...names))] : []),
  ];
}

const extension = (type: string, critical: boolean, content: Uint8Array): Buffer =>
  der.sequence(der.oid(type), ...(critical ? [der.boolean(true)] : []), der.octets(content));

const keyIdentifier = (key: KeyObject): Buffer => createHash('sha1').update(publicKeyInfo(key)).digest();

function addressBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  const [head = '', tail] = ip.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = [...left, ...new Array(tail === undefined ? 0 : 8 - left.length - right.length).fill(0), ...right];
  if (all.length !== 8) throw new Error(`create certificate: "${ip}" is not an IP address`);
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
