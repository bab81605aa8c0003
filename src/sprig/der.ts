/** ASN.1 in its distinguished encoding: enough to write certificates, and to find the parts of one. */

/** One element: tag, length, content. */
export function element(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  return concat([Uint8Array.of(tag), lengthBytes(length), ...contents]);
}

export function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

export const sequence = (...contents: Uint8Array[]): Uint8Array => element(0x30, ...contents);
export const set = (...contents: Uint8Array[]): Uint8Array => element(0x31, ...contents);
export const octets = (content: Uint8Array): Uint8Array => element(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Uint8Array => element(0x03, Uint8Array.of(unused), content);
export const yes = element(0x01, Uint8Array.of(0xff));
export const nothing = element(0x05);

/** `[number]`, with elements inside. */
export const tagged = (number: number, ...contents: Uint8Array[]): Uint8Array => element(0xa0 | number, ...contents);

/** `[number]`, in the place of a primitive type's own tag. */
export const primitive = (number: number, content: Uint8Array): Uint8Array => element(0x80 | number, content);

/** A whole number that is not negative. */
export function integer(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = Uint8Array.from(even.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  return element(0x02, bytes[0]! >= 0x80 ? concat([Uint8Array.of(0), bytes]) : bytes);
}

export function identifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first! * 40 + second!, ...rest].flatMap(base128)));
}

function base128(number: number): number[] {
  const groups = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128))
    groups.unshift(0x80 | (rest % 128));
  return groups;
}

/** As Go: PrintableString where the characters allow it, otherwise UTF8String. */
export function text(value: string): Uint8Array {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
  return element(printable ? 0x13 : 0x0c, new TextEncoder().encode(value));
}

/** UTCTime to the year 2049, GeneralizedTime after it. */
export function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(digits.slice(0, -11));
  const short = year >= 1950 && year < 2050;
  return element(short ? 0x17 : 0x18, new TextEncoder().encode(short ? digits.slice(2) : digits));
}

/** An element that was read, in whole and its content. */
export interface Element {
  tag: number;
  whole: Uint8Array;
  content: Uint8Array;
}

/** The elements that stand one after the other in `bytes`. Throws where one is cut off. */
export function readElements(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; at += elements.at(-1)!.whole.length) elements.push(readElement(bytes, at));
  return elements;
}

function readElement(bytes: Uint8Array, at: number): Element {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) throw new Error('asn1: syntax error: data truncated');
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + count;
  let length = first;
  if (count > 0) length = bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (count > 6 || start + length > bytes.length) throw new Error('asn1: syntax error: data truncated');
  return { tag, whole: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) };
}
