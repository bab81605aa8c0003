/** Strings. Lengths and positions count bytes where Go's do. */
import { quote } from '../template/quote.ts';
import { typedList, typedMap, type Value, type ValueMap } from '../template/value.ts';
import { toCamelCase, toKebabCase, toSnakeCase } from './case.ts';
import { shown, toStringList, toText, toTexts } from './convert.ts';
import { type Family, go } from './function.ts';
import { fromBinary, isSpace, swapCase, titleWords, toBinary, toLower, toUpper, untitleWords } from './runes.ts';
import { wrapText } from './wrap.ts';

/** Without white space at both ends. All of it is in the basic plane, and a loop has nothing to backtrack. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start]!)) start++;
  while (end > start && isSpace(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Without the runes of `cut` at both ends. */
function trimAll(cut: string, text: string): string {
  const unwanted = new Set(cut);
  const all = [...text];
  let start = 0;
  let end = all.length;
  while (start < end && unwanted.has(all[start]!)) start++;
  while (end > start && unwanted.has(all[end - 1]!)) end--;
  return all.slice(start, end).join('');
}

/** The longest text that JavaScript holds. */
const MAX_LENGTH = 2 ** 29 - 24;

function repeat(count: bigint, text: string): string {
  if (count < 0n) throw new Error('strings: negative Repeat count');
  if (BigInt(text.length) * count > MAX_LENGTH) throw new Error('strings: Repeat output length overflow');
  return text === '' ? '' : text.repeat(Number(count));
}

const indent = (spaces: bigint, text: string): string => {
  const padding = repeat(spaces, ' ');
  return padding + text.replaceAll('\n', `\n${padding}`);
};

/** An empty `old` stands before every rune and at the end. */
const replace = (old: string, by: string, text: string): string =>
  old === '' ? by + [...text].map((rune) => rune + by).join('') : text.split(old).join(by);

/** Keeps the first bytes, or the last where `count` is negative. */
function truncate(count: bigint, text: string): string {
  const binary = toBinary(text);
  if (count < 0n && BigInt(binary.length) + count > 0n) return fromBinary(binary.slice(Number(count)));
  if (count >= 0n && BigInt(binary.length) > count) return fromBinary(binary.slice(0, Number(count)));
  return text;
}

/** As sprig: a negative start takes all up to `end`, a negative or too large end all from `start`. */
function substring(start: bigint, end: bigint, text: string): string {
  const binary = toBinary(text);
  const length = BigInt(binary.length);
  if (start < 0n) {
    if (end < 0n) throw outOfRange(`[:${end}]`);
    if (end > length) throw outOfRange(`[:${end}] with length ${length}`);
    return fromBinary(binary.slice(0, Number(end)));
  }
  const stop = end < 0n || end > length ? length : end;
  if (start > stop) throw outOfRange(`[${start}:${stop}]`);
  return fromBinary(binary.slice(Number(start), Number(stop)));
}

const outOfRange = (bounds: string): Error => new Error(`runtime error: slice bounds out of range ${bounds}`);

/** goutils.AbbreviateFull: at most `width` bytes, with dots for what is left out on either side. */
function abbreviate(text: string, offset: number, width: number): string {
  if (text.length <= width) return text;
  let left = Math.min(offset, text.length);
  if (text.length - left < width - 3) left = text.length - (width - 3);
  if (left <= 4) return `${text.slice(0, width - 3)}...`;
  if (width < 7) return '';
  if (left + width - 3 >= text.length) return `...${text.slice(text.length - (width - 3))}`;
  return `...${width - 3 < 4 ? '' : abbreviate(text.slice(left), 0, width - 3)}`;
}

const abbrev = (width: bigint, text: string): string =>
  width < 4n ? text : fromBinary(abbreviate(toBinary(text), 0, Number(width)));

const abbrevboth = (left: bigint, right: bigint, text: string): string =>
  right < 4n || (left > 0n && right < 7n) ? text : fromBinary(abbreviate(toBinary(text), Number(left), Number(right)));

/** The first byte of every word, read as a character: goutils knows no runes here. */
function initials(text: string): string {
  let letters = '';
  let gap = true;
  for (const byte of toBinary(text)) {
    if (isSpace(byte)) gap = true;
    else if (gap) {
      letters += byte;
      gap = false;
    }
  }
  return letters;
}

/** Bytes that are white space as characters go, 0x85 and 0xA0 too; then the others are read as characters. */
function nospace(text: string): string {
  const binary = toBinary(text);
  const kept = [...binary].filter((byte) => !isSpace(byte)).join('');
  return kept.length === binary.length ? text : kept;
}

const notNil = (values: Value[]): Value[] => values.filter((value) => value != null);

/** strings.SplitN: at most `limit` parts; all where it is negative, none where it is 0. */
function splitParts(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit < 0n || limit >= BigInt(parts.length)) return parts;
  const head = parts.slice(0, Number(limit) - 1);
  return [...head, parts.slice(head.length).join(separator)];
}

/** The parts as `_0`, `_1` … */
const numbered = (parts: string[]): ValueMap =>
  typedMap('map[string]string', Object.fromEntries(parts.map((part, i) => [`_${i}`, part])));

export const strings: Family = {
  abbrev: go('int, string', abbrev),
  abbrevboth: go('int, int, string', abbrevboth),
  camelcase: go('string', toCamelCase),
  cat: go('...interface {}', (...values: Value[]) => notNil(values).map(shown).join(' ')),
  contains: go('string, string', (part: string, text: string) => text.includes(part)),
  hasPrefix: go('string, string', (prefix: string, text: string) => text.startsWith(prefix)),
  hasSuffix: go('string, string', (suffix: string, text: string) => text.endsWith(suffix)),
  indent: go('int, string', indent),
  initials: go('string', initials),
  join: go('string, interface {}', (separator: string, list: Value) => toTexts(list).join(separator)),
  kebabcase: go('string', toKebabCase),
  lower: go('string', toLower),
  nindent: go('int, string', (spaces: bigint, text: string) => `\n${indent(spaces, text)}`),
  nospace: go('string', nospace),
  plural: go('string, string, int', (one: string, many: string, count: bigint) => (count === 1n ? one : many)),
  quote: go('...interface {}', (...values: Value[]) =>
    notNil(values)
      .map((value) => quote(toText(value)))
      .join(' '),
  ),
  repeat: go('int, string', repeat),
  replace: go('string, string, string', replace),
  snakecase: go('string', toSnakeCase),
  split: go('string, string', (separator: string, text: string) => numbered(splitParts(text, separator, -1n))),
  splitList: go('string, string', (separator: string, text: string) =>
    typedList('[]string', splitParts(text, separator, -1n)),
  ),
  splitn: go('string, int, string', (separator: string, limit: bigint, text: string) =>
    numbered(splitParts(text, separator, limit)),
  ),
  squote: go('...interface {}', (...values: Value[]) =>
    notNil(values)
      .map((value) => `'${shown(value)}'`)
      .join(' '),
  ),
  substr: go('int, int, string', substring),
  swapcase: go('string', swapCase),
  title: go('string', titleWords),
  toString: go('interface {}', toText),
  toStrings: go('interface {}', toStringList),
  trim: go('string', trimmed),
  trimAll: go('string, string', trimAll),
  trimall: go('string, string', trimAll),
  trimPrefix: go('string, string', (prefix: string, text: string) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: go('string, string', (suffix: string, text: string) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  trunc: go('int, string', truncate),
  untitle: go('string', untitleWords),
  upper: go('string', toUpper),
  wrap: go('int, string', (width: bigint, text: string) => wrapText(text, width, '\n', false)),
  wrapWith: go('int, string, string', (width: bigint, newline: string, text: string) =>
    wrapText(text, width, newline === '' ? '\n' : newline, true),
  ),
};
