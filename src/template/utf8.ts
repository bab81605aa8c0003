/**
 * Bytes and text, without loss: every byte that is no part of valid UTF-8 lives in a string as the lone surrogate
 * U+DC00 + byte (so U+DC80 to U+DCFF), and becomes that byte again on the way out. No other surrogate stands alone in
 * a text that came through here.
 */
const ESCAPE = 0xdc00;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of `bytes`. A byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLoosely(bytes);
  }
}

/** The bytes of `text`: the inverse of `decodeUtf8`. */
export function encodeUtf8(text: string): Uint8Array {
  return wellFormed(text).isWellFormed() ? encoder.encode(text) : encodeLoosely(text);
}

/** How many bytes `encodeUtf8` gives, without making them. */
export function byteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
      length += 2;
      i++;
    } else if (!isEscapedByte(unit)) length += 2;
  }
  return length;
}

/** Whether `unit`, standing alone, is a byte that was no valid UTF-8. */
export const isEscapedByte = (unit: number): boolean => unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff;

/** `text` with U+FFFD for each byte that was no valid UTF-8, as Go's `[]rune(s)` shows it. */
export const toValidText = (text: string): string => wellFormed(text).toWellFormed();

/** `text[from:to]` by bytes; a character that the cut goes through falls into its bytes. */
export function sliceBytes(text: string, from: number, to: number): string {
  return isAscii(text) ? text.slice(from, to) : decodeUtf8(encodeUtf8(text).subarray(from, to));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** How many runes, each byte that was no valid UTF-8 counting as one. */
export function runeCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (!isHigh(text.charCodeAt(i)) || !isLow(text.charCodeAt(i + 1))) continue;
    count--;
    i++;
  }
  return count;
}

/** In every engine that runs this, though not yet in the type checker's library. */
interface WellFormed {
  isWellFormed(): boolean;
  toWellFormed(): string;
}
const wellFormed = (text: string) => text as unknown as WellFormed;

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Valid stretches are decoded at once; the bytes between them are escaped one by one. */
function decodeLoosely(bytes: Uint8Array): string {
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const width = sequenceLength(bytes, at);
    if (width > 0) {
      at += width;
      continue;
    }
    parts.push(strict.decode(bytes.subarray(start, at)), String.fromCharCode(ESCAPE + bytes[at]!));
    start = ++at;
  }
  parts.push(strict.decode(bytes.subarray(start)));
  return parts.join('');
}

/** The length of the valid sequence at `at`, 0 where there is none (overlong, surrogate, above U+10FFFF, cut off). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const width = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < width; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return width;
}

function encodeLoosely(text: string): Uint8Array {
  const bytes = new Uint8Array(byteLength(text));
  let from = 0;
  let to = 0;
  const flush = (end: number) => {
    to += encoder.encodeInto(text.slice(from, end), bytes.subarray(to)).written;
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++;
    else if (isEscapedByte(unit)) {
      flush(i);
      bytes[to++] = unit - ESCAPE;
      from = i + 1;
    }
  }
  flush(text.length);
  return bytes;
}
