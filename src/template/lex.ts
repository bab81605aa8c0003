/**
 * Cuts a template into tokens, on demand. Text between actions is found with `indexOf` and never looked at otherwise;
 * trim markers are dealt with here, so that the parser does not see them.
 */
import { isPrint, quote } from './quote.ts';

export type TokenType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword;

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with';

export interface Token {
  type: TokenType;
  /** Where it starts, in UTF-16 units. */
  pos: number;
  /** Its text; for errors the message. */
  val: string;
}

const KEYWORDS: ReadonlyMap<string, Keyword> = new Map(
  (['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with'] as Keyword[]).map(
    (word) => [word, word],
  ),
);

export const isKeyword = (type: TokenType): boolean => type === 'dot' || KEYWORDS.has(type);

const LEFT = '{{';
const RIGHT = '}}';
const NEWLINE = 10;
const DASH = 45;

export class Lexer {
  readonly text: string;
  /** Whether `break` and `continue` are words of the language and no functions. */
  readonly #jumps: { break: boolean; continue: boolean };
  #pos = 0;
  #insideAction = false;
  #parens = 0;
  /** After an error there are no more tokens. */
  #failed = false;

  constructor(text: string, jumps = { break: true, continue: true }) {
    this.text = text;
    this.#jumps = jumps;
  }

  next(): Token {
    if (this.#failed) return { type: 'eof', pos: this.#pos, val: 'EOF' };
    return this.#insideAction ? this.#action() : this.#outside();
  }

  /** The line of a position, from 1: computed only when an error asks for it. */
  lineAt(pos: number): number {
    let line = 1;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < pos; at = this.text.indexOf('\n', at + 1)) line++;
    return line;
  }

  #token(type: TokenType, start: number): Token {
    return { type, pos: start, val: this.text.slice(start, this.#pos) };
  }

  #error(start: number, message: string): Token {
    this.#failed = true;
    return { type: 'error', pos: start, val: message };
  }

  /** Text up to the next action; comments are skipped. */
  #outside(): Token {
    for (;;) {
      const start = this.#pos;
      const delim = this.text.indexOf(LEFT, start);
      if (delim < 0) {
        this.#pos = this.text.length;
        return start < this.#pos ? this.#token('text', start) : { type: 'eof', pos: start, val: '' };
      }
      const trim = this.#hasLeftTrim(delim + 2);
      const end = trim ? this.#trimmedEnd(start, delim) : delim;
      this.#pos = delim;
      if (end > start) return { type: 'text', pos: start, val: this.text.slice(start, end) };
      const inside = delim + (trim ? 4 : 2);
      if (!this.text.startsWith('/*', inside)) {
        this.#pos = inside;
        this.#insideAction = true;
        this.#parens = 0;
        return { type: 'leftDelim', pos: delim, val: LEFT };
      }
      const problem = this.#comment(inside);
      if (problem) return problem;
    }
  }

  /** `{{- ` cuts white space before it. */
  #hasLeftTrim(at: number): boolean {
    return this.text.charCodeAt(at) === DASH && isSpace(this.text.charCodeAt(at + 1));
  }

  #trimmedEnd(start: number, end: number): number {
    let at = end;
    while (at > start && isSpace(this.text.charCodeAt(at - 1))) at--;
    return at;
  }

  #comment(start: number): Token | undefined {
    const close = this.text.indexOf('*/', start + 2);
    if (close < 0) return this.#error(start, 'unclosed comment');
    this.#pos = close + 2;
    const delim = this.#rightDelim();
    if (delim === 0) return this.#error(start, 'comment ends before closing delimiter');
    this.#pos += delim;
    if (delim > 2) this.#skipSpace();
    return undefined;
  }

  /** The length of the right delimiter that stands here: 2, 4 with a trim marker, or 0. */
  #rightDelim(): number {
    const { text } = this;
    const at = this.#pos;
    if (text.startsWith(RIGHT, at)) return 2;
    return text.charCodeAt(at + 1) === DASH && isSpace(text.charCodeAt(at)) && text.startsWith(RIGHT, at + 2) ? 4 : 0;
  }

  #skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.#pos))) this.#pos++;
  }

  #action(): Token {
    const start = this.#pos;
    const delim = this.#rightDelim();
    if (delim > 0) return this.#parens > 0 ? this.#error(start, 'unclosed left paren') : this.#close(start, delim);
    const unit = this.text.charCodeAt(start);
    if (Number.isNaN(unit)) return this.#error(start, 'unclosed action');
    if (isSpace(unit)) return this.#space(start);
    this.#pos++;
    switch (this.text[start]) {
      case '=':
        return this.#token('assign', start);
      case ':':
        if (this.text[this.#pos] !== '=') return this.#error(start, 'expected :=');
        this.#pos++;
        return this.#token('declare', start);
      case '|':
        return this.#token('pipe', start);
      case '"':
        return this.#quoted(start, 'string', '"', 'unterminated quoted string');
      case "'":
        return this.#quoted(start, 'charConstant', "'", 'unterminated character constant');
      case '`':
        return this.#rawString(start);
      case '$':
        return this.#name(start, 'variable');
      case '.':
        if (this.#pos < this.text.length && !isDigit(this.text.charCodeAt(this.#pos)))
          return this.#name(start, 'field');
        return this.#number(start);
      case '(':
        this.#parens++;
        return this.#token('leftParen', start);
      case ')':
        if (--this.#parens < 0) return this.#error(start, 'unexpected right paren');
        return this.#token('rightParen', start);
    }
    if (unit === 0x2b || unit === DASH || isDigit(unit)) return this.#number(start);
    if (this.#alphanumeric(start) > 0) return this.#identifier(start);
    if (unit >= 0x20 && unit < 0x7f) return this.#token('char', start);
    return this.#error(start, `unrecognized character in action: ${this.#charText(start)}`);
  }

  #close(start: number, delim: number): Token {
    this.#pos = start + delim;
    this.#insideAction = false;
    const token: Token = { type: 'rightDelim', pos: start + delim - 2, val: RIGHT };
    if (delim > 2) this.#skipSpace();
    return token;
  }

  /** A run of spaces; the last belongs to the right delimiter where that has a trim marker. */
  #space(start: number): Token {
    this.#skipSpace();
    if (this.text.charCodeAt(this.#pos) === DASH && this.text.startsWith(RIGHT, this.#pos + 1)) {
      this.#pos--;
      if (this.#pos === start) return this.#close(start, 4);
    }
    return this.#token('space', start);
  }

  /** How many units the letter, digit or underscore at `at` takes; 0 where there is none. */
  #alphanumeric(at: number): number {
    const unit = this.text.charCodeAt(at);
    if (unit < 0x80) return isWord(unit) ? 1 : 0;
    if (Number.isNaN(unit)) return 0;
    const char = String.fromCodePoint(this.text.codePointAt(at)!);
    return LETTER_OR_DIGIT.test(char) ? char.length : 0;
  }

  #skipAlphanumeric(): void {
    for (let width = this.#alphanumeric(this.#pos); width > 0; width = this.#alphanumeric(this.#pos))
      this.#pos += width;
  }

  #identifier(start: number): Token {
    this.#pos = start;
    this.#skipAlphanumeric();
    if (!this.#atTerminator()) return this.#badCharacter(start);
    const word = this.text.slice(start, this.#pos);
    const keyword = KEYWORDS.get(word);
    if (keyword === undefined)
      return { type: word === 'true' || word === 'false' ? 'bool' : 'identifier', pos: start, val: word };
    const isFunction = (keyword === 'break' || keyword === 'continue') && !this.#jumps[keyword];
    return { type: isFunction ? 'identifier' : keyword, pos: start, val: word };
  }

  /** `.name`, `$name`, or the bare `.` and `$`. */
  #name(start: number, type: 'field' | 'variable'): Token {
    if (this.#atTerminator()) return this.#token(type === 'field' ? 'dot' : type, start);
    this.#skipAlphanumeric();
    return this.#atTerminator() ? this.#token(type, start) : this.#badCharacter(start);
  }

  #badCharacter(start: number): Token {
    return this.#error(start, `bad character ${this.#charText(this.#pos)}`);
  }

  /** As `%#U`: U+0023 '#' */
  #charText(at: number): string {
    const code = this.text.codePointAt(at);
    if (code === undefined) return 'U+FFFFFFFFFFFFFFFF';
    const valid = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    const char = String.fromCodePoint(valid);
    const hexadecimal = valid.toString(16).toUpperCase().padStart(4, '0');
    return isPrint(char) ? `U+${hexadecimal} '${char}'` : `U+${hexadecimal}`;
  }

  #atTerminator(): boolean {
    const unit = this.text.charCodeAt(this.#pos);
    return (
      Number.isNaN(unit) ||
      isSpace(unit) ||
      '.,|:)('.includes(this.text[this.#pos]!) ||
      this.text.startsWith(RIGHT, this.#pos)
    );
  }

  #quoted(start: number, type: TokenType, mark: string, unterminated: string): Token {
    for (;;) {
      const char = this.text[this.#pos++];
      const escaped = char === '\\' ? this.text[this.#pos++] : char;
      if (escaped === undefined || escaped === '\n') return this.#error(start, unterminated);
      if (char === mark) return this.#token(type, start);
    }
  }

  #rawString(start: number): Token {
    const end = this.text.indexOf('`', this.#pos);
    if (end < 0) return this.#error(start, 'unterminated raw quoted string');
    this.#pos = end + 1;
    return this.#token('rawString', start);
  }

  /** Anything that looks like a number; the parser finds out whether it is one. */
  #number(start: number): Token {
    this.#pos = start;
    if (!this.#scanNumber()) return this.#badNumber(start);
    const sign = this.text[this.#pos];
    if (sign !== '+' && sign !== '-') return this.#token('number', start);
    if (!this.#scanNumber() || this.text[this.#pos - 1] !== 'i') return this.#badNumber(start);
    return this.#token('complex', start);
  }

  #badNumber(start: number): Token {
    return this.#error(start, `bad number syntax: ${quote(this.text.slice(start, this.#pos))}`);
  }

  #scanNumber(): boolean {
    this.#accept('+-');
    let digits = '0123456789_';
    if (this.#accept('0')) {
      if (this.#accept('xX')) digits = '0123456789abcdefABCDEF_';
      else if (this.#accept('oO')) digits = '01234567_';
      else if (this.#accept('bB')) digits = '01_';
    }
    this.#acceptRun(digits);
    if (this.#accept('.')) this.#acceptRun(digits);
    if ((digits.length === 11 && this.#accept('eE')) || (digits.length === 23 && this.#accept('pP'))) {
      this.#accept('+-');
      this.#acceptRun('0123456789_');
    }
    this.#accept('i');
    const width = this.#alphanumeric(this.#pos);
    this.#pos += width;
    return width === 0;
  }

  #accept(valid: string): boolean {
    const char = this.text[this.#pos];
    if (char === undefined || !valid.includes(char)) return false;
    this.#pos++;
    return true;
  }

  #acceptRun(valid: string): void {
    while (this.#accept(valid));
  }
}

const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u;

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === NEWLINE;
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isWord = (unit: number): boolean =>
  (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || isDigit(unit) || unit === 0x5f;
