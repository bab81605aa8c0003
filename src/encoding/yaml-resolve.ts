/** What a plain scalar means: YAML 1.1 as go-yaml v2 reads it. */

export type Scalar = null | boolean | bigint | number | string;

const WORDS = new Map<string, Scalar>([['', null]]);
for (const word of ['~', 'null', 'Null', 'NULL']) WORDS.set(word, null);
for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']) WORDS.set(word, true);
for (const word of ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']) WORDS.set(word, false);
for (const word of ['.nan', '.NaN', '.NAN']) WORDS.set(word, Number.NaN);
for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) WORDS.set(word, Number.POSITIVE_INFINITY);
for (const word of ['-.inf', '-.Inf', '-.INF']) WORDS.set(word, Number.NEGATIVE_INFINITY);

/** First characters of what may be anything but a string: `+-.~`, digits, and those of the words. */
const HINTS = new Uint8Array(128);
for (const char of '+-.0123456789yYnNtTfFoO~') HINTS[char.charCodeAt(0)] = 1;

/** Whether a plain scalar that begins with `unit` may be anything but a string. */
export const mayResolve = (unit: number): boolean => unit < 128 && HINTS[unit] === 1;

/** An integer is a bigint, of Go's int64 or uint64; a float a number. */
export function resolvePlain(text: string): Scalar {
  if (text !== '' && !mayResolve(text.charCodeAt(0))) return text;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 0x2e) return resolveFraction(text);
  // A letter or a tilde that begins none of the words.
  if (first > 0x39) return text;
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  return parseInteger(digits) ?? parseDecimal(digits) ?? parseSignedBinary(digits) ?? text;
}

/** As strconv.ParseFloat; underscores only between digits. */
function resolveFraction(text: string): Scalar {
  if (!/^\.\d+(_\d+)*([eE][+-]?\d+(_\d+)*)?$/.test(text)) return text;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : text;
}

const INTEGER = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const MAX_UINT64 = 2n ** 64n - 1n;

/** As strconv.ParseInt of base 0, else ParseUint: a sign, a prefix, and no more than 64 bits. */
function parseInteger(text: string): bigint | undefined {
  if (text.length > 80 || !INTEGER.test(text)) return undefined;
  const sign = text[0] === '-' || text[0] === '+' ? text[0] : '';
  const digits = text.slice(sign.length);
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  if (value === BigInt.asIntN(64, value)) return value;
  return sign === '' && value <= MAX_UINT64 ? value : undefined;
}

function parseDecimal(text: string): number | undefined {
  if (!/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** As go-yaml: a sign may stand behind `0b`. */
function parseSignedBinary(text: string): bigint | undefined {
  const match = /^0b([+-])([01]{1,64})$/.exec(text);
  if (!match) return undefined;
  const value = BigInt(`0b${match[2]}`) * (match[1] === '-' ? -1n : 1n);
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| +)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Whether go-yaml sees a timestamp: a date, or a date and time of RFC 3339, or a date, spaces and a time. */
export function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (match[4] !== undefined) {
    const hasZone = match[7] !== undefined;
    if (hasZone !== /[Tt]/.test(text)) return false;
    if (hasZone && match[7] !== 'Z' && (Number(match[7]!.slice(1, 3)) > 24 || Number(match[7]!.slice(4)) > 60))
      return false;
  }
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year!, month! - 1, day!);
  return date.getUTCMonth() === month! - 1 && date.getUTCDate() === day && hour! < 24 && minute! < 60 && second! < 60;
}
