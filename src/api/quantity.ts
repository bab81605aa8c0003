/**
 * Kubernetes' resource quantities, exactly: `1.5Gi`, `100m`, `1e3`. A quantity is `unscaled × 10^-scale` in one of three
 * formats; nothing finer than a nano is kept, and what is finer is rounded away from zero.
 */
export interface Quantity {
  unscaled: bigint;
  /** Decimal digits after the point, never negative. */
  scale: number;
  format: Format;
  /** The text it was read from, where Go prints that again instead of the canonical form. */
  text?: string;
}

export type Format = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const SUFFIX_OF = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]));
/** Beyond it no digit survives the rounding or no machine has so much; a bound on the work for `1e999999999`. */
const MAX_EXPONENT = 10_000;
const MAX_DIGITS = 10_000;
const MAX_INT64 = (1n << 63n) - 1n;
const NUMBER = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** Throws with the texts of `resource.ParseQuantity`. */
export function parseQuantity(input: string | number): Quantity {
  const text = String(input).trim();
  const match = text.length > MAX_DIGITS ? null : NUMBER.exec(text);
  if (!match) throw new Error(FORMAT_WRONG);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && match[3] === undefined) throw new Error(FORMAT_WRONG);
  const digits = BigInt(whole + fraction);
  const { factor, exponent, format } = interpretSuffix(suffix);
  const amount = atNano(digits * factor, fraction.length - exponent);
  if (format === 'BinarySI' && amount.unscaled > MAX_INT64 * pow10(amount.scale))
    return { unscaled: sign === '-' ? -MAX_INT64 : MAX_INT64, scale: 0, format };
  const unscaled = sign === '-' ? -amount.unscaled : amount.unscaled;
  // As Go: a binary amount below one is told in decimals.
  const tiny = format === 'BinarySI' && amount.unscaled > 0n && amount.unscaled < pow10(amount.scale);
  const kept = isKept(whole, fraction, exponent, format, digits);
  return { unscaled, scale: amount.scale, format: tiny ? 'DecimalSI' : format, ...(kept && { text }) };
}

/** Go remembers a text that fits 64 bits and looks canonical to a quick glance: `+1`, `007`, `3.`. */
function isKept(whole: string, fraction: string, exponent: number, format: Format, digits: bigint): boolean {
  const number = whole.replace(/^0+/, '') || '0';
  const shifted = number + fraction;
  if (shifted.length > 18) return false;
  if (format === 'BinarySI') return fraction === '' && (digits & 7n) !== 0n;
  const power = exponent - fraction.length;
  return power >= -9 && power % 3 === 0 && !shifted.endsWith('000') && shifted[0] !== '0';
}

export function isQuantity(text: string | number): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** Less than zero, zero, more than zero. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference = align(a, b.scale) - align(b, a.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  unscaled: align(a, b.scale) + align(b, a.scale),
  scale: Math.max(a.scale, b.scale),
  format: a.unscaled === 0n ? b.format : a.format,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity =>
  addQuantities(a, { unscaled: -b.unscaled, scale: b.scale, format: b.format });

export const ZERO: Quantity = { unscaled: 0n, scale: 0, format: 'DecimalSI' };

/** As `Quantity.Value`: whole units, rounded away from zero. */
export const quantityValue = (quantity: Quantity): bigint => roundUp(quantity, 0);

/** As `Quantity.MilliValue`. */
export const quantityMillis = (quantity: Quantity): bigint => roundUp(quantity, 3);

/** A number near the amount, for scores and ratios. */
export const quantityNumber = (quantity: Quantity): number => Number(quantity.unscaled) / 10 ** quantity.scale;

/** The canonical text: the largest suffix that leaves a whole number. */
export function printQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text;
  if (quantity.unscaled === 0n) return '0';
  const { scale } = quantity;
  const one = pow10(scale);
  const size = quantity.unscaled < 0n ? -quantity.unscaled : quantity.unscaled;
  if (quantity.format === 'BinarySI' && size >= 1024n * one && size % one === 0n)
    return printBinary(quantity.unscaled / one);
  return printDecimal(quantity.unscaled, -scale, quantity.format === 'DecimalExponent');
}

/** Parses and prints, with a short way for the most common texts. Throws as `parseQuantity`. */
export const canonicalQuantity = (text: string | number): string =>
  typeof text === 'string' && /^([1-9][0-9]{0,2}([mkMG]|[MGK]i)?|0)$/.test(text)
    ? text
    : printQuantity(parseQuantity(text));

function interpretSuffix(suffix: string): { factor: bigint; exponent: number; format: Format } {
  if (Object.hasOwn(DECIMAL, suffix)) return { factor: 1n, exponent: DECIMAL[suffix]!, format: 'DecimalSI' };
  if (Object.hasOwn(BINARY, suffix)) return { factor: 1n << BINARY[suffix]!, exponent: 0, format: 'BinarySI' };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) throw new Error(SUFFIX_WRONG);
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > MAX_EXPONENT) throw new Error(SUFFIX_WRONG);
  return { factor: 1n, exponent, format: 'DecimalExponent' };
}

function atNano(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  if (scale < 0) return { unscaled: unscaled * pow10(-scale), scale: 0 };
  if (scale <= 9) return { unscaled, scale };
  return { unscaled: ceilDivide(unscaled, pow10(scale - 9)), scale: 9 };
}

const pow10 = (exponent: number): bigint => 10n ** BigInt(exponent);
const ceilDivide = (a: bigint, b: bigint): bigint => (a % b === 0n ? a / b : a < 0n ? a / b - 1n : a / b + 1n);
const align = (quantity: Quantity, scale: number): bigint =>
  scale > quantity.scale ? quantity.unscaled * pow10(scale - quantity.scale) : quantity.unscaled;

function roundUp({ unscaled, scale }: Quantity, places: number): bigint {
  return scale <= places ? unscaled * pow10(places - scale) : ceilDivide(unscaled, pow10(scale - places));
}

function printBinary(units: bigint): string {
  let index = 0;
  const suffixes = ['', ...Object.keys(BINARY)];
  while (index < suffixes.length - 1 && units % 1024n === 0n) {
    units /= 1024n;
    index++;
  }
  return `${units}${suffixes[index]}`;
}

function printDecimal(unscaled: bigint, exponent: number, scientific: boolean): string {
  while (unscaled % 10n === 0n) {
    unscaled /= 10n;
    exponent++;
  }
  // Exponents come in threes. As Go: beyond the last suffix the number stands alone, so 1000E prints 1.
  while (exponent % 3 !== 0) {
    unscaled *= 10n;
    exponent--;
  }
  if (scientific) return exponent === 0 ? `${unscaled}` : `${unscaled}e${exponent}`;
  return `${unscaled}${SUFFIX_OF.get(exponent) ?? ''}`;
}
