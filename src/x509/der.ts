/** ASN.1 in its distinguished encoding, as far as certificates need it: every function answers the bytes of one value. */
export const sequence = (...parts: Uint8Array[]): Buffer => value(0x30, Buffer.concat(parts));
export const set = (...parts: Uint8Array[]): Buffer => value(0x31, Buffer.concat(parts));
export const octets = (bytes: Uint8Array): Buffer => value(0x04, bytes);
/** `unused` tells how many bits at the end do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer =>
  value(0x03, Buffer.concat([Buffer.from([unused]), bytes]));
export const boolean = (truth: boolean): Buffer => value(0x01, Buffer.from([truth ? 0xff : 0]));
export const nothing = (): Buffer => value(0x05, Buffer.alloc(0));
/** As Go: PrintableString where the characters allow it, otherwise UTF8String. */
export const text = (text: string): Buffer =>
  value(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? 0x13 : 0x0c, Buffer.from(text));
/** A value under a context-specific tag: `constructed` wraps whole values, otherwise the bytes stand for one. */
export const tagged = (tag: number, bytes: Uint8Array, constructed: boolean): Buffer =>
  value((constructed ? 0xa0 : 0x80) | tag, bytes);

/** A non-negative integer, or its big-endian bytes. */
export function integer(number: bigint | Uint8Array): Buffer {
  const bytes = typeof number === 'bigint' ? bytesOf(number) : number;
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return value(0x02, digits[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** `1.2.840.113549` */
export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return value(0x06, Buffer.from([first! * 40 + second!, ...rest.flatMap(base128)]));
}

function base128(n: number): number[] {
  const digits = [n & 0x7f];
  for (let rest = n >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** Two-digit years from 1950 until 2049, as certificates demand. */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(text.slice(0, -11));
  const isShort = year >= 1950 && year < 2050;
  return value(isShort ? 0x17 : 0x18, Buffer.from(isShort ? text.slice(2) : text));
}

function value(tag: number, bytes: Uint8Array): Buffer {
  const length = bytes.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), bytes]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), bytes]);
}

export interface Value {
  tag: number;
  /** Where its content begins and ends. */
  start: number;
  end: number;
}

/** The value that begins at `at`. Throws where it does not fit into `bytes`. */
export function valueAt(bytes: Uint8Array, at: number): Value {
  const first = bytes[at + 1] ?? 0xff;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 4) throw new Error(`read ASN.1: no value at byte ${at}`);
  const start = at + 2 + size;
  let length = size === 0 ? first : 0;
  for (let i = at + 2; i < start; i++) length = length * 256 + (bytes[i] ?? 0);
  if (start + length > bytes.length) throw new Error(`read ASN.1: the value at byte ${at} is cut off`);
  return { tag: bytes[at]!, start, end: start + length };
}

/** The values within the one that begins at `at`, each whole. */
export function valuesIn(bytes: Buffer, at = 0): Buffer[] {
  const { start, end } = valueAt(bytes, at);
  const content = bytes.subarray(0, end);
  const found: Buffer[] = [];
  for (let next = start; next < end; ) {
    const value = valueAt(content, next);
    found.push(content.subarray(next, value.end));
    next = value.end;
  }
  return found;
}

/** What is inside a whole value. */
export const contentOf = (value: Buffer): Buffer => value.subarray(valueAt(value, 0).start, valueAt(value, 0).end);
