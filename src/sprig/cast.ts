/** Numbers out of anything, as spf13/cast: what cannot be converted is 0. */
import { GoInt, type Value } from '../template/value.ts';

/** A value as Go's int64, as cast.ToInt64 and cast.ToInt. */
export function toInt(value: Value): bigint {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'number':
      return truncate(value);
    case 'string':
      return parseIntLiteral(trimZeroDecimal(value)) ?? 0n;
    case 'boolean':
      return value ? 1n : 0n;
  }
  return value instanceof GoInt && isKnown(value) ? BigInt.asIntN(64, value.value) : 0n;
}

/** A value as float64, as cast.ToFloat64. */
export function toFloat(value: Value): number {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'number':
      return value;
    case 'string':
      return parseFloatLiteral(value) ?? 0;
    case 'boolean':
      return value ? 1 : 0;
  }
  return value instanceof GoInt && isKnown(value) ? Number(value.value) : 0;
}

/** Of the named integer types cast knows two; a Duration counts as 0. */
const isKnown = ({ type }: GoInt): boolean => !type.includes('.') || type === 'time.Month' || type === 'time.Weekday';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** int64(f) as on amd64: what does not fit is the smallest integer. */
function truncate(value: number): bigint {
  if (!Number.isFinite(value)) return MIN_INT64;
  const whole = BigInt(Math.trunc(value));
  return whole < MIN_INT64 || whole > MAX_INT64 ? MIN_INT64 : whole;
}

/** "12.0" and "12.00" count as 12, "12." and "12.5" stay. As cast: cut at the last point with a zero behind it. */
function trimZeroDecimal(text: string): string {
  let zero = false;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === '0') zero = true;
    else if (text[i] !== '.') return text;
    else if (zero) return text.slice(0, i);
  }
  return text;
}

const INTEGER =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](_?[01]+(?:_[01]+)*)|0[oO](_?[0-7]+(?:_[0-7]+)*)|0(_?[0-7]+(?:_[0-7]+)*)|([0-9]+(?:_[0-9]+)*))$/;

/** strconv.ParseInt(text, 0, 64): prefixes 0x, 0b, 0o and 0, underscores between digits; undefined where it fails. */
function parseIntLiteral(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, oldOctal, decimal] = match;
  if (decimal !== undefined && decimal.length > 1 && decimal.startsWith('0')) return undefined;
  const digits = (hex ?? binary ?? octal ?? oldOctal ?? decimal)!.replaceAll('_', '');
  if (digits.length > 70) return undefined;
  const prefix = hex !== undefined ? '0x' : binary !== undefined ? '0b' : decimal !== undefined ? '' : '0o';
  return inRange(BigInt(prefix + digits), sign === '-');
}

function inRange(magnitude: bigint, negative: boolean): bigint | undefined {
  const value = negative ? -magnitude : magnitude;
  return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** An underscore that is not between two digits. */
const STRAY = /(?:^|\D)_|_(?:\D|$)/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;

/** strconv.ParseFloat(text, 64); undefined where it fails, out of range too. */
function parseFloatLiteral(text: string): number | undefined {
  const digits = text.includes('_') && !STRAY.test(text) ? text.replaceAll('_', '') : text;
  if (FLOAT.test(digits)) {
    const value = Number(digits);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = SPECIAL.exec(text);
  if (special) return specialFloat(special[1]!, special[2]!.toLowerCase());
  const hex = HEX_FLOAT.exec(text);
  return hex ? hexFloat(hex) : undefined;
}

function specialFloat(sign: string, word: string): number | undefined {
  if (word === 'nan') return sign === '' ? Number.NaN : undefined;
  return sign === '-' ? -Infinity : Infinity;
}

function hexFloat([, sign, whole, fraction, exponent]: RegExpExecArray): number | undefined {
  const digits = whole! + fraction!;
  if (digits === '' || digits.length > 256) return undefined;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction!.length);
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined;
}

/**
 * strconv.ParseInt(text, base, 64) for base 8 and 10: on an error what Go leaves in the result, 0 or for a number that
 * does not fit the nearest that does.
 */
export function parseInteger(text: string, base: 8 | 10): { value: bigint; error: boolean } {
  const match = (base === 8 ? /^([+-]?)([0-7]+)$/ : /^([+-]?)([0-9]+)$/).exec(text);
  if (!match) return { value: 0n, error: true };
  const negative = match[1] === '-';
  const digits = match[2]!.replace(/^0+(?=.)/, '');
  const value = digits.length > 25 ? undefined : inRange(BigInt((base === 8 ? '0o' : '') + digits), negative);
  return value === undefined ? { value: negative ? MIN_INT64 : MAX_INT64, error: true } : { value, error: false };
}
