/**
 * The grammar of Go's regexp/syntax (RE2 with Perl's extensions): a pattern becomes a tree, or an error in Go's words.
 *
 *   alternation: concatenation { "|" concatenation }
 *   concatenation: { atom [ "*" | "+" | "?" | "{n,m}" [ "?" ] ] }
 *   atom: literal | class | "." | "^" | "$" | \A \z \b \B | \Q…\E | "(" alternation ")" | "(?flags)" | "(?flags:" … ")"
 */
import { toValidText } from '../template/utf8.ts';

export type Node =
  | { kind: 'literal'; rune: number; fold: boolean }
  | { kind: 'class'; class: CharClass; fold: boolean }
  | { kind: 'assertion'; is: Assertion }
  | { kind: 'group'; body: Node; capture: number | undefined }
  | { kind: 'concatenation'; parts: Node[] }
  | { kind: 'alternation'; choices: Node[] }
  | { kind: 'repeat'; body: Node; min: number; max: number; greedy: boolean };

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

/** The runes of all ranges and Unicode properties (`L`, `Script=Greek`, `^` before one negates it). */
export interface CharClass {
  negated: boolean;
  ranges: [low: number, high: number][];
  properties: string[];
}

export interface Parsed {
  root: Node;
  /** By the number of the group, from 0 for the whole match; "" for one without a name. */
  names: string[];
}

/** Throws `error parsing regexp: missing closing ): ` and the part of the pattern that is wrong in backquotes. */
export function parseRegexp(pattern: string): Parsed {
  return new Parser(pattern).parse();
}

const failure = (what: string, where: string): Error => new Error(`error parsing regexp: ${what}: \`${where}\``);

interface Flags {
  fold: boolean;
  multiline: boolean;
  dotAll: boolean;
  ungreedy: boolean;
}

/** What stands open: the group's number, the flags to go back to, and what was read in it so far. */
interface Open {
  capture: number | undefined;
  before: Flags;
  choices: Node[];
  parts: Node[];
}

const MAX_REPEAT = 1000;
const MAX_HEIGHT = 1000;
const MAX_RUNE = 0x10ffff;

class Parser {
  readonly #pattern: string;
  #at = 0;
  #flags: Flags = { fold: false, multiline: false, dotAll: false, ungreedy: false };
  #names = [''];
  #open: Open[] = [];

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Parsed {
    const pattern = this.#pattern;
    if (pattern !== toValidText(pattern)) throw failure('invalid UTF-8', pattern);
    this.#enter(undefined);
    let lastRepeat = -1;
    while (this.#at < pattern.length) {
      const start = this.#at;
      const repeated = this.#item(lastRepeat);
      lastRepeat = repeated ? start : -1;
    }
    if (this.#open.length > 1) throw failure('missing closing )', pattern);
    return { root: this.#close(), names: this.#names };
  }

  /** One atom or operator; answers whether it was a repetition. */
  #item(lastRepeat: number): boolean {
    const char = this.#pattern[this.#at]!;
    switch (char) {
      case '(':
        this.#leftParenthesis();
        break;
      case '|':
        this.#at++;
        this.#top.choices.push(concatenation(this.#top.parts));
        this.#top.parts = [];
        break;
      case ')':
        this.#rightParenthesis();
        break;
      case '^':
        this.#assert(1, this.#flags.multiline ? 'lineStart' : 'textStart');
        break;
      case '$':
        this.#assert(1, this.#flags.multiline ? 'lineEnd' : 'textEnd');
        break;
      case '.':
        this.#at++;
        this.#push(anyRune(this.#flags.dotAll));
        break;
      case '[':
        this.#push(this.#class());
        break;
      case '*':
      case '+':
      case '?':
        this.#at++;
        this.#repeat(char === '+' ? 1 : 0, char === '?' ? 1 : Infinity, this.#at - 1, lastRepeat);
        return true;
      case '{':
        return this.#braces(lastRepeat);
      case '\\':
        this.#backslash();
        break;
      default:
        this.#literal(this.#rune());
    }
    return false;
  }

  get #top(): Open {
    return this.#open.at(-1)!;
  }

  #push(node: Node): void {
    this.#top.parts.push(node);
  }

  #literal(rune: number): void {
    this.#push({ kind: 'literal', rune, fold: this.#flags.fold });
  }

  #assert(width: number, is: Assertion): void {
    this.#at += width;
    this.#push({ kind: 'assertion', is });
  }

  #rune(): number {
    const rune = this.#pattern.codePointAt(this.#at)!;
    this.#at += rune > 0xffff ? 2 : 1;
    return rune;
  }

  #enter(capture: number | undefined): void {
    if (this.#open.length > MAX_HEIGHT) throw failure('expression nests too deeply', this.#pattern);
    this.#open.push({ capture, before: { ...this.#flags }, choices: [], parts: [] });
  }

  #close(): Node {
    const { choices, parts } = this.#open.pop()!;
    const last = concatenation(parts);
    return choices.length === 0 ? last : { kind: 'alternation', choices: [...choices, last] };
  }

  #leftParenthesis(): void {
    if (this.#pattern[this.#at + 1] === '?') this.#perlGroup();
    else {
      this.#at++;
      this.#enter(this.#names.push('') - 1);
    }
  }

  #rightParenthesis(): void {
    if (this.#open.length === 1) throw failure('unexpected )', this.#pattern);
    this.#at++;
    const { capture, before } = this.#top;
    const body = this.#close();
    this.#flags = before;
    this.#push({ kind: 'group', body, capture });
  }

  /** `(?P<name>`, `(?<name>`, `(?flags)` and `(?flags:` */
  #perlGroup(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\(\?P?</.exec(rest);
    if (named && rest.length > named[0].length) this.#namedGroup(rest, named[0].length);
    else this.#flagGroup(rest);
  }

  #namedGroup(rest: string, start: number): void {
    const end = rest.indexOf('>');
    if (end < 0) throw failure('invalid named capture', rest);
    const name = rest.slice(start, end);
    if (!/^\w+$/.test(name)) throw failure('invalid named capture', rest.slice(0, end + 1));
    this.#at += end + 1;
    this.#enter(this.#names.push(name) - 1);
  }

  #flagGroup(rest: string): void {
    const match = /^\(\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
    if (!match) throw failure('invalid or unsupported Perl syntax', badFlags(rest));
    const [whole, on, off = '', end] = match;
    this.#at += whole.length;
    if (end === ':') this.#enter(undefined);
    this.#flags = { ...this.#flags };
    for (const flag of on!) this.#flags[FLAG_NAMES[flag]!] = true;
    for (const flag of off) this.#flags[FLAG_NAMES[flag]!] = false;
  }

  /** `{n}`, `{n,}` or `{n,m}`; anything else is a brace. */
  #braces(lastRepeat: number): boolean {
    const start = this.#at;
    const match = /^\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/.exec(this.#pattern.slice(start, start + 64));
    if (!match) {
      this.#literal(this.#rune());
      return false;
    }
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (min > MAX_REPEAT || (max !== Infinity && (max > MAX_REPEAT || min > max)))
      throw failure('invalid repeat count', match[0]);
    this.#at += match[0].length;
    this.#repeat(min, max, start, lastRepeat);
    return true;
  }

  #repeat(min: number, max: number, start: number, lastRepeat: number): void {
    const lazy = this.#pattern[this.#at] === '?';
    if (lazy) this.#at++;
    const operator = this.#pattern.slice(start, this.#at);
    if (lastRepeat >= 0) throw failure('invalid nested repetition operator', this.#pattern.slice(lastRepeat, this.#at));
    const body = this.#top.parts.pop();
    if (!body) throw failure('missing argument to repetition operator', operator);
    const node: Node = { kind: 'repeat', body, min, max, greedy: lazy === this.#flags.ungreedy };
    if ((min >= 2 || (max >= 2 && max !== Infinity)) && copies(node) > MAX_REPEAT)
      throw failure('invalid repeat count', operator);
    this.#push(node);
  }

  #backslash(): void {
    const pattern = this.#pattern;
    const next = pattern[this.#at + 1];
    const assertion = ASSERTIONS[next ?? ''];
    if (next === 'C') throw failure('invalid escape sequence', '\\C');
    if (assertion) this.#assert(2, assertion);
    else if (next === 'Q') this.#quoted();
    else this.#escaped();
  }

  #escaped(): void {
    const set = this.#classEscape();
    if (set) this.#push({ kind: 'class', class: set, fold: this.#flags.fold });
    else this.#literal(this.#escape());
  }

  #quoted(): void {
    const end = this.#pattern.indexOf('\\E', this.#at + 2);
    const stop = end < 0 ? this.#pattern.length : end;
    this.#at += 2;
    while (this.#at < stop) this.#literal(this.#rune());
    if (end >= 0) this.#at = end + 2;
  }

  /** `\d`, `\pL`, `\p{Greek}` and their like; undefined for an escape of one character. */
  #classEscape(): CharClass | undefined {
    const next = this.#pattern[this.#at + 1] ?? '';
    if (next === 'p' || next === 'P') return this.#unicodeClass(next === 'P');
    const ranges = PERL_CLASSES[next.toLowerCase()];
    if (!ranges) return undefined;
    this.#at += 2;
    return { negated: next !== next.toLowerCase(), ranges, properties: [] };
  }

  #unicodeClass(negative: boolean): CharClass {
    const rest = this.#pattern.slice(this.#at);
    const match = /^\\[pP](?:\{([^}]*)\}|([^{]))/su.exec(rest);
    if (!match) throw failure('invalid character class range', rest.slice(0, 2) + rest.slice(2));
    const name = match[1] ?? match[2]!;
    const inverted = name.startsWith('^');
    const ranges = name.replace('^', '') === 'Any' ? [[0, MAX_RUNE] as [number, number]] : [];
    const property = ranges.length > 0 ? undefined : propertyOf(inverted ? name.slice(1) : name);
    if (ranges.length === 0 && property === undefined) throw failure('invalid character class range', match[0]);
    this.#at += match[0].length;
    return { negated: negative !== inverted, ranges, properties: property === undefined ? [] : [property] };
  }

  /** A backslash and what makes one character of it. */
  #escape(): number {
    const start = this.#at;
    const rest = this.#pattern.slice(start, start + 40);
    if (rest === '\\') throw failure('trailing backslash at end of expression', '');
    for (const [form, value] of ESCAPES) {
      const match = form.exec(rest);
      const rune = match ? value(match) : undefined;
      if (rune === undefined || rune > MAX_RUNE) continue;
      this.#at += match![0].length;
      return rune;
    }
    throw failure('invalid escape sequence', badEscape(rest));
  }

  /** `[…]` */
  #class(): Node {
    const start = this.#at++;
    const set: CharClass = { negated: false, ranges: [], properties: [] };
    if (this.#pattern[this.#at] === '^') {
      set.negated = true;
      this.#at++;
    }
    for (let first = true; first || this.#pattern[this.#at] !== ']'; first = false) this.#classItem(set, start);
    this.#at++;
    return { kind: 'class', class: set, fold: this.#flags.fold };
  }

  #classItem(set: CharClass, classStart: number): void {
    const start = this.#at;
    if (this.#pattern.startsWith('[:', start) && this.#posixClass(set)) return;
    const inner = this.#pattern[start] === '\\' ? this.#classEscape() : undefined;
    if (inner) {
      include(set, inner);
      return;
    }
    const low = this.#classRune(classStart);
    let high = low;
    if (this.#pattern[this.#at] === '-' && (this.#pattern[this.#at + 1] ?? ']') !== ']') {
      this.#at++;
      high = this.#classRune(classStart);
      if (high < low) throw failure('invalid character class range', this.#pattern.slice(start, this.#at));
    }
    set.ranges.push([low, high]);
  }

  #classRune(classStart: number): number {
    if (this.#at >= this.#pattern.length) throw failure('missing closing ]', this.#pattern.slice(classStart));
    return this.#pattern[this.#at] === '\\' ? this.#escape() : this.#rune();
  }

  /** `[:alpha:]`, `[:^alpha:]`; false where the bracket is a bracket. */
  #posixClass(set: CharClass): boolean {
    const end = this.#pattern.indexOf(':]', this.#at + 2);
    if (end < 0) return false;
    const name = this.#pattern.slice(this.#at, end + 2);
    const [, negated, word] = /^\[:(\^?)(\w*):\]$/.exec(name) ?? [];
    const ranges = Object.hasOwn(POSIX_CLASSES, word ?? '') ? POSIX_CLASSES[word!] : undefined;
    if (!ranges) throw failure('invalid character class range', name);
    this.#at = end + 2;
    include(set, { negated: negated !== '', ranges, properties: [] });
    return true;
  }
}

const concatenation = (parts: Node[]): Node => (parts.length === 1 ? parts[0]! : { kind: 'concatenation', parts });

const FLAG_NAMES: Record<string, keyof Flags> = { i: 'fold', m: 'multiline', s: 'dotAll', U: 'ungreedy' };

const ASSERTIONS: Record<string, Assertion> = {
  A: 'textStart',
  z: 'textEnd',
  b: 'wordBoundary',
  B: 'noWordBoundary',
};

const anyRune = (newlineToo: boolean): Node => ({
  kind: 'class',
  class: { negated: true, ranges: newlineToo ? [] : [[10, 10]], properties: [] },
  fold: false,
});

/** `(?` and the flags up to the first character that is none. */
function badFlags(rest: string): string {
  const [flags] = /^\(\?[imsU]*(?:-[imsU]*)?/.exec(rest)!;
  const next = rest.codePointAt(flags.length);
  return next === undefined ? flags : flags + String.fromCodePoint(next);
}

/** How often a repetition copies its body in all, as Go bounds it. */
function copies(node: Node): number {
  switch (node.kind) {
    case 'repeat': {
      const count = Math.max(node.max === Infinity ? node.min : node.max, 1);
      return count * copies(node.body);
    }
    case 'group':
      return copies(node.body);
    case 'concatenation':
      return Math.max(1, ...node.parts.map(copies));
    case 'alternation':
      return Math.max(1, ...node.choices.map(copies));
    default:
      return 1;
  }
}

const letters = (text: string): [number, number][] =>
  (text.match(/..|.$/gs) ?? []).map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]);

const PERL_CLASSES: Record<string, [number, number][]> = {
  d: letters('09'),
  s: letters('\t\n\f\r  '),
  w: letters('09AZ__az'),
};

const POSIX_CLASSES: Record<string, [number, number][]> = {
  alnum: letters('09AZaz'),
  alpha: letters('AZaz'),
  ascii: letters('\x00\x7f'),
  blank: letters('\t\t  '),
  cntrl: letters('\x00\x1f\x7f\x7f'),
  digit: letters('09'),
  graph: letters('!~'),
  lower: letters('az'),
  print: letters(' ~'),
  punct: letters('!/:@[`{~'),
  space: letters('\t\r  '),
  upper: letters('AZ'),
  word: letters('09AZ__az'),
  xdigit: letters('09AFaf'),
};

const NAMED_ESCAPES: Record<string, number> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const ESCAPES: [RegExp, (match: RegExpExecArray) => number | undefined][] = [
  [/^\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/, ([text]) => Number.parseInt(text.slice(1), 8)],
  [/^\\x\{([0-9a-fA-F]{1,32})\}/, ([, digits]) => Number.parseInt(digits!, 16)],
  [/^\\x([0-9a-fA-F]{2})/, ([, digits]) => Number.parseInt(digits!, 16)],
  [/^\\([afnrtv])/, ([, letter]) => NAMED_ESCAPES[letter!]],
  [/^\\([\x00-\x7f])/, ([, char]) => (/[0-9A-Za-z]/.test(char!) ? undefined : char!.charCodeAt(0))],
];

/** The escape as far as Go read it. */
function badEscape(rest: string): string {
  const braces = /^\\x\{([0-9a-fA-F]*)/.exec(rest);
  if (!braces) return /^\\(?:x.{0,2}|.)/su.exec(rest)![0];
  const significant = braces[1]!.replace(/^0+/, '');
  const tooLarge = [6, 7].find((length) => Number.parseInt(significant.slice(0, length), 16) > MAX_RUNE);
  if (tooLarge === undefined || significant.length < tooLarge) return /^\\x\{[0-9a-fA-F]*.?/su.exec(rest)![0];
  return rest.slice(0, braces[0].length - significant.length + tooLarge);
}

/** Adds to a class what a class inside it has. */
function include(set: CharClass, inner: CharClass): void {
  if (!inner.negated) set.ranges.push(...inner.ranges);
  else if (inner.properties.length === 0) set.ranges.push(...complement(inner.ranges));
  set.properties.push(...inner.properties.map((property) => (inner.negated ? `^${property}` : property)));
}

/** The runes outside of `ranges`, which are sorted and apart. */
function complement(ranges: [number, number][]): [number, number][] {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= MAX_RUNE) gaps.push([next, MAX_RUNE]);
  return gaps;
}

const CATEGORIES = /^(?:C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;

/** The name JavaScript has for one of Go's categories and scripts; undefined for no such one. */
function propertyOf(name: string): string | undefined {
  if (CATEGORIES.test(name)) return name;
  if (!/^[A-Z][A-Za-z_]+$/.test(name)) return undefined;
  try {
    new RegExp(`\\p{Script=${name}}`, 'u');
    return name.length === 4 && !LONG_ONLY.has(name) ? undefined : `Script=${name}`;
  } catch {
    return undefined;
  }
}

/** Scripts whose full name has four letters; the other names of four letters are codes, which Go does not know. */
const LONG_ONLY = new Set(['Ahom', 'Cham', 'Kawi', 'Lisu', 'Modi', 'Thai', 'Toto']);
