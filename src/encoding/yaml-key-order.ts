/**
 * The order in which go-yaml writes keys: letters by code point, digits by the number they form, other characters
 * first. It is no total order ("2", "10" and "1item" chase each other), so Go's result can depend on its random start;
 * here sorting starts from the order of the bytes.
 */
import { sortedKeys } from '../template/value.ts';

/** `digitsLast` is the order of go-yaml v3: after a digit, a letter comes first. */
export function keysInYamlOrder(map: object, digitsLast = false): string[] {
  const keys = sortedKeys(map);
  if (keys.every((key) => WORD.test(key))) return keys;
  const items = keys.map((key) => ({ key, chars: SURROGATE.test(key) ? Array.from(key) : key }));
  items.sort((a, b) => compareKeys(a.chars, b.chars, digitsLast));
  return items.map(({ key }) => key);
}

/** Keys of letters alone: their order is that of their bytes. */
const WORD = /^[A-Za-z]+$/;
const SURROGATE = /[\ud800-\udfff]/;

/** A text whose units are its characters, or its characters. */
type Chars = ArrayLike<string>;

function compareKeys(a: Chars, b: Chars, digitsLast: boolean): number {
  if (isLess(a, b, digitsLast)) return -1;
  return isLess(b, a, digitsLast) ? 1 : 0;
}

function isLess(a: Chars, b: Chars, digitsLast: boolean): boolean {
  let digits = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] === b[i]) {
      digits = isDigit(a[i]!);
      continue;
    }
    const [aLetter, bLetter] = [isLetter(a[i]!), isLetter(b[i]!)];
    if (aLetter && bLetter) return codeOf(a[i]!) < codeOf(b[i]!);
    if (aLetter || bLetter) return digitsLast && digits ? aLetter : bLetter;
    return isLessNumber(a, b, i);
  }
  return a.length < b.length;
}

/** Neither has a letter at `at`: the numbers that begin there, then how long they are, then the characters. */
function isLessNumber(a: Chars, b: Chars, at: number): boolean {
  // A zero that follows other digits is a digit among them, and not the start of a number.
  const head = (a[at] === '0' || b[at] === '0') && followsNumber(a, at) ? '1' : '0';
  const [left, right] = [digitsAt(a, at), digitsAt(b, at)];
  const small = SMALL.test(left) && SMALL.test(right);
  const read = small ? Number : numberOf;
  const [aNumber, bNumber] = [read(head + left), read(head + right)];
  if (aNumber !== bNumber) return aNumber < bNumber;
  if (left.length !== right.length) return left.length < right.length;
  return codeOf(a[at]!) < codeOf(b[at]!);
}

/** What a float64 holds exactly. */
const SMALL = /^[0-9]{0,14}$/;

function followsNumber(chars: Chars, at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(chars[i]!); i--) if (chars[i] !== '0') return true;
  return false;
}

function digitsAt(chars: Chars, at: number): string {
  let digits = '';
  for (let i = at; i < chars.length && isDigit(chars[i]!); i++) digits += chars[i];
  return digits;
}

/** As int64, which wraps around; a digit that is none of ASCII counts by its distance from `0`. */
function numberOf(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(digit) - 0x30));
  return value;
}

const codeOf = (char: string): number => char.codePointAt(0)!;
const isDigit = (char: string): boolean => (char >= '0' && char <= '9') || (char > '\x7f' && /^\p{Nd}$/u.test(char));
const isLetter = (char: string): boolean =>
  (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || (char > '\x7f' && /^\p{L}$/u.test(char));
