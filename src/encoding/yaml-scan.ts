/**
 * YAML text → tokens, by go-yaml v2's rules and with its errors.
 *
 * Two things make YAML's scanner unlike others. Indentation opens and closes collections: `block-mapping`,
 * `block-sequence` and `block-end` tokens have no text of their own. And a key is known only at its `:`; until then the
 * place where it may have begun is remembered ("simple key"), and the tokens since wait in a queue, so that a `key`
 * token can still be put before them.
 */
import {
  CR,
  hexValue,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isNameChar,
  LF,
  SPACE,
  TAB,
} from './yaml-chars.ts';
import { type YamlSource, yamlSource } from './yaml-source.ts';

export type TokenType =
  | 'stream-end'
  | 'version'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence'
  | 'block-mapping'
  | 'block-end'
  | 'flow-sequence'
  | 'flow-sequence-end'
  | 'flow-mapping'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  type: TokenType;
  /** Counted from 0. */
  line: number;
  /** A scalar's text, an anchor's or alias's name, a tag's handle, a directive's version or handle. */
  text: string;
  /** A tag's suffix or a directive's prefix. */
  suffix: string;
  /** A scalar without quotes and not in block style. */
  plain: boolean;
}

/** An error of the YAML text; lines are counted from 1. */
export class YamlError extends Error {
  constructor(problem: string, line = 0) {
    super(`yaml: ${line > 0 ? `line ${line}: ` : ''}${problem}`);
  }
}

/** Deeper nesting is refused. go-yaml's limit is 10000, at which JavaScript's stack is long exhausted. */
export const MAX_DEPTH = 1000;

/** A key must end within this many characters, and on its line. */
const MAX_KEY_LENGTH = 1024;

interface SimpleKey {
  possible: boolean;
  /** In block context at the collection's own column, nothing but a key may stand. */
  required: boolean;
  token: number;
  at: number;
  line: number;
  column: number;
}

export class YamlScanner {
  readonly #text: string;
  readonly #source: YamlSource;
  #at = 0;
  #line = 0;
  #lineStart = 0;
  #flowLevel = 0;
  /** The column of the innermost block collection, -1 outside of all. */
  #indent = -1;
  readonly #indents: number[] = [];
  readonly #queue: Token[] = [];
  #head = 0;
  #taken = 0;
  #keyAllowed = true;
  /** One for each flow level, and one for block context. */
  readonly #keys: SimpleKey[] = [noKey(-1)];
  /** Which of the keys above begins at which token. */
  readonly #keyOfToken = new Map<number, number>();

  constructor(input: string) {
    this.#source = yamlSource(input);
    // Zeros at the end spare a check of the bounds at every character.
    this.#text = `${this.#source.text}\0\0\0\0`;
  }

  /** The next token, which stays the next one until `skip`. */
  peek(): Token {
    while (this.#head === this.#queue.length || this.#awaitsKey()) this.#fetch();
    return this.#queue[this.#head]!;
  }

  skip(): void {
    this.#head++;
    this.#taken++;
    if (this.#head < this.#queue.length && this.#head < 512) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }

  /** Whether the next token may yet turn out to be a key. */
  #awaitsKey(): boolean {
    const index = this.#keyOfToken.get(this.#taken);
    return index !== undefined && index < this.#keys.length && this.#isValid(this.#keys[index]!);
  }

  #push(type: TokenType, line = this.#line, text = '', suffix = '', plain = false): void {
    this.#queue.push({ type, line, text, suffix, plain });
  }

  get #column(): number {
    return this.#at - this.#lineStart;
  }

  /** go-yaml names no line where it is the first. */
  #fail(problem: string): YamlError {
    const { text, problem: cut } = this.#source;
    if (cut !== undefined && this.#at + 3 >= text.length) return new YamlError(cut);
    return new YamlError(problem, this.#line > 0 ? this.#line + 1 : 0);
  }

  // ── which token comes next ──────────────────────────────────────────────────────────────────────────────────────

  #fetch(): void {
    this.#skipToToken();
    this.#closeBlocks(this.#column);
    const unit = this.#unit(0);
    if (unit === 0) this.#streamEnd();
    else if (this.#column === 0 && unit === 0x25) this.#directive();
    else if (this.#column === 0 && this.#isDocumentMark()) this.#documentMark(unit === 0x2d);
    else this.#contentToken(unit);
  }

  #contentToken(unit: number): void {
    const flow = this.#flowLevel > 0;
    switch (unit) {
      case 0x5b: // [
        this.#flowStart('flow-sequence');
        break;
      case 0x7b: // {
        this.#flowStart('flow-mapping');
        break;
      case 0x5d: // ]
        this.#flowEnd('flow-sequence-end');
        break;
      case 0x7d: // }
        this.#flowEnd('flow-mapping-end');
        break;
      case 0x2c: // ,
        this.#flowEntry();
        break;
      case 0x2d: // -
        if (isBlankOrEnd(this.#unit(1))) this.#blockEntry();
        else this.#plain();
        break;
      case 0x3f: // ?
        if (flow || isBlankOrEnd(this.#unit(1))) this.#complexKey();
        else this.#plain();
        break;
      case 0x3a: // :
        if (flow || isBlankOrEnd(this.#unit(1))) this.#value();
        else this.#plain();
        break;
      case 0x2a: // *
        this.#anchor('alias');
        break;
      case 0x26: // &
        this.#anchor('anchor');
        break;
      case 0x21: // !
        this.#tag();
        break;
      case 0x27: // '
      case 0x22: // "
        this.#quoted(unit);
        break;
      default:
        if (!flow && (unit === 0x7c || unit === 0x3e)) this.#block(unit === 0x7c);
        else if (isBlankOrEnd(unit) || '|>#%@`'.includes(String.fromCharCode(unit)))
          throw this.#fail('found character that cannot start any token');
        else this.#plain();
    }
  }

  #unit(offset: number): number {
    return this.#text.charCodeAt(this.#at + offset);
  }

  /** `---` or `...`, alone. */
  #isDocumentMark(): boolean {
    const unit = this.#unit(0);
    if (unit !== 0x2d && unit !== 0x2e) return false;
    return this.#unit(1) === unit && this.#unit(2) === unit && isBlankOrEnd(this.#unit(3));
  }

  /** Passes blanks, comments and line breaks. Tabs count as blanks only where no key may stand. */
  #skipToToken(): void {
    for (;;) {
      if (this.#at === 0 && this.#unit(0) === 0xfeff) this.#at++;
      const tabs = this.#flowLevel > 0 || !this.#keyAllowed;
      while (this.#unit(0) === SPACE || (tabs && this.#unit(0) === TAB)) this.#at++;
      if (this.#unit(0) === 0x23) this.#skipLine();
      if (!isBreak(this.#unit(0))) break;
      this.#skipBreak();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  #skipLine(): void {
    while (!isBreakOrEnd(this.#unit(0))) this.#at++;
  }

  #skipBreak(): void {
    this.#at += this.#unit(0) === CR && this.#unit(1) === LF ? 2 : 1;
    this.#line++;
    this.#lineStart = this.#at;
  }

  /** Passes a line break and answers what it counts for: LS and PS stay themselves. */
  #readBreak(): string {
    const unit = this.#unit(0);
    this.#skipBreak();
    return unit === 0x2028 ? '\u2028' : unit === 0x2029 ? '\u2029' : '\n';
  }

  // ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The number of the token that is pushed next. */
  get #nextToken(): number {
    return this.#taken + (this.#queue.length - this.#head);
  }

  /** Remembers that a key may begin here. */
  #saveKey(): void {
    if (!this.#keyAllowed) return;
    const required = this.#flowLevel === 0 && this.#indent === this.#column;
    const token = this.#nextToken;
    this.#dropKey();
    const key = { possible: true, required, token, at: this.#at, line: this.#line, column: this.#column };
    this.#keys[this.#keys.length - 1] = key;
    this.#keyOfToken.set(token, this.#keys.length - 1);
  }

  /** Forgets the key of this level; it is an error if one was required. */
  #dropKey(): void {
    const key = this.#keys.at(-1)!;
    if (!key.possible) return;
    if (key.required) throw this.#fail("could not find expected ':'");
    key.possible = false;
    this.#keyOfToken.delete(key.token);
  }

  #isValid(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.line === this.#line && this.#characters(key.at) <= MAX_KEY_LENGTH) return true;
    if (key.required) throw this.#fail("could not find expected ':'");
    key.possible = false;
    return false;
  }

  /** How many characters stand since `from`, exact where that matters. */
  #characters(from: number): number {
    const units = this.#at - from;
    if (units <= MAX_KEY_LENGTH || units > 2 * MAX_KEY_LENGTH) return units;
    return Array.from(this.#text.slice(from, this.#at)).length;
  }

  // ── block collections ───────────────────────────────────────────────────────────────────────────────────────────

  /** Opens a block collection at `column` if that is deeper; its token goes before the one numbered `token`. */
  #openBlock(type: TokenType, column: number, line: number, token?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > MAX_DEPTH) throw this.#fail(`exceeded max depth of ${MAX_DEPTH}`);
    this.#insert({ type, line, text: '', suffix: '', plain: false }, token);
  }

  /** As go-yaml, a place that was already taken from the queue is its end. */
  #insert(token: Token, number = -1): void {
    if (number < this.#taken) this.#queue.push(token);
    else this.#queue.splice(number - this.#taken + this.#head, 0, token);
  }

  /** Ends every block collection that is deeper than `column`. */
  #closeBlocks(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#push('block-end');
      this.#indent = this.#indents.pop()!;
    }
  }

  #blockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#fail('block sequence entries are not allowed in this context');
      this.#openBlock('block-sequence', this.#column, this.#line);
    }
    this.#dropKey();
    this.#keyAllowed = true;
    this.#indicator('block-entry');
  }

  #complexKey(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#fail('mapping keys are not allowed in this context');
      this.#openBlock('block-mapping', this.#column, this.#line);
    }
    this.#dropKey();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#indicator('key');
  }

  #value(): void {
    const key = this.#keys.at(-1)!;
    if (this.#isValid(key)) {
      this.#insert({ type: 'key', line: key.line, text: '', suffix: '', plain: false }, key.token);
      this.#openBlock('block-mapping', key.column, key.line, key.token);
      key.possible = false;
      this.#keyOfToken.delete(key.token);
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) throw this.#fail('mapping values are not allowed in this context');
        this.#openBlock('block-mapping', this.#column, this.#line);
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#indicator('value');
  }

  #indicator(type: TokenType): void {
    this.#push(type);
    this.#at++;
  }

  // ── flow collections ────────────────────────────────────────────────────────────────────────────────────────────

  #flowStart(type: TokenType): void {
    this.#saveKey();
    this.#keys.push(noKey(this.#nextToken));
    if (++this.#flowLevel > MAX_DEPTH) throw this.#fail(`exceeded max depth of ${MAX_DEPTH}`);
    this.#keyAllowed = true;
    this.#indicator(type);
  }

  #flowEnd(type: TokenType): void {
    this.#dropKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      // As go-yaml: with nothing in it, the collection itself is no longer seen as a key.
      this.#keyOfToken.delete(this.#keys.pop()!.token);
    }
    this.#keyAllowed = false;
    this.#indicator(type);
  }

  #flowEntry(): void {
    this.#dropKey();
    this.#keyAllowed = true;
    this.#indicator('flow-entry');
  }

  // ── documents and directives ────────────────────────────────────────────────────────────────────────────────────

  #streamEnd(): void {
    if (this.#source.problem !== undefined) throw new YamlError(this.#source.problem);
    if (this.#column !== 0) {
      this.#line++;
      this.#lineStart = this.#at;
    }
    this.#closeBlocks(-1);
    this.#dropKey();
    this.#keyAllowed = false;
    this.#push('stream-end');
  }

  #documentMark(start: boolean): void {
    this.#closeBlocks(-1);
    this.#dropKey();
    this.#keyAllowed = false;
    this.#push(start ? 'document-start' : 'document-end');
    this.#at += 3;
  }

  #directive(): void {
    this.#closeBlocks(-1);
    this.#dropKey();
    this.#keyAllowed = false;
    const line = this.#line;
    this.#at++;
    const name = this.#nameChars();
    if (name === '') throw this.#fail('could not find expected directive name');
    if (!isBlankOrEnd(this.#unit(0))) throw this.#fail('found unexpected non-alphabetical character');
    if (name === 'YAML') this.#push('version', line, this.#version());
    else if (name === 'TAG') this.#push('tag-directive', line, ...this.#tagDirective());
    else throw this.#fail('found unknown directive name');
    this.#endOfLine();
  }

  #version(): string {
    this.#skipBlanks();
    const major = this.#versionNumber();
    if (this.#unit(0) !== 0x2e) throw this.#fail("did not find expected digit or '.' character");
    this.#at++;
    return `${major}.${this.#versionNumber()}`;
  }

  #versionNumber(): number {
    const start = this.#at;
    for (; isDigit(this.#unit(0)); this.#at++)
      if (this.#at - start === 2) throw this.#fail('found extremely long version number');
    if (this.#at === start) throw this.#fail('did not find expected version number');
    return Number(this.#text.slice(start, this.#at));
  }

  #tagDirective(): [handle: string, prefix: string] {
    this.#skipBlanks();
    const handle = this.#tagHandle(true);
    if (!isBlank(this.#unit(0))) throw this.#fail('did not find expected whitespace');
    this.#skipBlanks();
    const prefix = this.#tagUri('');
    if (!isBlankOrEnd(this.#unit(0))) throw this.#fail('did not find expected whitespace or line break');
    return [handle, prefix];
  }

  /** The rest of a line on which only a comment may still stand, and its break. */
  #endOfLine(): void {
    this.#skipBlanks();
    if (this.#unit(0) === 0x23) this.#skipLine();
    if (!isBreakOrEnd(this.#unit(0))) throw this.#fail('did not find expected comment or line break');
    if (isBreak(this.#unit(0))) this.#skipBreak();
  }

  #skipBlanks(): void {
    while (isBlank(this.#unit(0))) this.#at++;
  }

  #nameChars(): string {
    const start = this.#at;
    while (isNameChar(this.#unit(0))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  // ── anchors and tags ────────────────────────────────────────────────────────────────────────────────────────────

  #anchor(type: 'alias' | 'anchor'): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const line = this.#line;
    this.#at++;
    const name = this.#nameChars();
    if (name === '' || !(isBlankOrEnd(this.#unit(0)) || '?:,]}%@`'.includes(this.#text[this.#at]!)))
      throw this.#fail('did not find expected alphabetic or numeric character');
    this.#push(type, line, name);
  }

  #tag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const line = this.#line;
    const [handle, suffix] = this.#unit(1) === 0x3c ? this.#verbatimTag() : this.#shortTag();
    if (!isBlankOrEnd(this.#unit(0))) throw this.#fail('did not find expected whitespace or line break');
    this.#push('tag', line, handle, suffix);
  }

  /** `!<uri>` */
  #verbatimTag(): [handle: string, suffix: string] {
    this.#at += 2;
    const suffix = this.#tagUri('');
    if (this.#unit(0) !== 0x3e) throw this.#fail("did not find the expected '>'");
    this.#at++;
    return ['', suffix];
  }

  /** `!`, `!suffix`, `!!suffix` or `!handle!suffix` */
  #shortTag(): [handle: string, suffix: string] {
    const handle = this.#tagHandle(false);
    if (handle.length > 1 && handle.endsWith('!')) return [handle, this.#tagUri('')];
    const suffix = this.#tagUri(handle);
    return suffix === '' ? ['', '!'] : ['!', suffix];
  }

  #tagHandle(directive: boolean): string {
    if (this.#unit(0) !== 0x21) throw this.#fail("did not find expected '!'");
    this.#at++;
    const name = this.#nameChars();
    if (this.#unit(0) === 0x21) {
      this.#at++;
      return `!${name}!`;
    }
    if (directive && name !== '') throw this.#fail("did not find expected '!'");
    return `!${name}`;
  }

  /** `head` is what was read as a handle and is none; its `!` is dropped. */
  #tagUri(head: string): string {
    let uri = head.slice(1);
    let found = head !== '';
    for (; isNameChar(this.#unit(0)) || ";/?:@&=+$,.!~*'()[]%".includes(this.#text[this.#at]!); found = true)
      uri += this.#unit(0) === 0x25 ? this.#uriEscape() : this.#text[this.#at++]!;
    if (!found) throw this.#fail('did not find expected tag URI');
    return uri;
  }

  /** The percent-encoded bytes of one character. */
  #uriEscape(): string {
    const lead = this.#uriByte();
    const width = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
    if (width === 0) throw this.#fail('found an incorrect leading UTF-8 octet');
    const bytes = [lead];
    while (bytes.length < width) {
      const trail = this.#uriByte();
      if ((trail & 0xc0) !== 0x80) throw this.#fail('found an incorrect trailing UTF-8 octet');
      bytes.push(trail);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  #uriByte(): number {
    const [high, low] = [hexValue(this.#unit(1)), hexValue(this.#unit(2))];
    if (this.#unit(0) !== 0x25 || high < 0 || low < 0) throw this.#fail('did not find URI escaped octet');
    this.#at += 3;
    return high * 16 + low;
  }

  // ── scalars ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #plain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const line = this.#line;
    let text = '';
    // What stands between two lines or words: blanks, or the first break and those after it.
    let blanks = '';
    let firstBreak = '';
    let moreBreaks = '';
    for (;;) {
      if (this.#column === 0 && this.#isDocumentMark()) break;
      if (this.#unit(0) === 0x23) break;
      const start = this.#at;
      while (!this.#endsPlain()) this.#at++;
      if (this.#at > start) {
        text += (firstBreak === '' ? blanks : foldBreaks(firstBreak, moreBreaks)) + this.#text.slice(start, this.#at);
        blanks = firstBreak = moreBreaks = '';
      }
      if (!isBlank(this.#unit(0)) && !isBreak(this.#unit(0))) break;
      while (isBlank(this.#unit(0)) || isBreak(this.#unit(0))) {
        if (isBreak(this.#unit(0))) {
          if (firstBreak === '') firstBreak = this.#readBreak();
          else moreBreaks += this.#readBreak();
          continue;
        }
        if (firstBreak === '') blanks += this.#text[this.#at]!;
        else if (this.#column <= this.#indent && this.#unit(0) === TAB)
          throw this.#fail('found a tab character that violates indentation');
        this.#at++;
      }
      if (this.#flowLevel === 0 && this.#column <= this.#indent) break;
    }
    this.#push('scalar', line, text, '', true);
    if (firstBreak !== '') this.#keyAllowed = true;
  }

  /** Whether the character here is none of a plain scalar. */
  #endsPlain(): boolean {
    const unit = this.#unit(0);
    if (isBlankOrEnd(unit)) return true;
    if (unit === 0x3a) return isBlankOrEnd(this.#unit(1));
    return this.#flowLevel > 0 && isFlowIndicator(unit);
  }

  #quoted(quote: number): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const line = this.#line;
    this.#at++;
    let text = '';
    for (;;) {
      if (this.#column === 0 && this.#isDocumentMark()) throw this.#fail('found unexpected document indicator');
      if (this.#unit(0) === 0) throw this.#fail('found unexpected end of stream');
      const words = quote === 0x27 ? this.#singleQuoted() : this.#doubleQuoted();
      text += words.text;
      if (this.#unit(0) === quote) break;
      text += this.#quotedSpace(words.joined);
    }
    this.#at++;
    this.#push('scalar', line, text);
  }

  /** Up to the next blank or break, or the closing quote. */
  #singleQuoted(): { text: string; joined: boolean } {
    let text = '';
    let start = this.#at;
    while (!isBlankOrEnd(this.#unit(0))) {
      if (this.#unit(0) === 0x27) {
        if (this.#unit(1) !== 0x27) break;
        text += this.#text.slice(start, ++this.#at);
        start = this.#at + 1;
      }
      this.#at++;
    }
    return { text: text + this.#text.slice(start, this.#at), joined: false };
  }

  /** Up to the next blank or break, or the closing quote; `joined` after an escaped line break. */
  #doubleQuoted(): { text: string; joined: boolean } {
    let text = '';
    let start = this.#at;
    while (!isBlankOrEnd(this.#unit(0)) && this.#unit(0) !== 0x22) {
      if (this.#unit(0) !== 0x5c) {
        this.#at++;
        continue;
      }
      text += this.#text.slice(start, this.#at);
      if (isBreak(this.#unit(1))) {
        this.#at++;
        this.#skipBreak();
        return { text, joined: true };
      }
      text += this.#escape();
      start = this.#at;
    }
    return { text: text + this.#text.slice(start, this.#at), joined: false };
  }

  #escape(): string {
    const char = this.#text[this.#at + 1]!;
    const plain = ESCAPES.get(char);
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const length = char === 'x' ? 2 : char === 'u' ? 4 : char === 'U' ? 8 : 0;
    if (length === 0) throw this.#fail('found unknown escape character');
    this.#at += 2;
    let code = 0;
    for (let i = 0; i < length; i++) {
      const digit = hexValue(this.#unit(i));
      if (digit < 0) throw this.#fail('did not find expected hexdecimal number');
      code = code * 16 + digit;
    }
    if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
      throw this.#fail('found invalid Unicode character escape code');
    this.#at += length;
    return String.fromCodePoint(code);
  }

  /** Blanks as they stand, or line breaks folded. After an escaped break, leading blanks go. */
  #quotedSpace(joined: boolean): string {
    let blanks = '';
    let firstBreak = '';
    let moreBreaks = '';
    let leading = joined;
    while (isBlank(this.#unit(0)) || isBreak(this.#unit(0))) {
      if (isBreak(this.#unit(0))) {
        if (leading) moreBreaks += this.#readBreak();
        else {
          firstBreak = this.#readBreak();
          leading = true;
        }
        continue;
      }
      if (!leading) blanks += this.#text[this.#at]!;
      this.#at++;
    }
    if (!leading) return blanks;
    return firstBreak === '' ? moreBreaks : foldBreaks(firstBreak, moreBreaks);
  }

  #block(literal: boolean): void {
    this.#dropKey();
    this.#keyAllowed = true;
    const line = this.#line;
    this.#at++;
    const { chomping, increment } = this.#blockHeader();
    this.#endOfLine();
    const parent = Math.max(this.#indent, 0);
    const scan: BlockIndent = { indent: increment === 0 ? 0 : parent + increment };
    let text = '';
    let leadingBreak = '';
    let leadingBlank = false;
    let breaks = this.#blockBreaks(scan);
    while (this.#column === scan.indent && this.#unit(0) !== 0) {
      const blank = isBlank(this.#unit(0));
      const folds = !literal && !leadingBlank && !blank && leadingBreak === '\n';
      text += (folds ? (breaks === '' ? ' ' : '') : leadingBreak) + breaks;
      leadingBlank = blank;
      const start = this.#at;
      this.#skipLine();
      text += this.#text.slice(start, this.#at);
      leadingBreak = isBreak(this.#unit(0)) ? this.#readBreak() : '';
      breaks = this.#blockBreaks(scan);
    }
    if (chomping !== '-') text += leadingBreak;
    if (chomping === '+') text += breaks;
    this.#push('scalar', line, text);
  }

  /** What follows `|` or `>`: a chomping sign and a digit for the indentation, in either order. */
  #blockHeader(): { chomping: string; increment: number } {
    let chomping = '';
    let increment = 0;
    for (let i = 0; i < 2; i++) {
      const char = this.#text[this.#at]!;
      if (chomping === '' && (char === '+' || char === '-')) chomping = char;
      else if (increment === 0 && isDigit(this.#unit(0))) {
        if (char === '0') throw this.#fail('found an indentation indicator equal to 0');
        increment = Number(char);
      } else break;
      this.#at++;
    }
    return { chomping, increment };
  }

  /** Passes indentation and empty lines, whose breaks it answers. The first time it finds the indentation itself. */
  #blockBreaks(scan: BlockIndent): string {
    let breaks = '';
    let deepest = 0;
    for (;;) {
      while ((scan.indent === 0 || this.#column < scan.indent) && this.#unit(0) === SPACE) this.#at++;
      deepest = Math.max(deepest, this.#column);
      if ((scan.indent === 0 || this.#column < scan.indent) && this.#unit(0) === TAB)
        throw this.#fail('found a tab character where an indentation space is expected');
      if (!isBreak(this.#unit(0))) break;
      breaks += this.#readBreak();
    }
    if (scan.indent === 0) scan.indent = Math.max(deepest, this.#indent + 1, 1);
    return breaks;
  }
}

/** The indentation of a block scalar, 0 until it is known. */
interface BlockIndent {
  indent: number;
}

const noKey = (token: number): SimpleKey => ({ possible: false, required: false, token, at: 0, line: 0, column: 0 });

/** Line breaks within a flow scalar: one is a space, more lose the first. LS and PS stay. */
function foldBreaks(first: string, more: string): string {
  if (first !== '\n') return first + more;
  return more === '' ? ' ' : more;
}

/** `,` `?` `[` `]` `{` `}` */
const isFlowIndicator = (unit: number): boolean =>
  unit === 0x2c || unit === 0x3f || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d;

const ESCAPES = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\x85'],
  ['_', '\xa0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);
