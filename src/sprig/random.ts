/** Chance: random texts, numbers and identifiers. Every byte comes from the context. */
import { encodeBase64 } from '../encoding/base64.ts';
import { type Family, go, type SprigContext } from './function.ts';
import { runes } from './runes.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PRINTABLE = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));

/** The longest random text that is made; Go is bounded by its memory. */
const MAX_LENGTH = 16_000_000n;

export function random({ randomBytes }: SprigContext): Family {
  /** An even choice below `limit`, which is at most 2^48. */
  const below = (limit: number): number => {
    const bytes = limit <= 256 ? 1 : 6;
    const space = 256 ** bytes;
    for (;;) {
      const number = randomBytes(bytes).reduce((sum, byte) => sum * 256 + byte, 0);
      if (number < space - (space % limit)) return number % limit;
    }
  };
  const textOf = (alphabet: string) =>
    go('int', (count: bigint) => {
      if (count <= 0n) return '';
      return Array.from({ length: lengthOf(count) }, () => alphabet[below(alphabet.length)]).join('');
    });
  return {
    randAlpha: textOf(LETTERS),
    randAlphaNum: textOf(LETTERS + DIGITS),
    randAscii: textOf(PRINTABLE),
    randNumeric: textOf(DIGITS),
    randBytes: go('int', (count: bigint) => {
      if (count < 0n) throw new Error('runtime error: makeslice: len out of range');
      return encodeBase64(randomBytes(lengthOf(count)));
    }),
    randInt: go('int, int', (min: bigint, max: bigint) => {
      if (max <= min) throw new Error('invalid argument to Intn');
      return min + largeBelow(max - min, randomBytes);
    }),
    shuffle: go('string', (text: string) => {
      const all = runes(text);
      for (let i = all.length - 1; i > 0; i--) {
        const other = below(i + 1);
        [all[i], all[other]] = [all[other]!, all[i]!];
      }
      return all.join('');
    }),
    uuidv4: go('', () => uuid(randomBytes(16))),
  };
}

function lengthOf(count: bigint): number {
  if (count > MAX_LENGTH) throw new Error(`a random text of more than ${MAX_LENGTH} characters is too long`);
  return Number(count);
}

/** An even choice below a limit of any size. */
function largeBelow(limit: bigint, randomBytes: (size: number) => Uint8Array): bigint {
  const space = 2n ** 64n;
  for (;;) {
    const number = randomBytes(8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (number < space - (space % limit)) return number % limit;
  }
}

/** RFC 4122, version 4. */
function uuid(bytes: Uint8Array): string {
  const marked = bytes.map((byte, i) => (i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte));
  const digits = [...marked].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
