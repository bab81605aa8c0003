/** Floating-point numbers as Go's strconv.FormatFloat writes them. */
export type FloatFormat = 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'b' | 'x' | 'X';

/** Decimal digits without leading or trailing zeros, and where the point stands: 0.DIGITS × 10^point. */
interface Decimal {
  digits: string;
  point: number;
}

/**
 * `precision` counts the digits after the point for e and f, the significant digits for g; -1 asks for the fewest
 * digits that read back as the same number of `bits` bits.
 */
export function formatFloat(value: number, format: FloatFormat, precision = -1, bits: 32 | 64 = 64): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(bits === 32 ? Math.fround(value) : value);
  return sign + LAYOUTS[format.toLowerCase() as 'e' | 'f' | 'g' | 'b' | 'x'](magnitude, precision, bits, format);
}

const LAYOUTS = {
  e(value: number, precision: number, bits: number, letter: string): string {
    const decimal = precision < 0 ? shortest(value, bits) : significant(value, precision + 1);
    return exponential(decimal, precision < 0 ? Math.max(decimal.digits.length - 1, 0) : precision, letter);
  },
  f(value: number, precision: number, bits: number): string {
    if (precision >= 0) return rounded(value, precision);
    const decimal = shortest(value, bits);
    return positional(decimal, Math.max(decimal.digits.length - decimal.point, 0));
  },
  g(value: number, precision: number, bits: number, letter: string): string {
    const decimal = precision < 0 ? shortest(value, bits) : significant(value, Math.max(precision, 1));
    const { digits, point } = decimal;
    let limit = precision < 0 ? 6 : Math.max(precision, 1);
    if (precision >= 0 && limit > digits.length && digits.length >= point) limit = digits.length;
    const exponent = point - 1;
    if (exponent >= -4 && exponent < limit) return positional(decimal, Math.max(digits.length - point, 0));
    return exponential(decimal, digits.length - 1, letter === 'G' ? 'E' : 'e');
  },
  b(value: number, _precision: number, bits: number): string {
    const [mantissa, exponent] = bits === 32 ? binary32(value) : binary(value);
    return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
  },
  x(value: number, precision: number, _bits: number, letter: string): string {
    const text = hexadecimal(value, precision);
    return letter === 'X' ? text.toUpperCase() : text;
  },
};

/** 0x1.yyyyp±dd, the fraction rounded to `precision` digits, ties to even. */
function hexadecimal(value: number, precision: number): string {
  let [mantissa, exponent] = binary(value);
  if (mantissa === 0n) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent--;
  }
  exponent += 52;
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(52 - precision * 4);
    const rest = mantissa & ((1n << drop) - 1n);
    const half = 1n << (drop - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= drop;
    if (mantissa >> 53n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const digits = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? digits.replace(/0+$/, '') : digits.slice(0, precision).padEnd(precision, '0');
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${power}`;
}

/** d.ddde±dd */
function exponential({ digits, point }: Decimal, precision: number, letter: string): string {
  const padded = digits.padEnd(precision + 1, '0');
  const exponent = digits === '' ? 0 : point - 1;
  const fraction = precision > 0 ? `.${padded.slice(1, precision + 1)}` : '';
  return `${padded[0]}${fraction}${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** ddd.ddd with `places` digits after the point */
function positional({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (places === 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`;
}

function shortest(value: number, bits: number): Decimal {
  return fromExponential(bits === 64 ? value.toExponential() : shortest32(value));
}

/** The fewest digits that `Math.fround` maps to `value`; the neighbours matter at powers of two. */
function shortest32(value: number): string {
  for (let places = 0; places < 9; places++) {
    const text = value.toExponential(places);
    if (Math.fround(Number(text)) === value) return text;
    const step = Number(`1e${Number(text.slice(text.indexOf('e') + 1)) - places}`);
    for (const neighbour of [value - step, value + step].map((near) => near.toExponential(places)))
      if (Math.fround(Number(neighbour)) === value) return neighbour;
  }
  return value.toExponential();
}

function fromExponential(text: string): Decimal {
  const mark = text.indexOf('e');
  const digits = text.slice(0, mark).replace('.', '').replace(/0+$/, '');
  return { digits, point: digits === '' ? 0 : Number(text.slice(mark + 1)) + 1 };
}

/** `value` to `count` significant digits, exact, ties to even. */
function significant(value: number, count: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  // The shortest form may round up into the next power of ten, so the guess is off by one at most.
  let exponent = fromExponential(value.toExponential()).point - 1;
  let digits = scaled(value, count - 1 - exponent);
  if (digits.length < count) digits = scaled(value, count - 1 - --exponent);
  if (digits.length > count) exponent++;
  return { digits: digits.replace(/0+$/, ''), point: exponent + 1 };
}

/** `value` with `places` digits after the point, exact, ties to even. */
function rounded(value: number, places: number): string {
  const digits = scaled(value, places).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** value × 10^power as an integer, ties to even. */
function scaled(value: number, power: number): string {
  const [mantissa, exponent] = binary(value);
  let numerator = mantissa * (power > 0 ? 10n ** BigInt(power) : 1n);
  let denominator = power < 0 ? 10n ** BigInt(-power) : 1n;
  if (exponent > 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return String(up ? quotient + 1n : quotient);
}

/** mantissa × 2^exponent */
function binary(value: number): [mantissa: bigint, exponent: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0 ? [fraction, -1074] : [fraction | 0x10000000000000n, biased - 1075];
}

/** The same for a float32: a mantissa of 24 bits. */
function binary32(value: number): [mantissa: bigint, exponent: number] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const biased = (bits >> 23) & 0xff;
  const fraction = BigInt(bits & 0x7fffff);
  return biased === 0 ? [fraction, -149] : [fraction | 0x800000n, biased - 150];
}
