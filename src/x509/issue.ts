/** Puts a certificate (X.509, version 3) together and signs it. What it says is for the caller to decide. */
import type { KeyObject } from 'node:crypto';
import { lazily } from '../encoding/lazy.ts';
import * as der from './der.ts';
import { encodePem } from './pem.ts';

/** What a certificate says; names are whole values, byte for byte. */
export interface Statement {
  subject: Uint8Array;
  issuer: Uint8Array;
  publicKey: KeyObject;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  extensions: Uint8Array[];
}

const crypto = lazily('node:crypto', () => require('node:crypto') as typeof import('node:crypto'));

/** The certificate as PEM. Throws for keys that cannot sign. */
export function issue(statement: Statement, signer: KeyObject): string {
  const { subject, issuer, publicKey, notBefore, notAfter, extensions } = statement;
  const algorithm = signatureAlgorithm(signer);
  const body = der.sequence(
    der.tagged(0, der.integer(2n), true),
    der.integer(serialNumber()),
    algorithm.identifier,
    issuer,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.tagged(3, der.sequence(...extensions), true),
  );
  const signature = crypto().sign(algorithm.hash, body, signer);
  return encodePem({ type: 'CERTIFICATE', bytes: der.sequence(body, algorithm.identifier, der.bits(signature)) });
}

export const extension = (type: string, critical: boolean, content: Uint8Array): Buffer =>
  der.sequence(der.oid(type), ...(critical ? [der.boolean(true)] : []), der.octets(content));

/** An attribute of a name. */
export const attribute = (type: string, text: string): Buffer => der.sequence(der.oid(type), der.text(text));

export const ORGANIZATION = '2.5.4.10';
export const COMMON_NAME = '2.5.4.3';

/** Positive and of 16 bytes. */
function serialNumber(): Buffer {
  const bytes = crypto().randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

/** How a key signs, as Go chooses: the hash, and the name of the two together. */
function signatureAlgorithm(key: KeyObject): { identifier: Buffer; hash: string | null } {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key;
  if (type === 'ec') {
    const [name, hash] = CURVES[details?.namedCurve ?? ''] ?? CURVES['prime256v1']!;
    return { identifier: der.sequence(der.oid(name)), hash };
  }
  if (type === 'rsa') return { identifier: der.sequence(der.oid(RSA), der.nothing()), hash: 'sha256' };
  if (type === 'ed25519') return { identifier: der.sequence(der.oid('1.3.101.112')), hash: null };
  throw new Error('error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported');
}

const RSA = '1.2.840.113549.1.1.11';

const CURVES: Record<string, [name: string, hash: string]> = {
  prime256v1: ['1.2.840.10045.4.3.2', 'sha256'],
  secp384r1: ['1.2.840.10045.4.3.3', 'sha384'],
  secp521r1: ['1.2.840.10045.4.3.4', 'sha512'],
};
