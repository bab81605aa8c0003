/** The package's errors in the words of cel-go, which clients of Kubernetes know. */
import { BudgetError } from './bounded.ts';

interface CelFailure {
  code?: string;
  summary?: string;
  message: string;
  range?: { start: number; end: number };
}

/**
 * With the place, the line and a mark below it. `originOf` leads from the text that was parsed to the expression, where
 * they are not the same.
 */
export function compileMessage(
  expression: string,
  error: unknown,
  originOf: (position: number) => number = (position) => position,
): string {
  const failure = error as CelFailure;
  const summary = failure.summary ?? failure.message;
  const { line, column, text } = placeOf(expression, originOf(failure.range?.start ?? 0));
  const told = TOLD[failure.code ?? '']?.(summary) ?? `Syntax error: ${summary}`;
  return `compilation failed: ERROR: <input>:${line}:${column}: ${told}\n | ${text}\n | ${'.'.repeat(column - 1)}^`;
}

/** A type's name as cel-go writes it. */
export const typeText = (type: string): string =>
  type
    .replaceAll('<', '(')
    .replaceAll('>', ')')
    .replace(/\bnull\b/g, 'null_type')
    .replace('google.protobuf.Timestamp', 'timestamp')
    .replace('google.protobuf.Duration', 'duration');

const after = (text: string): string => text.slice(text.indexOf(': ') + 2);

const TOLD: Record<string, (summary: string) => string> = {
  unknown_variable: (summary) => `undeclared reference to '${after(summary)}' (in container '')`,
  no_matching_overload: (summary) =>
    summary.replace(/'(?:(\S*)\.)?(\w+?)_?\((.*)\)'$/, (_, receiver: string | undefined, name: string, args: string) =>
      receiver === undefined ? `'${name}' applied to '(${args})'` : `'${name}' applied to '${receiver}.(${args})'`,
    ),
  no_such_overload: (summary) =>
    summary.replace(
      /^no such overload: (\S+) (\S+) (\S+)$/,
      "found no matching overload for '_$2_' applied to '($1, $3)'",
    ),
  invalid_macro_argument: (summary) => summary,
  incompatible_ternary_branches: (summary) => summary,
  no_such_key: (summary) => `undefined field '${after(summary)}'`,
  cannot_index_type: (summary) => summary,
  invalid_condition_type: (summary) => summary,
  invalid_logical_operand: (summary) => summary,
  invalid_comprehension_range: (summary) => summary,
};

function placeOf(expression: string, at: number): { line: number; column: number; text: string } {
  const before = expression.slice(0, at).split('\n');
  const line = before.length;
  return { line, column: before.at(-1)!.length + 1, text: expression.split('\n')[line - 1] ?? '' };
}

/** Of an evaluation that failed: an error with the text of cel-go. */
export function evaluationMessage(error: unknown): Error {
  if (error instanceof BudgetError) return error;
  const { code = '', summary, message } = error as CelFailure;
  if (error instanceof RangeError) return new BudgetError(); // a stack or a string beyond the engine's limits
  const text = summary ?? message;
  return new Error(RUNTIME[code]?.(text) ?? text, { cause: error });
}

const RUNTIME: Record<string, (summary: string) => string> = {
  no_such_key: (summary) => `no such key: ${after(summary)}`,
  modulo_by_zero: () => 'modulus by zero',
  numeric_overflow: () => 'integer overflow',
  index_out_of_bounds: (summary) => `index out of bounds: ${/index (-?\d+) /.exec(summary)?.[1]}`,
  no_such_overload: () => 'no such overload',
  no_matching_overload: () => 'no such overload',
  invalid_logical_operand: () => 'no such overload',
  invalid_condition_type: () => 'no such overload',
  optional_value_missing: () => 'optional.none() dereference',
};
