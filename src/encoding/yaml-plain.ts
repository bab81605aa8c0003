/**
 * The fast reader: one pass over the characters of the YAML that people and programs mostly write, values made on the
 * way. It knows block maps and lists, plain and quoted scalars, literal blocks and short flow collections, and gives up
 * at anything else: tags, anchors, directives, complex keys, odd spaces, and whatever looks like an error. The careful
 * reader (yaml-compose.ts) then starts anew; for what this one reads, both agree.
 */
import { setKey, type Value, type ValueMap } from '../template/value.ts';
import { mayResolve, resolvePlain } from './yaml-resolve.ts';

/** The first document of `text`, or undefined where the careful reader is needed. */
export function readPlainYaml(text: string, bigints: boolean): Value | undefined {
  if (UNUSUAL.test(text)) return undefined;
  try {
    return new PlainReader(text, bigints).document();
  } catch (error) {
    if (error === GIVE_UP) return undefined;
    throw error;
  }
}

/** Control characters, CR and the breaks of YAML 1.1, byte order marks, and bytes that were no valid UTF-8. */
const UNUSUAL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/u;

const GIVE_UP = new Error('not plain YAML');
const MAX_DEPTH = 200;
/** Well below the 1024 characters at which a key is none. */
const MAX_KEY = 1000;

const LF = 0x0a;
const SPACE = 0x20;

/** What a plain scalar never begins with: indicators, of which some are legal before certain characters, and blanks. */
const NO_START = new Uint8Array(128);
for (const char of '-?:,[]{}#&*!|>\'"%@` \t\n') NO_START[char.charCodeAt(0)] = 1;

class PlainReader {
  private readonly text: string;
  private readonly bigints: boolean;
  /** The first character of the line's content, or where reading has come to. */
  private at = 0;
  /** The column of the line's content, -1 at the end of the document. */
  private column = 0;
  private depth = 0;

  constructor(text: string, bigints: boolean) {
    this.text = text;
    this.bigints = bigints;
  }

  document(): Value {
    this.nextLine(0);
    if (this.column === 0 && this.isMark()) this.skipMark();
    if (this.column < 0) return null;
    const value = this.block(this.column, -1);
    if (this.column >= 0) throw GIVE_UP;
    return value;
  }

  /** A `---` alone on its line at the document's start. */
  private skipMark(): void {
    this.at += 3;
    this.endLine();
  }

  // ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Goes to the next line with content, from the start of a line on. */
  private nextLine(start: number): void {
    const text = this.text;
    for (let at = start; at < text.length; ) {
      let content = at;
      while (text.charCodeAt(content) === SPACE) content++;
      const unit = text.charCodeAt(content);
      if (unit === LF) at = content + 1;
      else if (unit === 0x23) at = this.lineEnd(content) + 1;
      else if (content === text.length) break;
      else if (unit === 0x09) throw GIVE_UP;
      else {
        this.at = content;
        this.column = content - at;
        if (this.column === 0 && start > 0 && this.isMark()) break;
        return;
      }
    }
    this.column = -1;
  }

  private lineEnd(from: number): number {
    const end = this.text.indexOf('\n', from);
    return end < 0 ? this.text.length : end;
  }

  /** Another document begins here. The end mark and directives are left to the careful reader. */
  private isMark(): boolean {
    const unit = this.text.charCodeAt(this.at);
    if (unit === 0x25 || (unit === 0x2e && this.text.startsWith('...', this.at))) throw GIVE_UP;
    if (unit !== 0x2d || !this.text.startsWith('---', this.at)) return false;
    const next = this.text.charCodeAt(this.at + 3);
    if (next !== SPACE && next !== LF && this.at + 3 < this.text.length) throw GIVE_UP;
    return true;
  }

  /** After a value: only blanks and a comment may follow on its line. */
  private endLine(): void {
    const text = this.text;
    let at = this.at;
    while (text.charCodeAt(at) === SPACE) at++;
    const unit = text.charCodeAt(at);
    if (unit === 0x23 && at > this.at) at = this.lineEnd(at);
    else if (unit !== LF && at < text.length) throw GIVE_UP;
    this.nextLine(at + 1);
  }

  /** Whether nothing but blanks and a comment follows on the line; leaves `at` at the content otherwise. */
  private isLineEmpty(): boolean {
    const text = this.text;
    let at = this.at;
    while (text.charCodeAt(at) === SPACE) at++;
    const unit = text.charCodeAt(at);
    if (unit === LF || at === text.length || (unit === 0x23 && at > this.at)) return true;
    this.at = at;
    return false;
  }

  // ── collections ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The node that begins at `column`, within a collection at the column `parent`. */
  private block(column: number, parent: number): Value {
    if (++this.depth > MAX_DEPTH) throw GIVE_UP;
    const value = this.isDash() ? this.list(column) : this.mapOrScalar(column, parent);
    this.depth--;
    return value;
  }

  /** `- ` or `-` at the line's end. */
  private isDash(): boolean {
    if (this.text.charCodeAt(this.at) !== 0x2d) return false;
    const next = this.text.charCodeAt(this.at + 1);
    return next === SPACE || next === LF || this.at + 1 === this.text.length;
  }

  private list(column: number): Value[] {
    const list: Value[] = [];
    do {
      const dash = this.at;
      this.at++;
      if (this.isLineEmpty()) list.push(this.nextNode(column, false));
      else list.push(this.block(column + this.at - dash, column));
    } while (this.column === column && this.isDash());
    if (this.column > column) throw GIVE_UP;
    return list;
  }

  /** What stands on the lines below a key or a dash; null where they are no deeper. */
  private nextNode(column: number, isMap: boolean): Value {
    this.endLine();
    if (this.column > column) return this.block(this.column, column);
    if (isMap && this.column === column && this.isDash()) return this.list(column);
    return null;
  }

  private mapOrScalar(column: number, parent: number): Value {
    const key = this.key();
    if (key === undefined) return this.scalar(parent);
    const map: ValueMap = {};
    setKey(map, key, this.entryValue(column));
    while (this.column === column) {
      const next = this.key();
      if (next === undefined) throw GIVE_UP;
      setKey(map, next, this.entryValue(column));
    }
    if (this.column > column) throw GIVE_UP;
    return map;
  }

  private entryValue(column: number): Value {
    if (this.isLineEmpty()) return this.nextNode(column, true);
    if (this.isDash()) throw GIVE_UP;
    return this.scalar(column);
  }

  /** Reads `key:`; undefined, with nothing read, where the line holds no key. */
  private key(): string | undefined {
    const start = this.at;
    const unit = this.text.charCodeAt(start);
    if (unit === 0x22 || unit === 0x27) {
      const key = this.quoted(unit);
      const end = this.at;
      if (key !== undefined && this.skipColon()) return end - start > MAX_KEY ? giveUp() : key;
      this.at = start;
      return undefined;
    }
    if (unit < 128 && NO_START[unit] === 1) return undefined;
    const end = this.plainEnd(start);
    if (this.text.charCodeAt(end) !== 0x3a) return undefined;
    const key = this.trimmed(start, end);
    this.at = end + 1;
    if (end - start > MAX_KEY || key === '<<') throw GIVE_UP;
    return mayResolve(unit) ? this.resolvedKey(key) : key;
  }

  /** Integers and booleans are written out; what else is no string is left to the careful reader. */
  private resolvedKey(key: string): string {
    const value = resolvePlain(key);
    if (value === null || typeof value === 'number') throw GIVE_UP;
    if (typeof value === 'bigint' && value >= 2n ** 63n) throw GIVE_UP;
    return String(value);
  }

  /** A colon after a quoted key, with a blank or the line's end behind it. */
  private skipColon(): boolean {
    const text = this.text;
    while (text.charCodeAt(this.at) === SPACE) this.at++;
    if (text.charCodeAt(this.at) !== 0x3a) return false;
    const next = text.charCodeAt(++this.at);
    if (next !== SPACE && next !== LF && this.at < text.length) throw GIVE_UP;
    return true;
  }

  // ── scalars ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The value that begins here, and all of its lines; goes on to the line after it. */
  private scalar(parent: number): Value {
    const unit = this.text.charCodeAt(this.at);
    switch (unit) {
      case 0x22: // "
      case 0x27: // '
        return this.quotedValue(unit);
      case 0x7c: // |
        return this.literal(parent);
      case 0x5b: // [
      case 0x7b: {
        // {
        const value = this.flow(0);
        this.endLine();
        return value;
      }
    }
    return this.plain(parent);
  }

  private quotedValue(quote: number): Value {
    const value = this.quoted(quote) ?? this.quotedLines(quote);
    this.endLine();
    return value;
  }

  /** A quoted text of several lines, folded as a plain one is. */
  private quotedLines(quote: number): string {
    const start = this.at + 1;
    const end = this.closingQuote(start, quote);
    const raw = this.text.slice(start, end);
    // An escaped line break, or a line that may be a document mark.
    if (raw.includes('\t') || raw.includes('\\\n') || /\n[-.]/.test(raw)) throw GIVE_UP;
    const folded = foldLines(raw.split('\n'));
    this.at = end + 1;
    if (quote === 0x27) return folded.replaceAll("''", "'");
    if (/\\[^nrtbf"\\]/.test(folded.replaceAll('\\\\', ''))) throw GIVE_UP;
    return JSON.parse(`"${folded.replaceAll('\n', '\\n')}"`) as string;
  }

  private closingQuote(start: number, quote: number): number {
    const text = this.text;
    for (let at = start; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 0x5c && quote === 0x22) at++;
      else if (unit === quote) {
        if (quote !== 0x27 || text.charCodeAt(at + 1) !== 0x27) return at;
        at++;
      }
    }
    return giveUp();
  }

  /** A quoted text on one line; undefined where it is not so simple. */
  private quoted(quote: number): string | undefined {
    const text = this.text;
    const start = this.at + 1;
    for (let at = start; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === LF) return undefined;
      if (unit === 0x5c && quote === 0x22) return this.escaped(start);
      if (unit !== quote) continue;
      if (quote === 0x27 && text.charCodeAt(at + 1) === 0x27) return this.doubled(start);
      this.at = at + 1;
      return text.slice(start, at);
    }
    return undefined;
  }

  /** A double-quoted text with escapes that JSON has too. */
  private escaped(start: number): string | undefined {
    const text = this.text;
    let at = start;
    while (at < text.length && text.charCodeAt(at) !== 0x22) {
      const unit = text.charCodeAt(at);
      if (unit === LF || unit === 0x09) return undefined;
      if (unit === 0x5c && !'nrtbf"\\'.includes(text[++at] ?? '?')) return undefined;
      at++;
    }
    if (at >= text.length) return undefined;
    this.at = at + 1;
    return JSON.parse(text.slice(start - 1, at + 1)) as string;
  }

  /** A single-quoted text with quotes in it. */
  private doubled(start: number): string | undefined {
    const text = this.text;
    const end = this.lineEnd(start);
    for (let at = start; ; at += 2) {
      at = text.indexOf("'", at);
      if (at < 0 || at >= end) return undefined;
      if (text.charCodeAt(at + 1) === 0x27) continue;
      this.at = at + 1;
      return text.slice(start, at).replaceAll("''", "'");
    }
  }

  /** Where a plain scalar ends on its line: at a colon, before a comment, at the line's end. */
  private plainEnd(start: number): number {
    const text = this.text;
    let at = start;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x3a) continue;
      if (unit === LF) break;
      if (unit === 0x3a) {
        const next = text.charCodeAt(at + 1);
        if (next === SPACE || next === LF || at + 1 === text.length) break;
        if (next === 0x09) throw GIVE_UP;
      } else if (unit === 0x23 && text.charCodeAt(at - 1) === SPACE) break;
      else if (unit === 0x09) throw GIVE_UP;
    }
    return at;
  }

  private trimmed(start: number, end: number): string {
    while (end > start && this.text.charCodeAt(end - 1) === SPACE) end--;
    return this.text.slice(start, end);
  }

  private plain(parent: number): Value {
    const start = this.at;
    const unit = this.text.charCodeAt(start);
    if (unit < 128 && NO_START[unit] === 1) this.checkStart(unit);
    const end = this.plainEnd(start);
    const stop = this.text.charCodeAt(end);
    if (stop === 0x3a) throw GIVE_UP;
    const text = this.trimmed(start, end);
    this.nextLine(this.lineEnd(end) + 1);
    if (this.column > parent) return this.moreLines(text, end, stop, parent);
    return mayResolve(unit) ? this.resolved(text) : text;
  }

  /** `-x` is a scalar like any other; the rest is for the careful reader. */
  private checkStart(unit: number): void {
    const next = this.text.charCodeAt(this.at + 1);
    if (unit !== 0x2d || next === SPACE || next === LF || this.at + 1 === this.text.length) throw GIVE_UP;
  }

  private resolved(text: string): Value {
    if (DECIMAL.test(text)) return this.bigints ? BigInt(text) : Number(text);
    const value = resolvePlain(text);
    if (typeof value === 'bigint') return this.bigints ? value : Number(value);
    if (typeof value === 'number' && !Number.isFinite(value)) throw GIVE_UP;
    return value;
  }

  /** A plain scalar that goes on below: one line break becomes a space, more of them lose the first. */
  private moreLines(first: string, firstEnd: number, firstStop: number, parent: number): string {
    let text = first;
    let lineEnd = firstEnd;
    let stop = firstStop;
    while (this.column > parent) {
      if (stop === 0x23) throw GIVE_UP;
      const breaks = this.breaksBetween(lineEnd, this.at);
      const end = this.plainEnd(this.at);
      stop = this.text.charCodeAt(end);
      if (stop === 0x3a) throw GIVE_UP;
      text += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + this.trimmed(this.at, end);
      lineEnd = end;
      this.nextLine(this.lineEnd(end) + 1);
    }
    return text;
  }

  /** The number of line breaks from `from` to `to`, between which only spaces may stand. */
  private breaksBetween(from: number, to: number): number {
    let breaks = 0;
    for (let at = from; at < to; at++) {
      const unit = this.text.charCodeAt(at);
      if (unit === LF) breaks++;
      else if (unit !== SPACE) throw GIVE_UP;
    }
    return breaks;
  }

  /** `|`, `|-` or `|+`, whose indentation is that of its first line. */
  private literal(parent: number): string {
    const text = this.text;
    const sign = text[this.at + 1];
    const chomping = sign === '-' || sign === '+' ? sign : '';
    let at = this.at + 1 + chomping.length;
    while (text.charCodeAt(at) === SPACE) at++;
    if (text.charCodeAt(at) !== LF) throw GIVE_UP;
    const start = at + 1;
    const indent = this.literalIndent(start, parent);
    if (indent === 0) {
      if (chomping === '+') throw GIVE_UP;
      this.nextLine(start);
      return '';
    }
    const lines: string[] = [];
    let filled = 0;
    for (at = start; at < text.length; ) {
      const end = this.lineEnd(at);
      let content = at;
      while (content < at + indent && text.charCodeAt(content) === SPACE) content++;
      if (content < end) {
        if (content < at + indent) break;
        filled = lines.push(text.slice(content, end));
      } else lines.push('');
      at = end + 1;
    }
    // Without a line break at the end of the text, its last line has none either.
    const open = at > text.length && text.charCodeAt(text.length - 1) !== LF;
    this.nextLine(at);
    if (chomping === '+') return open && filled < lines.length ? giveUp() : lines.join('\n') + (open ? '' : '\n');
    const content = lines.length === filled ? lines : lines.slice(0, filled);
    return content.join('\n') + (chomping === '-' || (open && filled === lines.length) ? '' : '\n');
  }

  /** The column of the first line with content, 0 where that is no deeper; empty lines before it may not be longer. */
  private literalIndent(start: number, parent: number): number {
    const text = this.text;
    let longest = 0;
    for (let at = start; ; ) {
      let content = at;
      while (text.charCodeAt(content) === SPACE) content++;
      const column = content - at;
      const unit = text.charCodeAt(content);
      if (unit === 0x09) throw GIVE_UP;
      if (unit !== LF) {
        if (longest > Math.max(parent, column) || (content >= text.length && column > parent)) throw GIVE_UP;
        return column <= Math.max(parent, 0) || content >= text.length ? (longest > parent ? giveUp() : 0) : column;
      }
      longest = Math.max(longest, column);
      at = content + 1;
    }
  }

  // ── flow collections on one line ────────────────────────────────────────────────────────────────────────────────

  private flow(depth: number): Value {
    if (depth > MAX_DEPTH) throw GIVE_UP;
    const isList = this.text.charCodeAt(this.at++) === 0x5b;
    const close = isList ? 0x5d : 0x7d;
    const list: Value[] = [];
    const map: ValueMap = {};
    if (this.skipSpaces() === close) {
      this.at++;
      return isList ? list : map;
    }
    for (;;) {
      if (isList) list.push(this.flowValue(depth));
      else this.flowEntry(map, depth);
      const unit = this.skipSpaces();
      this.at++;
      if (unit === close) return isList ? list : map;
      if (unit !== 0x2c) throw GIVE_UP;
      this.skipSpaces();
    }
  }

  private skipSpaces(): number {
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
    return this.text.charCodeAt(this.at);
  }

  private flowEntry(map: ValueMap, depth: number): void {
    const start = this.at;
    const key = this.flowValue(depth);
    if (typeof key !== 'string' || key === '<<' || this.at - start > MAX_KEY) throw GIVE_UP;
    this.skipSpaces();
    if (!this.text.startsWith(': ', this.at)) throw GIVE_UP;
    this.at += 2;
    this.skipSpaces();
    setKey(map, key, this.flowValue(depth));
  }

  private flowValue(depth: number): Value {
    const unit = this.text.charCodeAt(this.at);
    if (unit === 0x5b || unit === 0x7b) return this.flow(depth + 1);
    if (unit === 0x22 || unit === 0x27) return this.quoted(unit) ?? giveUp();
    return this.flowPlain(unit);
  }

  /** Words of harmless characters, with single spaces between. */
  private flowPlain(first: number): Value {
    FLOW_WORD.lastIndex = this.at;
    const word = FLOW_WORD.exec(this.text)?.[0];
    if (word === undefined) throw GIVE_UP;
    this.at += word.length;
    return mayResolve(first) ? this.resolved(word) : word;
  }
}

function foldLines(lines: string[]): string {
  let text = trimEnd(lines[0]!);
  let breaks = 0;
  for (let i = 1; i < lines.length; i++) {
    const last = i === lines.length - 1;
    const line = trimStart(last ? lines[i]! : trimEnd(lines[i]!));
    breaks++;
    if (line === '' && !last) continue;
    text += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + line;
    breaks = 0;
  }
  return text;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === SPACE) end--;
  return text.slice(0, end);
}

function trimStart(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) === SPACE) start++;
  return text.slice(start);
}

function giveUp(): never {
  throw GIVE_UP;
}

/** Integers that need no care: no sign, no prefix, no more digits than a float64 holds. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,14})$/;
const FLOW_WORD = /[\w./$+~(][\w./$+~()=@%^;*|&!-]*(?: [\w./$+~()=@%^;*-]+)*(?= *[,\]}]|: )/y;
