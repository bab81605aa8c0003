/** X.509 certificates, written as Go's x509.CreateCertificate writes them. */
import type { KeyObject } from 'node:crypto';
import {
  bits,
  concat,
  identifier,
  integer,
  nothing,
  octets,
  primitive,
  readElements,
  sequence,
  set,
  tagged,
  text,
  time,
  yes,
} from './der.ts';
import { nodeCrypto } from './lazy.ts';
import { decodePem, encodePem } from './pem.ts';
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
  const algorithm = signatureAlgorithm(issuer.key);
  const tbs = sequence(
    tagged(0, integer(2n)),
    integer(serialNumber()),
    algorithm.identifier,
    issuer.name,
    sequence(time(options.notBefore), time(options.notBefore + durationOf(options.days))),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(3, sequence(...extensions(options, subjectKeyId, isOwn ? undefined : issuer.keyId))),
  );
  const signature = nodeCrypto().sign(algorithm.hash, tbs, issuer.key);
  const certificate = sequence(tbs, algorithm.identifier, bits(signature));
  return { certificate: encodePem({ type: 'CERTIFICATE', bytes: certificate }), key: writeKey(key) };
}

const NANOSECONDS_PER_DAY = 86_400_000_000_000n;

/** In milliseconds; a Go duration of more than 292 years wraps around. */
const durationOf = (days: number): number =>
  Number(BigInt.asIntN(64, BigInt(Math.trunc(days)) * NANOSECONDS_PER_DAY) / 1_000_000n);

function serialNumber(): bigint {
  const hex = nodeCrypto().randomBytes(16).toString('hex');
  return BigInt(`0x${hex}`) || 1n;
}

const attribute = (id: string, value: string): Uint8Array => set(sequence(identifier(id), text(value)));

function nameOf({ commonName = '', organizations = [] }: CertificateOptions['subject']): Uint8Array {
  const parts = organizations.map((organization) => sequence(identifier('2.5.4.10'), text(organization)));
  return sequence(
    ...(parts.length > 0 ? [set(...parts.sort(compareBytes))] : []),
    ...(commonName === '' ? [] : [attribute('2.5.4.3', commonName)]),
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
  const fields = readElements(readElements(readElements(bytes)[0]!.content)[0]!.content);
  const start = fields[0]!.tag === 0xa0 ? 1 : 0;
  const keyId = subjectKeyIdOf(fields.find(({ tag }) => tag === 0xa3)?.content);
  return { name: fields[start + 4]!.whole, key: privateKey, ...(keyId && { keyId }) };
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

const SUBJECT_KEY_ID = identifier('2.5.29.14');

function subjectKeyIdOf(list: Uint8Array | undefined): Uint8Array | undefined {
  if (!list) return undefined;
  for (const { content } of readElements(readElements(list)[0]!.content)) {
    const parts = readElements(content);
    if (sameBytes(parts[0]!.whole, SUBJECT_KEY_ID)) return readElements(parts.at(-1)!.content)[0]!.content;
  }
  return undefined;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The first 160 bits of a hash over the key's own bits, by RFC 7093. */
function keyIdOf(publicKey: KeyObject): Uint8Array {
  const [, key] = readElements(readElements(publicKey.export({ format: 'der', type: 'spki' }))[0]!.content);
  return nodeCrypto().createHash('sha256').update(key!.content.subarray(1)).digest().subarray(0, 20);
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
    ...(san.dns ?? []).map((name) => primitive(2, new TextEncoder().encode(name))),
    ...(san.ip ?? []).map((address) => primitive(7, addressBytes(address))),
  ];
  const isNameless = !subject.commonName && !subject.organizations?.length;
  return [
    extension('2.5.29.15', true, bits(Uint8Array.of(usage), isCA ? 2 : 5)),
    extension('2.5.29.37', false, sequence(identifier('1.3.6.1.5.5.7.3.1'), identifier('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', true, isCA ? sequence(yes) : sequence()),
    ...(subjectKeyId ? [extension('2.5.29.14', false, octets(subjectKeyId))] : []),
    ...(authorityKeyId ? [extension('2.5.29.35', false, sequence(primitive(0, authorityKeyId)))] : []),
    ...(names.length > 0 ? [extension('2.5.29.17', isNameless, sequence(...names))] : []),
  ];
}

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  sequence(identifier(id), ...(critical ? [yes] : []), octets(value));

function addressBytes(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (!bytes) throw new Error(`error parsing ip: ${address}`);
  return bytes;
}

/** The four or sixteen bytes of an IP address, as net.ParseIP; undefined where it is none. */
export function parseAddress(address: string): Uint8Array | undefined {
  if (!address.includes(':')) return parseIPv4(address);
  const tail = /^(.*:)([^:]*\.[^:]*)$/.exec(address);
  const embedded = tail ? parseIPv4(tail[2]!) : undefined;
  if (tail && !embedded) return undefined;
  const groups = embedded ? `${tail![1]}${hexPair(embedded, 0)}:${hexPair(embedded, 2)}` : address;
  const bytes = parseIPv6(groups);
  const isMapped = bytes?.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes!.subarray(12) : bytes;
}

const hexPair = (bytes: Uint8Array, at: number): string => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16);

function parseIPv4(address: string): Uint8Array | undefined {
  const parts = address.split('.');
  const isValid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isValid ? Uint8Array.from(parts, Number) : undefined;
}

function parseIPv6(address: string): Uint8Array | undefined {
  const halves = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const given = halves.flat();
  const missing = 8 - given.length;
  const isValid = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0;
  if (!isValid || !given.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const groups = halves.length === 1 ? given : [...halves[0]!, ...Array(missing).fill('0'), ...halves[1]!];
  return concat(
    groups.map((group) => {
      const value = Number.parseInt(group, 16);
      return Uint8Array.of(value >> 8, value & 0xff);
    }),
  );
}

/** How a key signs: the hash, and the name of the two together. */
function signatureAlgorithm(key: KeyObject): { identifier: Uint8Array; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { identifier: sequence(identifier('1.2.840.113549.1.1.11'), nothing), hash: 'sha256' };
    case 'ec':
      return CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? CURVES['prime256v1']!;
    case 'ed25519':
      return { identifier: sequence(identifier('1.3.101.112')), hash: null };
    default:
      throw new Error('error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported');
  }
}

const ecdsa = (last: number, hash: string) => ({ identifier: sequence(identifier(`1.2.840.10045.4.3.${last}`)), hash });

const CURVES: Record<string, { identifier: Uint8Array; hash: string }> = {
  prime256v1: ecdsa(2, 'sha256'),
  secp384r1: ecdsa(3, 'sha384'),
  secp521r1: ecdsa(4, 'sha512'),
};
