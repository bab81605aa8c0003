/** One value by one verb, as the printer of Go's fmt does it for every kind of value. */
import type { FloatFormat } from './float.ts';
import { type Format, formatFloatValue, formatInteger, formatQuoted, pad, truncate } from './format.ts';
import { quoteRune } from './quote.ts';
import { elementType, isUnsigned, typeName } from './type.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { GoInt, type GoObject, isGoObject, isMap, isNil, sortedKeys, type Value, type ValueMap } from './value.ts';

/** A complex number, which only a literal such as `1i` makes. */
export interface Complex extends GoObject {
  readonly kind: 'complex128';
  readonly real: number;
  readonly imaginary: number;
}

/** Where Go would print an address; ours never tell where anything lies. */
const ADDRESS = 0xc000010000n;

/** Deeper than anything the parsers accept: only a value that contains itself gets here, and Go overflows its stack. */
const MAX_DEPTH = 500;

/** Only a value that holds others again and again has more. */
const MAX_COLLECTIONS = 2_000_000;
/** Within the present argument; one is printed at a time. */
let collections = 0;

/** `value` by `verb`: `v`, `d`, `q` … `depth` is 0 for an argument and more for what stands inside one. */
export function formatValue(format: Format, value: Value, verb: string, depth = 0): string {
  if (value === null || value === undefined) return formatNil(format, verb, depth);
  if (depth === 0 && verb === 'T') return pad(format, truncate(format, typeName(value)));
  if (depth === 0 && verb === 'p') return formatPointer(format, value, verb);
  switch (typeof value) {
    case 'string':
      return formatString(format, value, verb, value);
    case 'bigint':
      return formatInt(format, value, verb, value, false);
    case 'number':
      return formatFloat(format, value, verb, value);
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(format, String(value)) : badVerb(format, value, verb);
    case 'function':
      return formatPointer(format, value, verb);
  }
  if (value instanceof GoInt && isGoObject(value) && 'vsxXq'.includes(verb) && !format.sharpV && !format.erroring)
    return formatString(format, value.print(), verb, value);
  if (value instanceof GoInt) return formatInt(format, value.value, verb, value, isUnsigned(value.type));
  if (isGoObject(value)) return formatObject(format, value, verb, depth);
  if (depth > MAX_DEPTH) throw new Error('fmt: value nests too deep');
  collections = depth === 0 && !format.erroring ? 0 : collections + 1;
  if (collections > MAX_COLLECTIONS) throw new Error(`fmt: value holds more than ${MAX_COLLECTIONS} lists and maps`);
  return isMap(value) ? formatMap(format, value, verb, depth) : formatList(format, value, verb, depth);
}

function formatNil(format: Format, verb: string, depth: number): string {
  if (depth > 0) return format.sharpV ? 'interface {}(nil)' : '<nil>';
  return verb === 'T' || verb === 'v' ? pad(format, '<nil>') : `%!${verb}(<nil>)`;
}

/** `%!verb(type=value)`, the value as `%v` with the flags and width that stand there. */
function badVerb(format: Format, value: Value, verb: string): string {
  return `%!${verb}(${typeName(value)}=${formatValue({ ...format, erroring: true }, value, 'v')})`;
}

function formatString(format: Format, text: string, verb: string, whole: Value): string {
  if (verb === 's' || (verb === 'v' && !format.sharpV)) return pad(format, truncate(format, text));
  if (verb === 'q' || verb === 'v') return formatQuoted(format, text);
  if (verb === 'x' || verb === 'X') return formatBytes(format, encodeUtf8(text), verb);
  return badVerb(format, whole, verb);
}

/** Bytes in hexadecimal; `% x` puts spaces between them, `%# x` a 0x before each. */
function formatBytes(format: Format, bytes: Uint8Array, verb: string): string {
  const { precision, space, sharp } = format;
  const count = precision === undefined ? bytes.length : Math.min(precision, bytes.length);
  const pairs = Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0'));
  const digits = verb === 'X' ? pairs.map((pair) => pair.toUpperCase()) : pairs;
  const prefix = sharp && count > 0 ? `0${verb}` : '';
  return pad(format, prefix + digits.join(space ? ` ${prefix}` : ''));
}

const BASES: Record<string, number> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInt(format: Format, number: bigint, verb: string, whole: Value, unsigned: boolean): string {
  if (verb === 'v' && format.sharpV && unsigned) return formatAddress(format, number, true);
  const base = BASES[verb];
  if (base !== undefined) return formatInteger(format, number, base, verb);
  if (verb === 'c') return pad(format, String.fromCodePoint(toRune(number)));
  if (verb === 'q') return pad(format, quoteRune(toRune(number), format.plus));
  return verb === 'U' ? formatUnicode(format, number) : badVerb(format, whole, verb);
}

/** The code point, U+FFFD where the number is none. */
const toRune = (number: bigint): number =>
  number < 0n || number > 0x10ffffn || (number >= 0xd800n && number <= 0xdfffn) ? 0xfffd : Number(number);

/** In hexadecimal with or without 0x, whatever the flags say. */
const formatAddress = (format: Format, number: bigint, prefix: boolean): string =>
  formatInteger({ ...format, sharp: prefix }, number, 16, 'x');

/** U+0041, or U+0041 'A' with the sharp flag. */
function formatUnicode(format: Format, number: bigint): string {
  const code = BigInt.asUintN(64, number);
  let text = `U+${code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(format.precision ?? 0, 4), '0')}`;
  if (format.sharp && code <= 0x10ffffn) {
    const char = String.fromCodePoint(Number(code));
    const quoted = quoteRune(Number(code));
    if (quoted === `'${char}'` || char === "'" || char === '\\') text += ` '${char}'`;
  }
  return pad({ ...format, zero: false }, text);
}

function formatFloat(format: Format, number: number, verb: string, whole: Value): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(format, whole, verb);
  const shape = verb === 'v' ? 'g' : verb === 'F' ? 'f' : (verb as FloatFormat);
  return formatFloatValue(format, number, shape, 'feE'.includes(shape) ? 6 : -1);
}

function formatPointer(format: Format, value: Value, verb: string): string {
  const addressable = typeof value === 'function' || (typeof value === 'object' && !(value instanceof GoInt));
  if (!addressable) return badVerb(format, value, verb);
  if (verb === 'v' && format.sharpV) return `(${typeName(value)})(${formatAddress(format, ADDRESS, true)})`;
  if (verb === 'v' || verb === 'p') return formatAddress(format, ADDRESS, !format.sharp);
  if ('bodxX'.includes(verb)) return formatInt(format, ADDRESS, verb, value, true);
  return `%!${verb}(${typeName(value)}=${formatAddress(format, ADDRESS, true)})`;
}

function formatObject(format: Format, object: GoObject, verb: string, depth: number): string {
  if (object.kind === 'complex128') return formatComplex(format, object as Complex, verb);
  if (format.sharpV && object.goString) {
    const isAddress = depth > 0 && object.kind === 'ptr';
    return isAddress ? formatPointer(format, object, 'v') : object.goString();
  }
  if (object.format) return object.format(format.sharpV ? '#' : format.plusV ? '+' : '');
  if (format.erroring || !'vsxXq'.includes(verb)) return `%!${verb}(${object.type}=${object.print()})`;
  return formatString(format, object.print(), verb, object);
}

function formatComplex(format: Format, number: Complex, verb: string): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(format, number, verb);
  const real = formatFloat(format, number.real, verb, number);
  return `(${real}${formatFloat({ ...format, plus: true }, number.imaginary, verb, number)}i)`;
}

function formatMap(format: Format, map: ValueMap, verb: string, depth: number): string {
  const type = typeName(map);
  if (format.sharpV && isNil(map)) return `${type}(nil)`;
  const entries = sortedKeys(map).map(
    (key) => `${formatValue(format, key, verb, depth + 1)}:${formatValue(format, map[key], verb, depth + 1)}`,
  );
  return format.sharpV ? `${type}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`;
}

function formatList(format: Format, list: Value[], verb: string, depth: number): string {
  const type = typeName(list);
  if (elementType(type) === 'uint8' && ('sqxX'.includes(verb) || (depth === 0 && 'vd'.includes(verb))))
    return formatByteList(format, list, verb);
  return listText(format, type, list, (item) => formatValue(format, item, verb, depth + 1));
}

function listText(format: Format, type: string, list: Value[], each: (item: Value) => string): string {
  if (!format.sharpV) return `[${list.map(each).join(' ')}]`;
  return isNil(list) ? `${type}(nil)` : `${type}{${list.map(each).join(', ')}}`;
}

function formatByteList(format: Format, list: Value[], verb: string): string {
  const bytes = Uint8Array.from(list, (byte) => Number(byte instanceof GoInt ? byte.value : byte));
  switch (verb) {
    case 's':
      return pad(format, truncate(format, decodeUtf8(bytes)));
    case 'q':
      return formatQuoted(format, decodeUtf8(bytes));
    case 'x':
    case 'X':
      return formatBytes(format, bytes, verb);
    default:
      return listText(format, '[]byte', list, (byte) => {
        const number = BigInt(byte instanceof GoInt ? byte.value : Number(byte));
        return format.sharpV ? formatAddress(format, number, true) : formatInteger(format, number, 10, 'd');
      });
  }
}
