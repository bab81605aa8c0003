/** Number and character literals: like Go's constants they hold every type that can represent them. */
import { quote, unquoteRune } from './quote.ts';

export interface Constant {
  int?: bigint;
  uint?: bigint;
  float?: number;
  complex?: { real: number; imaginary: number };
}

export type NumberKind = 'char' | 'complex' | 'number';

/** The constant that `text` writes; throws with Go's words where it writes none. */
export function parseNumber(text: string, kind: NumberKind): Constant {
  if (kind === 'char') return parseChar(text);
  if (text.length < 10 && SMALL.test(text)) return { int: BigInt(text), uint: BigInt(text), float: Number(text) };
  if (kind === 'complex') return parseComplex(text);
  if (text.endsWith('i')) {
    const imaginary = parseFloat64(text.slice(0, -1));
    if (imaginary !== undefined) return simplified({ real: 0, imaginary });
  }
  const constant = parseReal(text);
  if (Object.keys(constant).length === 0) throw new Error(`illegal number syntax: ${quote(text)}`);
  return constant;
}

/** Most numbers. */
const SMALL = /^(?:0|[1-9][0-9]*)$/;

function parseChar(text: string): Constant {
  const char = unquoteRune(text);
  if (!char) throw new Error('invalid syntax');
  if (char.tail) throw new Error(`malformed character constant: ${text}`);
  return { int: BigInt(char.code), uint: BigInt(char.code), float: char.code };
}

/** `1+2i`: the sign that is not part of an exponent divides it. */
function parseComplex(text: string): Constant {
  const split = Math.max(lastSign(text, '+'), lastSign(text, '-'));
  const real = parseFloat64(text.slice(0, split));
  const imaginary = parseFloat64(text.slice(split, -1));
  if (real === undefined || imaginary === undefined) throw new Error('syntax error scanning complex number');
  return simplified({ real, imaginary });
}

function lastSign(text: string, sign: string): number {
  let at = text.lastIndexOf(sign);
  while (at > 0 && /[eEpP]/.test(text[at - 1]!) && !/^[+-]?0[xX]/.test(text)) at = text.lastIndexOf(sign, at - 1);
  return at;
}

/** Without an imaginary part it is a float too, and an integer where it has no fraction. */
function simplified(complex: { real: number; imaginary: number }): Constant {
  if (complex.imaginary !== 0) return { complex };
  return { complex, float: complex.real, ...integers(complex.real) };
}

function parseReal(text: string): Constant {
  const integer = parseInteger(text);
  if (integer !== undefined) {
    const constant: Constant = {};
    if (integer >= 0n && integer < 1n << 64n && !/^[+-]/.test(text)) constant.uint = integer;
    if (integer >= -(1n << 63n) && integer < 1n << 63n) {
      constant.int = integer;
      if (integer === 0n) constant.uint = 0n;
    }
    const exact = constant.int ?? constant.uint;
    if (exact !== undefined) return { ...constant, float: Number(exact) };
  }
  const float = parseFloat64(text);
  if (float === undefined) return {};
  if (!/[.eEpP]/.test(text)) throw new Error(`integer overflow: ${quote(text)}`);
  return { float, ...integers(float) };
}

function integers(float: number): Constant {
  const constant: Constant = {};
  if (!Number.isInteger(float)) return constant;
  if (float >= -(2 ** 63) && float < 2 ** 63) constant.int = BigInt(float);
  if (float >= 0 && float < 2 ** 64) constant.uint = BigInt(float);
  return constant;
}

const INTEGER = /^[+-]?(?:0[xX](_?[0-9a-fA-F])+|0[bB](_?[01])+|0[oO]?(_?[0-7])+|[1-9](_?[0-9])*|0)$/;

/** As strconv.ParseInt with base 0: prefixes 0x, 0b, 0o and 0, underscores between digits. */
function parseInteger(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const negative = text[0] === '-';
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  return negative ? -magnitude : magnitude;
}

const DECIMAL = /^[+-]?(?:[0-9](_?[0-9])*(?:\.(?:[0-9](_?[0-9])*)?)?|\.[0-9](_?[0-9])*)(?:[eE][+-]?[0-9](_?[0-9])*)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9_]+)$/;

/** As strconv.ParseFloat: also hexadecimal with an exponent; undefined for a bad form or what is out of range. */
function parseFloat64(text: string): number | undefined {
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal) return parseHexadecimal(hexadecimal);
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

function parseHexadecimal([, sign, whole, fraction = '', power]: RegExpExecArray): number | undefined {
  const digits = (whole! + fraction).replaceAll('_', '');
  if (digits === '') return undefined;
  const exponent = Number(power!.replaceAll('_', '')) - fraction.replaceAll('_', '').length * 4;
  let value = Number(BigInt(`0x${digits}`));
  // In two steps, so that neither leaves the range before the result does.
  value *= 2 ** Math.trunc(exponent / 2);
  value *= 2 ** (exponent - Math.trunc(exponent / 2));
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}
