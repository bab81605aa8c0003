/** Hashes, passwords and AES. */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { hasNode } from '../encoding/lazy.ts';
import { byteLength, decodeUtf8, encodeUtf8 } from '../template/utf8.ts';
import type { GoInt } from '../template/value.ts';
import { type Family, go, type SprigContext } from './function.ts';
import { bcryptjs, nobleLegacy, nobleSha2, nodeCrypto } from './lazy.ts';

export function crypto(context: SprigContext): Family {
  const bcrypt = (password: string): string => hashPassword(password, context.randomBytes(16));
  return {
    adler32sum: go('string', adler32),
    bcrypt: go('string', bcrypt),
    decryptAES: go('string, string', decrypt),
    derivePassword: go('uint32, string, string, string, string', derivePassword),
    encryptAES: go('string, string', (password: string, text: string) =>
      encrypt(password, text, context.randomBytes(16)),
    ),
    // Of sprig 3.3, which Helm carries: the choice of an algorithm came later.
    htpasswd: go('string, string', (user: string, password: string) =>
      user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(password)}`,
    ),
    sha1sum: go('string', (text: string) => hash('sha1', text)),
    sha256sum: go('string', (text: string) => hash('sha256', text)),
    sha512sum: go('string', (text: string) => hash('sha512', text)),
  };
}

function hash(name: 'sha1' | 'sha256' | 'sha512', text: string): string {
  const bytes = encodeUtf8(text);
  if (hasNode) return nodeCrypto().createHash(name).update(bytes).digest('hex');
  const digest = name === 'sha1' ? nobleLegacy().sha1(bytes) : nobleSha2()[name](bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of encodeUtf8(text)) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return String(b * 65_536 + a);
}

const BCRYPT_COST = 10;
const MAX_BCRYPT_LENGTH = 72;

function hashPassword(password: string, salt: Uint8Array): string {
  if (byteLength(password) > MAX_BCRYPT_LENGTH)
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  const { encodeBase64: encodeSalt, hashSync } = bcryptjs();
  return hashSync(password, `$2a$${BCRYPT_COST}$${encodeSalt(salt, salt.length)}`);
}

const AES_BLOCK = 16;

/** The first 32 bytes of the password, filled up with zeros. */
function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(32);
  key.set(encodeUtf8(password).subarray(0, 32));
  return key;
}

/** AES-256-CBC with PKCS#7 padding, the initialization vector in front, in base64. */
function encrypt(password: string, text: string, vector: Uint8Array): string {
  if (text === '') return '';
  const cipher = nodeCrypto().createCipheriv('aes-256-cbc', aesKey(password), vector);
  return encodeBase64(Buffer.concat([vector, cipher.update(encodeUtf8(text)), cipher.final()]));
}

/** As sprig: the last byte tells how many to drop, whatever it is. */
function decrypt(password: string, encoded: string): string {
  if (encoded === '') return '';
  const bytes = decodeBase64(encoded);
  if (bytes.length < AES_BLOCK)
    throw new Error(`runtime error: slice bounds out of range [:${AES_BLOCK}] with capacity ${capacity(encoded)}`);
  const body = bytes.subarray(AES_BLOCK);
  if (body.length % AES_BLOCK !== 0) throw new Error('crypto/cipher: input not full blocks');
  if (body.length === 0) throw new Error('runtime error: index out of range [-1]');
  const cipher = nodeCrypto().createDecipheriv('aes-256-cbc', aesKey(password), bytes.subarray(0, AES_BLOCK));
  cipher.setAutoPadding(false);
  const plain = Buffer.concat([cipher.update(body), cipher.final()]);
  const end = plain.length - plain.at(-1)!;
  if (end < 0) throw new Error(`runtime error: slice bounds out of range [:${end}]`);
  return decodeUtf8(plain.subarray(0, end));
}

/** What Go makes room for when it decodes base64. */
const capacity = (encoded: string): number => Math.floor(encoded.length / 4) * 3;

/** The Master Password algorithm: what each letter of a template may become. */
const CHARACTERS: Record<string, string> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
};

const LONG =
  'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
  'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
  'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno';

const TEMPLATES: Record<string, string[]> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: LONG.split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
};

const SEED = 'com.lyndir.masterpassword';

/** Master Password, version 3 but for its lengths in bytes. */
function derivePassword(counter: GoInt, type: string, password: string, user: string, site: string): string {
  const templates = Object.hasOwn(TEMPLATES, type) ? TEMPLATES[type] : undefined;
  if (!templates) return `cannot find password template ${type}`;
  const { createHmac, scryptSync } = nodeCrypto();
  const options = { N: 32_768, r: 8, p: 2, maxmem: 2 ** 27 };
  const key = scryptSync(encodeUtf8(password), Buffer.concat([Buffer.from(SEED), sized(user)]), 64, options);
  const message = Buffer.concat([Buffer.from(SEED), sized(site), bigEndian(Number(counter.value))]);
  const seed = createHmac('sha256', key).update(message).digest();
  const template = templates[seed[0]! % templates.length]!;
  return [...template].map((letter, i) => CHARACTERS[letter]![seed[i + 1]! % CHARACTERS[letter]!.length]).join('');
}

const sized = (text: string): Buffer => {
  const bytes = encodeUtf8(text);
  return Buffer.concat([bigEndian(bytes.length), bytes]);
};

function bigEndian(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
