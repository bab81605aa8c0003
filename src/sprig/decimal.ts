/** Decimal arithmetic as shopspring/decimal does it, so that 0.1 + 0.2 is 0.3. */

/** value × 10^exponent */
export interface Decimal {
  value: bigint;
  exponent: number;
}

/** The shortest decimal that reads back as `number`. */
export function toDecimal(number: number): Decimal {
  if (!Number.isFinite(number)) throw new Error(`Cannot create a Decimal from ${spelled(number)}`);
  const [mantissa, exponent] = number.toExponential().split('e') as [string, string];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  return { value: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

const spelled = (number: number): string => (Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf');

export const toNumber = ({ value, exponent }: Decimal): number => Number(`${value}e${exponent}`);

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { value: scaled(a, exponent) + scaled(b, exponent), exponent };
}

export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, { ...b, value: -b.value });

export const multiply = (a: Decimal, b: Decimal): Decimal => ({
  value: a.value * b.value,
  exponent: a.exponent + b.exponent,
});

/** Digits after the point that a division keeps. */
const PRECISION = 16;

/** The quotient to 16 places, halves away from zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.value === 0n) throw new Error('decimal division by 0');
  const shift = a.exponent - b.exponent + PRECISION;
  const numerator = shift > 0 ? a.value * 10n ** BigInt(shift) : a.value;
  const denominator = shift < 0 ? b.value * 10n ** BigInt(-shift) : b.value;
  const quotient = numerator / denominator;
  const away = magnitude(numerator % denominator) * 2n >= magnitude(denominator);
  const step = numerator < 0n === denominator < 0n ? 1n : -1n;
  return { value: away ? quotient + step : quotient, exponent: -PRECISION };
}

const scaled = ({ value, exponent }: Decimal, to: number): bigint => value * 10n ** BigInt(exponent - to);

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
