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
import type { SigningRequest } from './signing-request.ts';

export type Usage = 'serverAuth' | 'clientAuth';

export interface CertificateRequest {
  commonName: string;
  organizations?: string[];
  dns?: string[];
  ips?: string[];
  /** Milliseconds since the epoch. */
  notBefore: number;
  days: number;
  isAuthority?: boolean;
  usage?: Usage[];
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
  const { dns = [], ips = [], notBefore, days, isAuthority, usage, issuer } = request;
  const key = request.key ?? newKey();
  const own = createPrivateKey(key);
  const names = [
    ...dns.map((name) => der.tagged(2, Buffer.from(name), false)),
    ...ips.map((ip) => der.tagged(7, addressBytes(ip), false)),
  ];
  const cert = issue({
    subject: distinguishedName(request),
    issuerName: issuer && subjectOf(issuer.cert),
    publicKey: createPublicKey(own),
    signer: issuer ? createPrivateKey(issuer.key) : own,
    notBefore,
    notAfter: notBefore + days * DAY,
    isAuthority,
    usage,
    alternativeNames: names.length > 0 ? der.sequence(...names) : undefined,
  });
  return { cert, key };
}

export interface SignOptions {
  /** PEM texts of who signs. */
  issuer: { cert: string; key: string };
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  usage: Usage[];
}

/** The certificate that `request` asks for, as PEM. */
export const signRequest = (request: SigningRequest, { issuer, notBefore, notAfter, usage }: SignOptions): string =>
  issue({
    subject: request.subject,
    issuerName: subjectOf(issuer.cert),
    publicKey: request.publicKey,
    signer: createPrivateKey(issuer.key),
    notBefore,
    notAfter,
    usage,
    alternativeNames: request.alternativeNames,
  });

interface Issue {
  subject: Buffer;
  /** That of the subject where absent: it signs itself. */
  issuerName?: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  notBefore: number;
  notAfter: number;
  isAuthority?: boolean;
  usage?: Usage[];
  alternativeNames?: Buffer;
}

function issue(certificate: Issue): string {
  const { subject, issuerName = subject, publicKey, signer, notBefore, notAfter } = certificate;
  const algorithm = signatureAlgorithm(signer);
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2])), true),
    der.integer(serialNumber()),
    algorithm.identifier,
    issuerName,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    subject,
    publicKeyInfo(publicKey),
    der.tagged(3, der.sequence(...extensions(certificate)), true),
  );
  const signature = sign(algorithm.digest, body, signer);
  return toPem('CERTIFICATE', der.sequence(body, algorithm.identifier, der.bits(signature)));
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

const publicKeyInfo = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** The subject of a certificate, byte for byte, so that names match: the sixth value of its body. */
const subjectOf = (cert: string): Buffer => der.valuesIn(der.valuesIn(new X509Certificate(cert).raw)[0]!)[5]!;

function extensions({ isAuthority = false, usage = [], alternativeNames, publicKey, signer }: Issue): Buffer[] {
  // Bits from the left: digital signature, key encipherment; certificates and lists signed for an authority.
  const keyUsage = isAuthority ? [2, 0xa4] : [5, 0xa0];
  return [
    extension('2.5.29.15', true, Buffer.concat([Buffer.from([0x03, 0x02, ...keyUsage])])),
    ...(usage.length > 0
      ? [extension('2.5.29.37', false, der.sequence(...usage.map((name) => der.oid(USAGES[name]))))]
      : []),
    extension('2.5.29.19', true, der.sequence(...(isAuthority ? [der.boolean(true)] : []))),
    extension('2.5.29.14', false, der.octets(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, der.sequence(der.tagged(0, keyIdentifier(createPublicKey(signer)), false))),
    ...(alternativeNames ? [extension('2.5.29.17', false, alternativeNames)] : []),
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
