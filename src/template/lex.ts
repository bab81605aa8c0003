/**
 * Cuts a template into tokens. Text between actions is found with `indexOf` and never looked at otherwise; trim markers
 * are dealt with here, and white space inside actions makes no tokens: two that touch have none between them.
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
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | Keyword;

export type Keyword = (typeof KEYWORDS)[number];

const KEYWORDS = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
] as const;

/**
 * The tokens of a text, one array for each property: hundreds of thousands of objects would keep the garbage collector
 * busy. Positions are UTF-16 units. The last token is the end of the text or the error that ended the scan.
 */
export interface Tokens {
  text: string;
  types: TokenType[];
  starts: number[];
  ends: number[];
  /** What is wrong, where the last token is an error. */
  error: string;
}

/** `jumps` tells whether `break` and `continue` are words of the language and no functions. */
export function lex(text: string, jumps = { break: true, continue: true }): Tokens {
  const tokens: Tokens = { text, types: [], starts: [], ends: [], error: '' };
  new Lexer(tokens, jumps).all();
  return tokens;
}

const WORDS: ReadonlyMap<string, TokenType> = new Map<string, TokenType>([
  ...KEYWORDS.map((word): [string, TokenType] => [word, word]),
  ['true', 'bool'],
  ['false', 'bool'],
]);

export const isKeyword = (type: TokenType): boolean => type === 'dot' || WORDS.get(type) === type;

const LEFT = '{{';
const RIGHT = '}}';
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const RIGHT_BRACE = 0x7d;

/** What one character says of the token it begins, or is. */
const SINGLE: Record<number, TokenType> = { 61: 'assign', 124: 'pipe', 40: 'leftParen', 41: 'rightParen' };
const QUOTES: Record<number, { type: TokenType; unterminated: string }> = {
  34: { type: 'string', unterminated: 'unterminated quoted string' },
  39: { type: 'charConstant', unterminated: 'unterminated character constant' },
};

class Lexer {
  readonly #tokens: Tokens;
  readonly #text: string;
  readonly #jumps: { break: boolean; continue: boolean };
  #pos = 0;
  #parens = 0;

  constructor(tokens: Tokens, jumps: { break: boolean; continue: boolean }) {
    this.#tokens = tokens;
    this.#text = tokens.text;
    this.#jumps = jumps;
  }

  /** Text and actions in turn. */
  all(): void {
    while (this.#outside()) {
      this.#parens = 0;
      while (this.#inside());
      if (this.#tokens.error !== '') return;
    }
  }

  #push(type: TokenType, start: number, end = this.#pos): true {
    const { types, starts, ends } = this.#tokens;
    types.push(type);
    starts.push(start);
    ends.push(end);
    return true;
  }

  /** Nothing comes after an error. */
  #fail(start: number, message: string): false {
    this.#push('error', start);
    this.#tokens.error = message;
    return false;
  }

  /** Text up to the next action, comments left out; answers whether there is one. */
  #outside(): boolean {
    const text = this.#text;
    for (;;) {
      const start = this.#pos;
      const delim = text.indexOf(LEFT, start);
      if (delim < 0) {
        if (start < text.length) this.#push('text', start, text.length);
        this.#push('eof', text.length, text.length);
        return false;
      }
      const trims = text.charCodeAt(delim + 2) === DASH && isSpace(text.charCodeAt(delim + 3));
      const end = trims ? this.#trimmedEnd(start, delim) : delim;
      if (end > start) this.#push('text', start, end);
      this.#pos = delim + (trims ? 4 : 2);
      if (!text.startsWith('/*', this.#pos)) return this.#push('leftDelim', delim, delim + 2);
      if (!this.#comment()) return false;
    }
  }

  #trimmedEnd(start: number, end: number): number {
    let at = end;
    while (at > start && isSpace(this.#text.charCodeAt(at - 1))) at--;
    return at;
  }

  #comment(): boolean {
    const start = this.#pos;
    const close = this.#text.indexOf('*/', start + 2);
    if (close < 0) return this.#fail(start, 'unclosed comment');
    this.#pos = close + 2;
    const delim = this.#rightDelim();
    if (delim === 0) return this.#fail(start, 'comment ends before closing delimiter');
    this.#pos += delim;
    if (delim > 2) this.#skipSpace();
    return true;
  }

  /** The length of the right delimiter that stands here: 2, 4 with a trim marker, or 0. */
  #rightDelim(): number {
    const text = this.#text;
    const at = this.#pos;
    const unit = text.charCodeAt(at);
    if (unit === RIGHT_BRACE) return text.charCodeAt(at + 1) === RIGHT_BRACE ? 2 : 0;
    return isSpace(unit) && text.charCodeAt(at + 1) === DASH && text.startsWith(RIGHT, at + 2) ? 4 : 0;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#pos))) this.#pos++;
  }

  /** One token of an action; answers whether more follow. */
  #inside(): boolean {
    const text = this.#text;
    const from = this.#pos;
    this.#skipSpace();
    // The last space belongs to a delimiter with a trim marker.
    if (this.#pos > from && text.charCodeAt(this.#pos) === DASH && text.startsWith(RIGHT, this.#pos + 1)) this.#pos--;
    const start = this.#pos;
    const delim = this.#rightDelim();
    if (delim > 0) return this.#parens > 0 ? this.#fail(start, 'unclosed left paren') : this.#close(start, delim);
    if (start >= text.length) return this.#fail(start, 'unclosed action');
    const unit = text.charCodeAt(start);
    if (isLetter(unit)) return this.#word(start);
    this.#pos++;
    switch (unit) {
      case DOT:
        if (this.#pos >= text.length || isDigit(text.charCodeAt(this.#pos))) return this.#number(start);
        return this.#name(start, 'field');
      case 0x24:
        return this.#name(start, 'variable');
      case 0x22:
      case 0x27:
        return this.#quoted(start, unit);
      case 0x60:
        return this.#rawString(start);
      case 0x3a:
        if (text.charCodeAt(this.#pos) !== 0x3d) return this.#fail(start, 'expected :=');
        this.#pos++;
        return this.#push('declare', start);
      case 0x28:
        this.#parens++;
        break;
      case 0x29:
        if (--this.#parens < 0) return this.#fail(start, 'unexpected right paren');
        break;
    }
    const single = SINGLE[unit];
    if (single !== undefined) return this.#push(single, start);
    if (unit === 0x2b || unit === DASH || isDigit(unit)) return this.#number(start);
    if (this.#alphanumeric(start) > 0) return this.#word(start);
    if (unit > SPACE && unit < 0x7f) return this.#push('char', start);
    return this.#fail(start, `unrecognized character in action: ${this.#charText(start)}`);
  }

  /** Ends the action. */
  #close(start: number, delim: number): false {
    this.#pos = start + delim;
    this.#push('rightDelim', start + delim - 2);
    if (delim > 2) this.#skipSpace();
    return false;
  }

  /** How many units the letter, digit or underscore at `at` takes; 0 where there is none. */
  #alphanumeric(at: number): number {
    const unit = this.#text.charCodeAt(at);
    if (unit < 0x80) return isWord(unit) ? 1 : 0;
    if (Number.isNaN(unit)) return 0;
    const char = String.fromCodePoint(this.#text.codePointAt(at)!);
    return LETTER_OR_DIGIT.test(char) ? char.length : 0;
  }

  #skipAlphanumeric(): void {
    const text = this.#text;
    for (;;) {
      while (isWord(text.charCodeAt(this.#pos))) this.#pos++;
      const width = this.#alphanumeric(this.#pos);
      if (width === 0) return;
      this.#pos += width;
    }
  }

  /** A keyword, a boolean or the name of a function. */
  #word(start: number): boolean {
    this.#pos = start;
    this.#skipAlphanumeric();
    if (!this.#atTerminator()) return this.#badCharacter(start);
    const type = WORDS.get(this.#text.slice(start, this.#pos)) ?? 'identifier';
    const isFunction = (type === 'break' || type === 'continue') && !this.#jumps[type];
    return this.#push(isFunction ? 'identifier' : type, start);
  }

  /** `.name`, `$name`, or the bare `.` and `$`. */
  #name(start: number, type: 'field' | 'variable'): boolean {
    if (this.#atTerminator()) return this.#push(type === 'field' ? 'dot' : type, start);
    this.#skipAlphanumeric();
    return this.#atTerminator() ? this.#push(type, start) : this.#badCharacter(start);
  }

  #badCharacter(start: number): false {
    return this.#fail(start, `bad character ${this.#charText(this.#pos)}`);
  }

  /** As `%#U`: U+0023 '#' */
  #charText(at: number): string {
    const code = this.#text.codePointAt(at)!;
    const valid = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    const char = String.fromCodePoint(valid);
    const hexadecimal = valid.toString(16).toUpperCase().padStart(4, '0');
    return isPrint(char) ? `U+${hexadecimal} '${char}'` : `U+${hexadecimal}`;
  }

  /** Whether a name may end here: at white space, `.,|:)(`, the right delimiter or the end of the text. */
  #atTerminator(): boolean {
    const text = this.#text;
    const unit = text.charCodeAt(this.#pos);
    switch (unit) {
      case SPACE:
      case TAB:
      case RETURN:
      case NEWLINE:
      case DOT:
      case 0x2c:
      case 0x7c:
      case 0x3a:
      case 0x29:
      case 0x28:
        return true;
      case RIGHT_BRACE:
        return text.charCodeAt(this.#pos + 1) === RIGHT_BRACE;
    }
    return Number.isNaN(unit);
  }

  #quoted(start: number, mark: number): boolean {
    const text = this.#text;
    for (;;) {
      let unit = text.charCodeAt(this.#pos++);
      if (unit === mark) return this.#push(QUOTES[mark]!.type, start);
      if (unit === BACKSLASH) unit = text.charCodeAt(this.#pos++);
      if (unit === NEWLINE || Number.isNaN(unit)) return this.#fail(start, QUOTES[mark]!.unterminated);
    }
  }

  #rawString(start: number): boolean {
    const end = this.#text.indexOf('`', this.#pos);
    if (end < 0) return this.#fail(start, 'unterminated raw quoted string');
    this.#pos = end + 1;
    return this.#push('rawString', start);
  }

  /** Anything that looks like a number; the parser finds out whether it is one. */
  #number(start: number): boolean {
    this.#pos = start;
    if (!this.#scanNumber()) return this.#badNumber(start);
    const sign = this.#text[this.#pos];
    if (sign !== '+' && sign !== '-') return this.#push('number', start);
    if (!this.#scanNumber() || this.#text[this.#pos - 1] !== 'i') return this.#badNumber(start);
    return this.#push('complex', start);
  }

  #badNumber(start: number): false {
    return this.#fail(start, `bad number syntax: ${quote(this.#text.slice(start, this.#pos))}`);
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
    const char = this.#text[this.#pos];
    if (char === undefined || !valid.includes(char)) return false;
    this.#pos++;
    return true;
  }

  #acceptRun(valid: string): void {
    while (this.#accept(valid));
  }
}

const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u;

const isSpace = (unit: number): boolean => unit === SPACE || unit === NEWLINE || unit === TAB || unit === RETURN;
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isLetter = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
const isWord = (unit: number): boolean => isLetter(unit) || isDigit(unit) || unit === 0x5f;
