/** Private keys: made, written in the form Go writes each kind in, and read back. */
import type { KeyObject } from 'node:crypto';
import * as der from '../x509/der.ts';
import { decodePem, encodePem } from '../x509/pem.ts';
import { nodeCrypto } from './lazy.ts';

export type KeyType = 'rsa' | 'ecdsa' | 'ed25519' | 'dsa';

export function generateKey(type: KeyType, rsaBits = 2048): KeyObject {
  const crypto = nodeCrypto();
  switch (type) {
    case 'rsa':
      return crypto.generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey;
    case 'ecdsa':
      return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ed25519':
      return crypto.generateKeyPairSync('ed25519').privateKey;
    case 'dsa':
      return crypto.generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey;
  }
}

/** PKCS#1 for RSA, SEC 1 for elliptic curves, OpenSSL's own form for DSA, PKCS#8 for the rest. */
export function writeKey(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return encodePem({ type: 'RSA PRIVATE KEY', bytes: key.export({ format: 'der', type: 'pkcs1' }) });
    case 'ec':
      return encodePem({ type: 'EC PRIVATE KEY', bytes: key.export({ format: 'der', type: 'sec1' }) });
    case 'dsa':
      return encodePem({ type: 'DSA PRIVATE KEY', bytes: dsaKey(key.export({ format: 'der', type: 'pkcs8' })) });
    default:
      return encodePem({ type: 'PRIVATE KEY', bytes: key.export({ format: 'der', type: 'pkcs8' }) });
  }
}

/** version, p, q, g, y, x: the public y is computed, for PKCS#8 does not hold it. */
function dsaKey(pkcs8: Buffer): Uint8Array {
  const [, algorithm, wrapped] = der.valuesIn(pkcs8);
  const parameters = der.valuesIn(algorithm!)[1]!;
  const [p, q, g] = der.valuesIn(parameters).map((number) => toBigInt(der.contentOf(number)));
  const x = toBigInt(der.contentOf(der.contentOf(wrapped!)));
  return der.sequence(...[0n, p!, q!, g!, modularPower(g!, x, p!), x].map(der.integer));
}

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let factor = base % modulus, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

const FORMS: Record<string, { type: 'pkcs1' | 'pkcs8' | 'sec1'; failure: string }> = {
  'PRIVATE KEY': { type: 'pkcs8', failure: 'decoding PEM as PKCS#8' },
  'RSA PRIVATE KEY': { type: 'pkcs1', failure: 'parsing RSA private key from PEM' },
  'EC PRIVATE KEY': { type: 'sec1', failure: 'parsing EC private key from PEM' },
  'DSA PRIVATE KEY': { type: 'pkcs1', failure: 'parsing DSA private key from PEM' },
};

/** Throws sprig's texts: `no PEM data in input` … */
export function readKey(text: string): KeyObject {
  const block = decodePem(text);
  if (!block) throw new Error('no PEM data in input');
  const { type, bytes } = block;
  if (type !== 'PRIVATE KEY' && !type.endsWith(' PRIVATE KEY'))
    throw new Error(`no private key data in PEM block of type ${type}`);
  const form = Object.hasOwn(FORMS, type) ? FORMS[type] : undefined;
  if (!form) throw new Error(`invalid private key type ${type}`);
  const { createPrivateKey } = nodeCrypto();
  try {
    if (type.startsWith('DSA')) return createPrivateKey(text);
    return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: form.type });
  } catch (error) {
    throw new Error(`${form.failure}: ${(error as Error).message}`);
  }
}
