/** The certificates of a cluster: for its authority, its server, its users, and what they ask for. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { parseAddress } from './address.ts';
import * as der from './der.ts';
import { attribute, COMMON_NAME, extension, issue, ORGANIZATION } from './issue.ts';
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
  const cert = issued({
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
  issued({
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

const issued = (certificate: Issue): string =>
  issue(
    { ...certificate, issuer: certificate.issuerName ?? certificate.subject, extensions: extensions(certificate) },
    certificate.signer,
  );

/** An EC key on P-256 as PEM. */
export const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

function distinguishedName({ commonName, organizations = [] }: CertificateRequest): Buffer {
  const parts = [...organizations.map((name) => attribute(ORGANIZATION, name)), attribute(COMMON_NAME, commonName)];
  return der.sequence(...parts.map((part) => der.set(part)));
}

const publicKeyInfo = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** The subject of a certificate, byte for byte, so that names match: the sixth value of its body. */
const subjectOf = (cert: string): Buffer => der.valuesIn(der.valuesIn(new X509Certificate(cert).raw)[0]!)[5]!;

function extensions({ isAuthority = false, usage = [], alternativeNames, publicKey, signer }: Issue): Buffer[] {
  // Bits from the left: digital signature, key encipherment; certificates and lists signed for an authority.
  const keyUsage = isAuthority ? der.bits(Buffer.of(0xa4), 2) : der.bits(Buffer.of(0xa0), 5);
  return [
    extension('2.5.29.15', true, keyUsage),
    ...(usage.length > 0
      ? [extension('2.5.29.37', false, der.sequence(...usage.map((name) => der.oid(USAGES[name]))))]
      : []),
    extension('2.5.29.19', true, der.sequence(...(isAuthority ? [der.boolean(true)] : []))),
    extension('2.5.29.14', false, der.octets(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, der.sequence(der.tagged(0, keyIdentifier(createPublicKey(signer)), false))),
    ...(alternativeNames ? [extension('2.5.29.17', false, alternativeNames)] : []),
  ];
}

const keyIdentifier = (key: KeyObject): Buffer => createHash('sha1').update(publicKeyInfo(key)).digest();

function addressBytes(ip: string): Uint8Array {
  const bytes = parseAddress(ip);
  if (bytes === undefined) throw new Error(`create certificate: "${ip}" is not an IP address`);
  return bytes;
}
