/**
 * Go's regular expressions as JavaScript's, where both mean the same and the JavaScript one cannot run away: its cost on
 * a text of some length is estimated from the loops that may be gone back into.
 */
import type { CharClass, Node } from './parse.ts';

export interface Translated {
  source: string;
  /** For RegExp: `u`, and `i` where the whole pattern folds case. */
  flags: string;
  /** About how many steps a search through a text of `length` takes at most. */
  cost(length: number): number;
}

/** Undefined where JavaScript would match otherwise, or in more than polynomial time. */
export function translateRegexp(root: Node): Translated | undefined {
  const folds = new Set<boolean>();
  if (!isTranslatable(root, folds) || folds.size > 1) return undefined;
  const { loops, branches } = effort(root, true);
  const starts = startsWithText(root) ? 0 : 1;
  return {
    source: write(root),
    flags: folds.has(true) ? 'iu' : 'u',
    cost: (length) => branches * (length + 1) ** (loops + Math.min(starts, Math.max(loops, 1))),
  };
}

/** Collects whether case is folded on the way. */
function isTranslatable(node: Node, folds: Set<boolean>): boolean {
  switch (node.kind) {
    case 'literal':
      if (hasCase(node.rune)) folds.add(node.fold);
      return true;
    case 'class':
      if (node.class.ranges.length > 0) folds.add(node.fold && !isEverything(node.class));
      return node.class.properties.length === 0 || (!node.fold && !mixesProperties(node.class));
    case 'assertion':
      return true;
    case 'group':
      return isTranslatable(node.body, folds);
    case 'concatenation':
      return node.parts.every((part) => isTranslatable(part, folds));
    case 'alternation':
      return node.choices.every((choice) => isTranslatable(choice, folds));
    case 'repeat':
      return isPlainRepeat(node) && isTranslatable(node.body, folds);
  }
}

const hasCase = (rune: number): boolean => {
  const text = String.fromCodePoint(rune);
  return text.toLowerCase() !== text.toUpperCase();
};

const isEverything = ({ negated, ranges }: CharClass): boolean =>
  negated && ranges.every(([low, high]) => low === 10 && high === 10);

/** A negated property inside a larger class is left to RE2. */
const mixesProperties = ({ properties }: CharClass): boolean => properties.some((property) => property.startsWith('^'));

/**
 * Loops over one character at a time, and optional parts: with anything else in a loop JavaScript can take exponential
 * time, and forgets what groups matched in earlier rounds.
 */
function isPlainRepeat({ body, min, max }: Node & { kind: 'repeat' }): boolean {
  if (isSingle(body)) return true;
  return min === 0 && max === 1 && body.kind === 'group' && !canBeEmpty(body);
}

const isSingle = (node: Node): boolean =>
  node.kind === 'literal' ||
  node.kind === 'class' ||
  (node.kind === 'group' && node.capture === undefined && isSingle(node.body));

function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'literal':
    case 'class':
      return false;
    case 'assertion':
      return true;
    case 'group':
      return canBeEmpty(node.body);
    case 'concatenation':
      return node.parts.every(canBeEmpty);
    case 'alternation':
      return node.choices.some(canBeEmpty);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body);
  }
}

interface Effort {
  /** Long loops that may be gone back into. */
  loops: number;
  /** Ways through the rest. */
  branches: number;
}

const LONG = 16;

/** A loop at the very end of the pattern is never gone back into: `last` tells that nothing after can fail. */
function effort(node: Node, last: boolean): Effort {
  switch (node.kind) {
    case 'group':
      return effort(node.body, last);
    case 'concatenation':
      return node.parts.map((part, i) => effort(part, last && i === node.parts.length - 1)).reduce(inTurn, NONE);
    case 'alternation': {
      const choices = node.choices.map((choice) => effort(choice, last));
      const branches = choices.reduce((sum, choice) => sum + choice.branches, 0);
      return { loops: Math.max(...choices.map(({ loops }) => loops)), branches };
    }
    case 'repeat': {
      const inside = effort(node.body, last);
      if (last && isSingle(node.body)) return NONE;
      const rounds = node.max - node.min;
      return rounds > LONG
        ? { loops: inside.loops + 1, branches: inside.branches }
        : { loops: inside.loops, branches: inside.branches * (rounds + 1) };
    }
    default:
      return NONE;
  }
}

const NONE: Effort = { loops: 0, branches: 1 };
const inTurn = (a: Effort, b: Effort): Effort => ({ loops: a.loops + b.loops, branches: a.branches * b.branches });

function startsWithText(node: Node): boolean {
  if (node.kind === 'assertion') return node.is === 'textStart';
  if (node.kind === 'concatenation') return node.parts.length > 0 && startsWithText(node.parts[0]!);
  return node.kind === 'group' && startsWithText(node.body);
}

function write(node: Node): string {
  switch (node.kind) {
    case 'literal':
      return writeRune(node.rune);
    case 'class':
      return writeClass(node.class);
    case 'assertion':
      return ASSERTIONS[node.is];
    case 'group':
      return node.capture === undefined ? `(?:${write(node.body)})` : `(${write(node.body)})`;
    case 'concatenation':
      return node.parts.map((part) => (part.kind === 'alternation' ? `(?:${write(part)})` : write(part))).join('');
    case 'alternation':
      return node.choices.map(write).join('|');
    case 'repeat':
      return write(node.body) + writeCount(node.min, node.max) + (node.greedy ? '' : '?');
  }
}

/** Lines end in a newline only, so JavaScript's flag m is not the one. */
const ASSERTIONS = {
  textStart: '(?<![^])',
  textEnd: '(?![^])',
  lineStart: '(?<![^\\n])',
  lineEnd: '(?![^\\n])',
  wordBoundary: '\\b',
  noWordBoundary: '\\B',
};

function writeCount(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (max === 1) return min === 0 ? '?' : '{1}';
  return `{${min},${max}}`;
}

const writeRune = (rune: number): string =>
  (rune >= 0x30 && rune <= 0x39) || (rune >= 0x41 && rune <= 0x5a) || (rune >= 0x61 && rune <= 0x7a)
    ? String.fromCharCode(rune)
    : `\\u{${rune.toString(16)}}`;

function writeClass({ negated, ranges, properties }: CharClass): string {
  const inner =
    ranges.map(([low, high]) => (low === high ? writeRune(low) : `${writeRune(low)}-${writeRune(high)}`)).join('') +
    properties.map((property) => `\\p{${property}}`).join('');
  return `[${negated ? '^' : ''}${inner}]`;
}
