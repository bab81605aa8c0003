/** The formatter under printf: flags, width and precision applied to one number or text, as fmt/format.go does. */
import { type FloatFormat, formatFloat } from './float.ts';
import { canBackquote, quote } from './quote.ts';
import { runeCount } from './utf8.ts';

export interface Format {
  width: number | undefined;
  precision: number | undefined;
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v` and `%#v`, which clear plus and sharp. */
  plusV: boolean;
  sharpV: boolean;
  /** Inside an error text such as `%!d(string=a)`, where no method is called. */
  erroring: boolean;
}

export const newFormat = (): Format => ({
  width: undefined,
  precision: undefined,
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  erroring: false,
});

/** Pads to the width with spaces, or on the left with zeros, strings too. */
export function pad(format: Format, text: string): string {
  if (format.width === undefined) return text;
  const missing = format.width - runeCount(text);
  if (missing <= 0) return text;
  if (format.minus) return text + ' '.repeat(missing);
  return (format.zero ? '0' : ' ').repeat(missing) + text;
}

/** The first `precision` characters. */
export function truncate(format: Format, text: string): string {
  if (format.precision === undefined || text.length <= format.precision) return text;
  let end = 0;
  for (let left = format.precision; left > 0 && end < text.length; left--)
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** `%q`: `%#q` in backquotes where it can be, `%+q` in ASCII. */
export function formatQuoted(format: Format, text: string): string {
  const cut = truncate(format, text);
  return pad(format, format.sharp && canBackquote(cut) ? `\`${cut}\`` : quote(cut, format.plus));
}

const PREFIXES: Record<number, string> = { 2: '0b', 8: '0', 10: '', 16: '0x' };

export function formatInteger(format: Format, number: bigint, base: number, verb: string): string {
  const negative = number < 0n;
  const sign = negative ? '-' : format.plus ? '+' : format.space ? ' ' : '';
  let least = 0;
  if (format.precision !== undefined) {
    least = format.precision;
    if (least === 0 && number === 0n) return ' '.repeat(format.width ?? 0);
  } else if (format.zero && !format.minus && format.width !== undefined) least = format.width - sign.length;
  let digits = (negative ? -number : number).toString(base).padStart(least, '0');
  if (format.sharp && !(base === 8 && digits.startsWith('0'))) digits = PREFIXES[base] + digits;
  if (verb === 'O') digits = `0o${digits}`;
  if (verb === 'X') digits = digits.toUpperCase();
  // Zeros to the left were written as digits above, or a precision forbids them.
  return pad({ ...format, zero: false }, sign + digits);
}

/** `precision` is the verb's own, for when the format gives none. */
export function formatFloatValue(format: Format, value: number, verb: FloatFormat, precision: number): string {
  const wanted = format.precision ?? precision;
  const text = formatFloat(value, verb, wanted);
  const signed = text[0] === '-' || text[0] === '+';
  let sign = signed ? text[0]! : '+';
  let digits = signed ? text.slice(1) : text;
  if (format.space && sign === '+' && !format.plus) sign = ' ';
  if (digits === 'Inf' || digits === 'NaN') {
    if (digits === 'NaN' && !format.space && !format.plus) sign = '';
    else if (sign === '+' && !format.plus && digits !== 'Inf') sign = '';
    return pad({ ...format, zero: false }, sign + digits);
  }
  if (format.sharp && verb !== 'b') digits = withPoint(digits, verb, wanted);
  if (!format.plus && sign === '+') return pad(format, digits);
  // Zeros stand between the sign and the digits.
  if (format.zero && !format.minus && format.width !== undefined && format.width > digits.length + 1)
    return sign + digits.padStart(format.width - 1, '0');
  return pad(format, sign + digits);
}

/** The sharp flag: always a point, and %g keeps its trailing zeros. */
function withPoint(text: string, verb: FloatFormat, precision: number): string {
  const mark = text.search(verb === 'x' || verb === 'X' ? /p/i : /e/i);
  const tail = mark < 0 ? '' : text.slice(mark);
  let number = mark < 0 ? text : text.slice(0, mark);
  let missing = 0;
  if (verb === 'g' || verb === 'G' || verb === 'x') missing = precision === -1 ? 6 : precision;
  let significant = false;
  for (const char of number) {
    if (char === '.') continue;
    if (char !== '0') significant = true;
    if (significant) missing--;
  }
  if (!number.includes('.')) {
    if (number === '0') missing--;
    number += '.';
  }
  return number + '0'.repeat(Math.max(missing, 0)) + tail;
}
