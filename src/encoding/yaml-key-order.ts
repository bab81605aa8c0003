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
  return keys.sort((a, b) => compareKeys(a, b, digitsLast));
}

/** Keys of letters alone: their order is that of their bytes. */
const WORD = /^[A-Za-z]+$/;

function compareKeys(left: string, right: string, digitsLast: boolean): number {
  if (isLess(left, right, digitsLast)) return -1;
  return isLess(right, left, digitsLast) ? 1 : 0;
}

function isLess(left: string, right: string, digitsLast: boolean): boolean {
  const [a, b] = [Array.from(left), Array.from(right)];
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
function isLessNumber(a: string[], b: string[], at: number): boolean {
  // A zero that follows other digits is a digit among them, and not the start of a number.
  const start = (a[at] === '0' || b[at] === '0') && followsNumber(a, at) ? 1n : 0n;
  const [left, right] = [numberAt(a, at, start), numberAt(b, at, start)];
  if (left.value !== right.value) return left.value < right.value;
  if (left.end !== right.end) return left.end < right.end;
  return codeOf(a[at]!) < codeOf(b[at]!);
}

function followsNumber(chars: string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(chars[i]!); i--) if (chars[i] !== '0') return true;
  return false;
}

/** As int64, which wraps around. */
function numberAt(chars: string[], at: number, start: bigint): { value: bigint; end: number } {
  let value = start;
  let end = at;
  for (; end < chars.length && isDigit(chars[end]!); end++)
    value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(chars[end]!) - 0x30));
  return { value, end };
}

const codeOf = (char: string): number => char.codePointAt(0)!;
const isDigit = (char: string): boolean => (char >= '0' && char <= '9') || (char > '\x7f' && /^\p{Nd}$/u.test(char));
const isLetter = (char: string): boolean =>
  (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || (char > '\x7f' && /^\p{L}$/u.test(char));
