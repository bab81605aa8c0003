/** base64 and base32 as Go's encoding packages write and read them, with their errors. */
import { decodeUtf8 } from '../template/utf8.ts';

export type Base64Kind = 'std' | 'url' | 'raw' | 'rawUrl';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STD = `${LETTERS}+/`;
const URL_SAFE = `${LETTERS}-_`;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const KINDS: Record<Base64Kind, { letters: string; padded: boolean }> = {
  std: { letters: STD, padded: true },
  url: { letters: URL_SAFE, padded: true },
  raw: { letters: STD, padded: false },
  rawUrl: { letters: URL_SAFE, padded: false },
};

const PAD = 61;
const LF = 10;
const CR = 13;

export function encodeBase64(bytes: Uint8Array, kind: Base64Kind = 'std'): string {
  const { letters, padded } = KINDS[kind];
  return encodeGroups(bytes, letters, 6, padded ? 4 : 1);
}

export const encodeBase32 = (bytes: Uint8Array): string => encodeGroups(bytes, BASE32, 5, 8);

/** `group` letters make whole bytes; shorter ends are filled up with `=`. */
function encodeGroups(bytes: Uint8Array, letters: string, bits: number, group: number): string {
  const count = Math.ceil((bytes.length * 8) / bits);
  const out = new Uint8Array(Math.ceil(count / group) * group).fill(PAD);
  let buffer = 0;
  let held = 0;
  let to = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    held += 8;
    while (held >= bits) {
      held -= bits;
      out[to++] = letters.charCodeAt((buffer >> held) & ((1 << bits) - 1));
    }
  }
  if (held > 0) out[to] = letters.charCodeAt((buffer << (bits - held)) & ((1 << bits) - 1));
  return decodeUtf8(out);
}

/** Throws `illegal base64 data at input byte N`. Line breaks are skipped. */
export function decodeBase64(text: string, kind: Base64Kind = 'std'): Uint8Array {
  const { letters, padded } = KINDS[kind];
  const values = letterValues(letters);
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let to = 0;
  let buffer = 0;
  let count = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const value = unit < 128 ? values[unit]! : -1;
    if (value < 0) {
      if (unit === LF || unit === CR) continue;
      break;
    }
    buffer = ((buffer << 6) | value) & 0xffffff;
    if (++count % 4 !== 0) continue;
    bytes[to++] = buffer >> 16;
    bytes[to++] = buffer >> 8;
    bytes[to++] = buffer;
  }
  const rest = count % 4;
  checkEnd(text, at, rest, padded);
  if (rest > 1) bytes[to++] = buffer >> (rest * 6 - 8);
  if (rest > 2) bytes[to++] = buffer >> 2;
  return bytes.subarray(0, to);
}

/** What may stand after the last letter: nothing, or as many `=` as the `rest` letters of its group leave places. */
function checkEnd(text: string, at: number, rest: number, padded: boolean): void {
  const corrupt = (offset: number) => new Error(`illegal base64 data at input byte ${offset}`);
  if (at === text.length) {
    if (rest === 1 || (rest > 1 && padded)) throw corrupt(at - rest);
    return;
  }
  if (text.charCodeAt(at) !== PAD || !padded || rest < 2) throw corrupt(at);
  at++;
  if (rest === 2) {
    at = skipBreaks(text, at);
    if (at === text.length) throw corrupt(at);
    if (text.charCodeAt(at) !== PAD) throw corrupt(at - 1);
    at++;
  }
  at = skipBreaks(text, at);
  if (at < text.length) throw corrupt(at);
}

function skipBreaks(text: string, at: number): number {
  while (text.charCodeAt(at) === LF || text.charCodeAt(at) === CR) at++;
  return at;
}

/** Throws `illegal base32 data at input byte N`, counted without line breaks, which are skipped. */
export function decodeBase32(text: string): Uint8Array {
  const letters = text.replaceAll(/[\r\n]/g, '');
  const values = letterValues(BASE32);
  const bytes = new Uint8Array(Math.ceil((letters.length * 5) / 8));
  let to = 0;
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (; at < letters.length; at++) {
    const unit = letters.charCodeAt(at);
    const value = unit < 128 ? values[unit]! : -1;
    if (value < 0) break;
    buffer = ((buffer << 5) | value) & 0xfff;
    held += 5;
    if (held >= 8) bytes[to++] = buffer >> (held -= 8);
  }
  checkBase32End(letters, at);
  return bytes.subarray(0, to);
}

function checkBase32End(letters: string, at: number): void {
  const corrupt = (offset: number) => new Error(`illegal base32 data at input byte ${offset}`);
  const rest = at % 8;
  const left = letters.length - at;
  if (left === 0) {
    if (rest > 0) throw corrupt(at - rest);
    return;
  }
  if (letters.charCodeAt(at) !== PAD || rest < 2 || left > 8) throw corrupt(at);
  if (left + rest < 8) throw corrupt(letters.length);
  for (let i = 0; i < 7 - rest; i++) if (letters.charCodeAt(at + 1 + i) !== PAD) throw corrupt(at + i);
  if (rest === 3 || rest === 6) throw corrupt(at);
}

function letterValues(letters: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < letters.length; i++) values[letters.charCodeAt(i)] = i;
  return values;
}
