/** X.509 certificates, written as Go's x509.CreateCertificate writes them. */
import type { KeyObject } from 'node:crypto';
import { parseAddress } from '../x509/address.ts';
import * as der from '../x509/der.ts';
import { attribute, COMMON_NAME, extension, issue, ORGANIZATION } from '../x509/issue.ts';
import { decodePem } from '../x509/pem.ts';
import { nodeCrypto } from './lazy.ts';
import { generateKey, type KeyType, readKey, writeKey } from './private-key.ts';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface CertificateOptions {
  subject: { commonName?: string; organizations?: string[] };
  /** Who signs; the certificate signs itself when absent. */
  issuer?: KeyPair;
  san?: { dns?: string[]; ip?: string[] };
  /** When it begins, in milliseconds since the Unix epoch, and how many days it lasts. */
  notBefore: number;
  days: number;
  isCA?: boolean;
  /** The kind of key to make, ecdsa when absent. */
  keyType?: KeyType;
  /** The key to use instead, PEM. */
  key?: string;
}

/** Throws where the issuer or the key cannot be read, or an address is none. */
export function createCertificate(options: CertificateOptions): KeyPair {
  const key = options.key === undefined ? generateKey(options.keyType ?? 'ecdsa') : readKey(options.key);
  const publicKey = nodeCrypto().createPublicKey(key);
  const subject = nameOf(options.subject);
  const issuer = options.issuer ? readIssuer(options.issuer) : { name: subject, key };
  const subjectKeyId = options.isCA ? keyIdOf(publicKey) : undefined;
  const isOwn = sameBytes(subject, issuer.name);
  const certificate = issue(
    {
      subject,
      issuer: issuer.name,
      publicKey,
      notBefore: options.notBefore,
      notAfter: options.notBefore + durationOf(options.days),
      extensions: extensions(options, subjectKeyId, isOwn ? undefined : issuer.keyId),
    },
    issuer.key,
  );
  return { certificate, key: writeKey(key) };
}

const NANOSECONDS_PER_DAY = 86_400_000_000_000n;

/** In milliseconds; a Go duration of more than 292 years wraps around. */
const durationOf = (days: number): number =>
  Number(BigInt.asIntN(64, BigInt(Math.trunc(days)) * NANOSECONDS_PER_DAY) / 1_000_000n);

function nameOf({ commonName = '', organizations = [] }: CertificateOptions['subject']): Uint8Array {
  const parts = organizations.map((organization) => attribute(ORGANIZATION, organization));
  return der.sequence(
    ...(parts.length > 0 ? [der.set(...parts.sort(compareBytes))] : []),
    ...(commonName === '' ? [] : [der.set(attribute(COMMON_NAME, commonName))]),
  );
}

/** The order of a SET OF. */
const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

interface Issuer {
  name: Uint8Array;
  key: KeyObject;
  keyId?: Uint8Array;
}

function readIssuer({ certificate, key }: KeyPair): Issuer {
  const { bytes, publicKey } = readCertificate(certificate, 'decodedSignerCert');
  const privateKey = readPrivateKey(key);
  if (!nodeCrypto().createPublicKey(privateKey).equals(publicKey))
    throw new Error("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
  const fields = der.valuesIn(der.valuesIn(Buffer.from(bytes))[0]!);
  const start = fields[0]![0] === 0xa0 ? 1 : 0;
  const keyId = subjectKeyIdOf(fields.find(([tag]) => tag === 0xa3));
  return { name: fields[start + 4]!, key: privateKey, ...(keyId && { keyId }) };
}

/** The first certificate of a PEM text. Throws sprig's texts; `variable` is the name in them. */
export function readCertificate(pem: string, variable: string): { bytes: Uint8Array; publicKey: KeyObject } {
  const block = decodePem(pem);
  if (!block) throw new Error('unable to decode certificate');
  const { X509Certificate } = nodeCrypto();
  try {
    return { bytes: block.bytes, publicKey: new X509Certificate(block.bytes).publicKey };
  } catch {
    throw new Error(`error parsing certificate: ${variable}.Bytes: x509: malformed certificate`);
  }
}

export function readPrivateKey(pem: string): KeyObject {
  try {
    return readKey(pem);
  } catch (error) {
    throw new Error(`error parsing private key: ${(error as Error).message}`);
  }
}

const SUBJECT_KEY_ID = '2.5.29.14';

/** `list` holds the sequence of extensions. */
function subjectKeyIdOf(list: Buffer | undefined): Uint8Array | undefined {
  if (!list) return undefined;
  const wanted = der.oid(SUBJECT_KEY_ID);
  for (const parts of der.valuesIn(der.valuesIn(list)[0]!).map((one) => der.valuesIn(one)))
    if (parts[0]!.equals(wanted)) return der.contentOf(der.contentOf(parts.at(-1)!));
  return undefined;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The first 160 bits of a hash over the key's own bits, by RFC 7093. */
function keyIdOf(publicKey: KeyObject): Uint8Array {
  const [, key] = der.valuesIn(publicKey.export({ format: 'der', type: 'spki' }));
  return nodeCrypto().createHash('sha256').update(der.contentOf(key!).subarray(1)).digest().subarray(0, 20);
}

const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;
const CERTIFICATE_SIGN = 0x04;

function extensions(
  { isCA = false, san = {}, subject }: CertificateOptions,
  subjectKeyId: Uint8Array | undefined,
  authorityKeyId: Uint8Array | undefined,
): Uint8Array[] {
  const usage = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | (isCA ? CERTIFICATE_SIGN : 0);
  const names = [
    ...(san.dns ?? []).map((name) => der.tagged(2, Buffer.from(name), false)),
    ...(san.ip ?? []).map((address) => der.tagged(7, addressBytes(address), false)),
  ];
  const isNameless = !subject.commonName && !subject.organizations?.length;
  return [
    extension('2.5.29.15', true, der.bits(Uint8Array.of(usage), isCA ? 2 : 5)),
    extension('2.5.29.37', false, der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', true, der.sequence(...(isCA ? [der.boolean(true)] : []))),
    ...(subjectKeyId ? [extension(SUBJECT_KEY_ID, false, der.octets(subjectKeyId))] : []),
    ...(authorityKeyId ? [extension('2.5.29.35', false, der.sequence(der.tagged(0, authorityKeyId, false)))] : []),
    ...(names.length > 0 ? [extension('2.5.29.17', isNameless, der.sequence(...names))] : []),
  ];
}

function addressBytes(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (!bytes) throw new Error(`error parsing ip: ${address}`);
  return bytes;
}
