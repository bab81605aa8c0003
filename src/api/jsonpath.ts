/**
 * Kubernetes' JSONPath as printer columns use it: `.spec.hosts[*]`, `.status.conditions[?(@.type=="Ready")].status`,
 * `.metadata.labels['a.b']`, `.a\.b`, `..name`, `[0:2]`. Braces and a leading `$` are allowed.
 */
import { getOwn, isObject } from './json.ts';

export type JsonPath = (value: unknown) => unknown[];

type Step = (values: unknown[]) => unknown[];

/** Throws an Error where the text is no path. */
export function compileJsonPath(text: string): JsonPath {
  const path = text.trim().replace(/^\{(.*)\}$/s, '$1');
  const steps = parseSteps(path.startsWith('$') ? path.slice(1) : path);
  return (value) => steps.reduce((values, step) => step(values), [value]);
}

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < path.length) {
    const rest = path.slice(at);
    const match =
      /^\.\.(?=[[\w*])/.exec(rest) ??
      /^\.?\*/.exec(rest) ??
      /^\.?((?:\\.|[^.[\]{}\\*])+)/.exec(rest) ??
      /^\[\s*(\*?|-?\d+|-?\d*:-?\d*(?::\d*)?)\s*\]/.exec(rest) ??
      /^\[\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")\s*\]/.exec(rest) ??
      /^\[\?\(\s*(.*?)\s*\)\]/.exec(rest) ??
      /^\.$/.exec(rest);
    if (!match) throw new Error(`unrecognized character in action: ${JSON.stringify(rest[0])}`);
    steps.push(stepOf(match));
    at += match[0].length;
  }
  return steps;
}

function stepOf([text, inner, double]: RegExpExecArray): Step {
  if (text === '.') return (values) => values;
  if (text.startsWith('..')) return (values) => values.flatMap((value) => [...descendants(value)]);
  if (text.startsWith('[?')) return filterStep(inner!);
  if (/^\.?\*$/.test(text) || inner === '*' || /^\[\s*\]$/.test(text)) return (values) => values.flatMap(childrenOf);
  if (/^\[\s*['"]/.test(text)) return fieldStep(plain(inner ?? double ?? ''));
  if (text.startsWith('[')) return inner!.includes(':') ? sliceStep(inner!) : indexStep(Number(inner));
  return fieldStep(plain(inner!));
}

const plain = (text: string): string => text.replace(/\\(.)/g, '$1');

const fieldStep =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [getOwn(value, name)] : []));

const indexStep =
  (index: number): Step =>
  (values) =>
    values.flatMap((value) => {
      const item = Array.isArray(value) ? value.at(index) : undefined;
      return item === undefined ? [] : [item];
    });

function sliceStep(range: string): Step {
  const [start, end, step] = range.split(':').map((part) => (part === '' ? undefined : Number(part)));
  return (values) =>
    values.flatMap((value) =>
      Array.isArray(value) ? value.slice(start ?? 0, end).filter((_, i) => i % (step || 1) === 0) : [],
    );
}

const childrenOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];

function* descendants(value: unknown): Generator<unknown> {
  yield value;
  for (const child of childrenOf(value)) yield* descendants(child);
}

const COMPARE: Record<string, (a: unknown, b: unknown) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': (a, b) => (a as number) <= (b as number),
  '>=': (a, b) => (a as number) >= (b as number),
  '<': (a, b) => (a as number) < (b as number),
  '>': (a, b) => (a as number) > (b as number),
};

function filterStep(condition: string): Step {
  const match = /^@(.*?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/.exec(condition);
  const left = compileJsonPath(match ? match[1]! : condition.replace(/^@/, ''));
  if (!match) return (values) => values.flatMap(childrenOf).filter((item) => left(item).length > 0);
  const compare = COMPARE[match[2]!]!;
  const right = operand(match[3]!.trim());
  return (values) =>
    values.flatMap(childrenOf).filter((item) => {
      const found = left(item);
      return found.length > 0 && compare(found[0], right(item));
    });
}

function operand(text: string): (item: unknown) => unknown {
  if (text.startsWith('@')) {
    const path = compileJsonPath(text.slice(1));
    return (item) => path(item)[0];
  }
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return () => quoted[2];
  if (text === 'true' || text === 'false') return () => text === 'true';
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new Error(`unrecognized identifier ${text}`);
  return () => number;
}
