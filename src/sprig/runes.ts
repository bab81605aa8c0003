/** Strings as Go sees them: bytes, runes, and the simple case mappings of Go's unicode package. */
import { decodeUtf8, encodeUtf8, toValidText } from '../template/utf8.ts';

const NON_ASCII = /[^\x00-\x7f]/;

/** One character per byte of `text`, so that string operations count bytes; the text itself where it is ASCII. */
export function toBinary(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  const bytes = encodeUtf8(text);
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8192) parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
  return parts.join('');
}

/** The inverse of `toBinary`. */
export function fromBinary(binary: string): string {
  if (!NON_ASCII.test(binary)) return binary;
  return decodeUtf8(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

/** The runes of `text`; a byte that is no valid UTF-8 is U+FFFD, as in `[]rune(text)`. */
export const runes = (text: string): string[] => [...toValidText(text)];

export const isSpace = (rune: string): boolean =>
  rune === ' ' || (rune >= '\t' && rune <= '\r') || (rune > '\x7f' && /^\p{White_Space}$/u.test(rune));

export const toUpper = (text: string): string => mapRunes(text, upperRune, (ascii) => ascii.toUpperCase());
export const toLower = (text: string): string => mapRunes(text, lowerRune, (ascii) => ascii.toLowerCase());

function mapRunes(text: string, map: (rune: string) => string, mapAscii: (ascii: string) => string): string {
  return NON_ASCII.test(text) ? runes(text).map(map).join('') : mapAscii(text);
}

/** unicode.ToUpper: where the full mapping has several characters ("ß" to "SS"), there mostly is no simple one. */
export function upperRune(rune: string): string {
  const upper = rune.toUpperCase();
  return isOneRune(upper) ? upper : (GREEK_IOTA[rune] ?? rune);
}

/** unicode.ToLower. */
export function lowerRune(rune: string): string {
  return rune === 'İ' ? 'i' : rune.toLowerCase();
}

/** unicode.ToTitle: upper case but for the digraphs, which have a form of their own, and Georgian, which has none. */
function titleRune(rune: string): string {
  const digraph = DIGRAPHS.find((forms) => forms.includes(rune));
  if (digraph) return digraph[1]!;
  return rune >= '\u10d0' && rune <= '\u10ff' ? rune : upperRune(rune);
}

const DIGRAPHS = ['ǄǅǆǄ', 'ǇǈǉǇ', 'ǊǋǌǊ', 'ǱǲǳǱ'];

/** Greek letters with iota subscript: the upper case with iota beside is what JavaScript gives, Go's has it below. */
const GREEK_IOTA: Record<string, string> = Object.fromEntries(
  [...Array(8).keys()]
    .flatMap((i) => [0x1f80 + i, 0x1f90 + i, 0x1fa0 + i].map((code) => [code, code + 8]))
    .concat([0x1fb3, 0x1fc3, 0x1ff3].map((code) => [code, code + 9]))
    .map(([lower, upper]) => [String.fromCharCode(lower!), String.fromCharCode(upper!)]),
);

const isOneRune = (text: string): boolean => text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1);

/** strings.Title: the first letter of every word in title case; a non-ASCII symbol separates no words. */
export function titleWords(text: string): string {
  let before = ' ';
  let titled = '';
  for (const rune of runes(text)) {
    titled += separatesWords(before) ? titleRune(rune) : rune;
    before = rune;
  }
  return titled;
}

const separatesWords = (rune: string): boolean => (rune <= '\x7f' ? !/\w/.test(rune) : isSpace(rune));

/** goutils.Uncapitalize: the first letter of every word in lower case. */
export const untitleWords = (text: string): string => atWordStarts(text, lowerRune);

function atWordStarts(text: string, map: (rune: string) => string): string {
  let starts = true;
  return runes(text)
    .map((rune) => {
      if (isSpace(rune)) starts = true;
      else if (starts) {
        starts = false;
        return map(rune);
      }
      return rune;
    })
    .join('');
}

/** goutils.SwapCase: lower case letters turn upper (title at the start of a word), upper and title case ones lower. */
export function swapCase(text: string): string {
  let starts = true;
  return runes(text)
    .map((rune) => {
      const [upper, lower] = [/^[\p{Lu}\p{Lt}]$/u.test(rune), /^\p{Ll}$/u.test(rune)];
      const swapped = upper ? lowerRune(rune) : lower ? (starts ? titleRune(rune) : upperRune(rune)) : rune;
      starts = !upper && !lower && isSpace(rune);
      return swapped;
    })
    .join('');
}
