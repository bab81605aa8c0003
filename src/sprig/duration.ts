/** Go's time.Duration: nanoseconds as int64, read from and written as "1h2m3.5s". */
import { toBinary } from './runes.ts';
import { printable } from './time-text.ts';

export const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

const MAX = 2n ** 63n;

/** time.ParseDuration. Throws `time: invalid duration "x"` and its like. */
export function parseDuration(text: string): bigint {
  const invalid = () => new Error(`time: invalid duration ${printable(toBinary(text))}`);
  const [, sign, magnitude] = /^([+-]?)(.*)$/s.exec(text)!;
  if (magnitude === '0') return 0n;
  if (magnitude === '') throw invalid();
  let total = 0n;
  for (let rest = magnitude!; rest !== ''; ) {
    const [, whole, fraction, unit] = /^([0-9]*)(\.[0-9]*)?([^.0-9]*)/.exec(rest)!;
    if (whole === '' && (fraction ?? '.') === '.') throw invalid();
    if (unit === '') throw new Error(`time: missing unit in duration ${printable(toBinary(text))}`);
    if (!Object.hasOwn(UNITS, unit!))
      throw new Error(`time: unknown unit ${printable(toBinary(unit!))} in duration ${printable(toBinary(text))}`);
    total += amount(whole!, fraction?.slice(1) ?? '', UNITS[unit!]!) ?? MAX + 1n;
    if (total > MAX) throw invalid();
    rest = rest.slice(whole!.length + (fraction ?? '').length + unit!.length);
  }
  if (sign !== '-' && total === MAX) throw invalid();
  return sign === '-' ? -total : total;
}

/** Undefined where it does not fit. Digits beyond 10^18 of the fraction do not count. */
function amount(whole: string, fraction: string, unit: bigint): bigint | undefined {
  const digits = whole.replace(/^0+/, '');
  if (digits.length > 19) return undefined;
  const part = fraction.slice(0, 18);
  // As Go, in floating point.
  const rest = Math.trunc(Number(part) * (Number(unit) / 10 ** part.length));
  return BigInt(digits || '0') * unit + BigInt(rest);
}

/** Duration.String: "1h0m0s", "1.5s", "20ms", "0s". */
export function formatDuration(duration: bigint): string {
  if (duration === 0n) return '0s';
  const sign = duration < 0n ? '-' : '';
  const left = duration < 0n ? -duration : duration;
  if (left < SECOND) {
    const [unit, size] = left < 1_000n ? ['ns', 1n] : left < 1_000_000n ? ['µs', 1_000n] : ['ms', 1_000_000n];
    return sign + inUnits(left, size as bigint) + unit;
  }
  const hours = left / HOUR;
  const minutes = (left % HOUR) / MINUTE;
  const seconds = `${inUnits(left % MINUTE, SECOND)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : sign + seconds;
}

function inUnits(amount: bigint, unit: bigint): string {
  const places = String(unit).length - 1;
  const fraction = String(amount % unit)
    .padStart(places, '0')
    .replace(/0+$/, '');
  return unit === 1n || fraction === '' ? String(amount / unit) : `${amount / unit}.${fraction}`;
}

/** Duration.Round: halves away from zero. */
export function roundDuration(duration: bigint, unit: bigint): bigint {
  if (unit <= 0n) return duration;
  const rest = duration % unit;
  const magnitude = rest < 0n ? -rest : rest;
  const down = duration - rest;
  return magnitude + magnitude < unit ? down : down + (duration < 0n ? -unit : unit);
}
