/** What a value does not satisfy, and how the library that Helm uses tells it. */
import { formatFloat } from '../template/float.ts';
import { quote } from '../template/quote.ts';
import { GoInt, isMap, type Value } from '../template/value.ts';

export interface Failure {
  /** A JSON pointer to the value. */
  at: string;
  message: string;
  causes: Failure[];
  /** A group has no message of its own; a reference with one cause is passed over. */
  kind: 'plain' | 'group' | 'reference';
}

/** One line for each failure, nested ones indented. */
export function describe(failures: readonly Failure[], indent = 0): string {
  return failures.map((failure) => describeOne(failure, indent)).join('');
}

function describeOne(failure: Failure, indent: number): string {
  if (failure.kind === 'reference' && failure.causes.length === 1) return describe(failure.causes, indent);
  const line = `\n${'  '.repeat(indent)}- at ${quoteSingle(failure.at)}: ${failure.message}`;
  return line + describe(failure.causes, indent + 1);
}

/** As %q, but in single quotes; a backslash at the end is lost on the way, as the library has it. */
export function quoteSingle(text: string): string {
  return `'${quote(text).replaceAll('\\"', '"').replaceAll("'", "\\'").slice(1, -1)}'`;
}

export const quoteAll = (texts: readonly string[]): string => texts.map(quoteSingle).join(', ');

/** A scalar of an enum or a const. */
export function display(value: Value): string {
  if (typeof value === 'string') return quoteSingle(value);
  if (value === null) return '<nil>';
  return Array.isArray(value) || isMap(value) ? 'value' : String(value instanceof GoInt ? value.value : value);
}

/** As golang.org/x/text prints a count: 12,345. */
export const count = (value: number): string => grouped(String(value));

/** As golang.org/x/text prints a float: 12,345.678 and, from a million on, 1.2×10⁰⁶. */
export function numberText(value: number): string {
  const text = formatFloat(value, 'g');
  const [mantissa, exponent] = text.split('e');
  if (exponent === undefined) return grouped(text);
  return `${mantissa}×10${Array.from(exponent.replace('+', ''), (char) => SUPERSCRIPTS[char]).join('')}`;
}

function grouped(text: string): string {
  const [whole, fraction] = text.split('.');
  const groups = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

const SUPERSCRIPTS: Record<string, string> = {
  '-': '⁻',
  ...Object.fromEntries(Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹', (char, i) => [String(i), char])),
};
