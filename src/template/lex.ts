/**
 * Cuts a template into texts and actions, and actions into tokens when these are asked for. Text is found with `indexOf`
 * and never looked at otherwise; trim markers are dealt with here, and white space inside actions
 * makes no tokens: two that touch have none between them.
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

/**
 * Goes through a text token by token. There is one at a time, told by the lexer itself: hundreds of thousands of objects
 * would keep the garbage collector busy. Positions are UTF-16 units.
 *
 * Here and wherever else much is done in a short time, members are private to TypeScript alone: V8 takes long ways to
 * `#names` until it optimizes, which it does not come to in the life of a short command.
 */
export class Lexer {
  readonly text: string;
  /** The token looked at or taken last, and where it stands. */
  type: TokenType = 'text';
  start = 0;
  end = 0;
  /** Where the token before it ends. */
  before = 0;
  /** Where the text of the action starts, behind its delimiter. */
  action = 0;
  /** Where the furthest token looked at starts. */
  newest = 0;
  /** What is wrong, where the token is an error: nothing comes after it. */
  error = '';
  private readonly jumps: { break: boolean; continue: boolean };
  private pos = 0;
  /** The left delimiter that the text just passed ends at, -1 where none was found yet. */
  private delim = -1;
  /** Whether the next token is one of an action. */
  private isOpen = false;
  private isTaken = true;
  private parens = 0;

  /** `jumps` tells whether `break` and `continue` are words of the language and no functions. */
  constructor(text: string, jumps = { break: true, continue: true }) {
    this.text = text;
    this.jumps = jumps;
  }

  /** The type of the next token, which stays the next. */
  peek(): TokenType {
    if (this.isTaken) {
      this.isTaken = false;
      this.before = this.end;
      if (this.isOpen) this.inside();
      else while (!this.outside());
      if (this.start > this.newest) this.newest = this.start;
    }
    return this.type;
  }

  take(): TokenType {
    const type = this.peek();
    this.isTaken = true;
    return type;
  }

  /** The text of the token looked at or taken last. */
  token(): string {
    return this.text.slice(this.start, this.end);
  }

  /** Whether white space stands before the token, where both it and the one before are of one action. */
  isAfterSpace(): boolean {
    return this.start !== this.before;
  }

  /** Two characters from where the token behind the one looked at starts. */
  following(): string {
    const start = this.tokenStart(this.end);
    if (start > this.newest) this.newest = start;
    return this.text.slice(start, start + 2);
  }

  /** Text up to the next action, or the delimiter of that action; false behind a comment. */
  private outside(): boolean {
    const { text } = this;
    const start = this.pos;
    const delim = this.delim < 0 ? text.indexOf(LEFT, start) : this.delim;
    if (delim < 0) {
      this.pos = text.length;
      return this.push(start < text.length ? 'text' : 'eof', start);
    }
    const trims = text.charCodeAt(delim + 2) === DASH && isSpace(text.charCodeAt(delim + 3));
    if (this.delim < 0) {
      const end = trims ? this.trimmedEnd(start, delim) : delim;
      this.delim = delim;
      if (end > start) return this.push('text', start, end);
    }
    this.delim = -1;
    this.pos = this.action = delim + (trims ? 4 : 2);
    if (text.startsWith('/*', this.pos)) return this.comment();
    this.isOpen = true;
    this.parens = 0;
    return this.push('leftDelim', delim, delim + 2);
  }

  /** The text of the action up to the first right delimiter, which it may have inside: `"}}"`. */
  actionText(): string {
    const { text, action } = this;
    const end = text.indexOf(RIGHT, action);
    return end < 0 ? '' : text.slice(action, end + 2);
  }

  /** Goes behind an action, whose text is that of one lexed before; its last token starts `last` units from its start. */
  skipAction(length: number, last: number): void {
    this.isOpen = false;
    this.newest = this.action + last;
    const end = this.action + length;
    this.pos = end;
    if (this.text.charCodeAt(end - 3) === DASH && isSpace(this.text.charCodeAt(end - 4))) this.skipSpace();
  }

  private push(type: TokenType, start: number, end = this.pos): true {
    this.type = type;
    this.start = start;
    this.end = end;
    return true;
  }

  private fail(start: number, message: string): true {
    this.error = message;
    return this.push('error', start);
  }

  private trimmedEnd(start: number, end: number): number {
    let at = end;
    while (at > start && isSpace(this.text.charCodeAt(at - 1))) at--;
    return at;
  }

  /** Goes past a comment; answers whether it is a token, which only a faulty one is. */
  private comment(): boolean {
    const start = this.pos;
    const close = this.text.indexOf('*/', start + 2);
    if (close < 0) return this.fail(start, 'unclosed comment');
    this.pos = close + 2;
    const delim = this.rightDelim();
    if (delim === 0) return this.fail(start, 'comment ends before closing delimiter');
    this.pos += delim;
    if (delim > 2) this.skipSpace();
    return false;
  }

  /** The length of the right delimiter that stands here: 2, 4 with a trim marker, or 0. */
  private rightDelim(): number {
    const text = this.text;
    const at = this.pos;
    const unit = text.charCodeAt(at);
    if (unit === RIGHT_BRACE) return text.charCodeAt(at + 1) === RIGHT_BRACE ? 2 : 0;
    return isSpace(unit) && text.charCodeAt(at + 1) === DASH && text.startsWith(RIGHT, at + 2) ? 4 : 0;
  }

  private skipSpace(): void {
    this.pos = this.spaceEnd(this.pos);
  }

  private spaceEnd(start: number): number {
    const { text } = this;
    let at = start;
    while (isSpace(text.charCodeAt(at))) at++;
    return at;
  }

  /** Where the next token of an action starts. A space before a trim marker belongs to the delimiter. */
  private tokenStart(from: number): number {
    const at = this.spaceEnd(from);
    const trims = at > from && this.text.charCodeAt(at) === DASH && this.text.startsWith(RIGHT, at + 1);
    return trims ? at - 1 : at;
  }

  /** One token of an action. */
  private inside(): true {
    const { text } = this;
    const start = this.tokenStart(this.pos);
    this.pos = start;
    const delim = this.rightDelim();
    if (delim > 0) return this.parens > 0 ? this.fail(start, 'unclosed left paren') : this.close(start, delim);
    if (start >= text.length) return this.fail(start, 'unclosed action');
    const unit = text.charCodeAt(start);
    if (isLetter(unit)) return this.word(start);
    this.pos++;
    switch (unit) {
      case DOT:
        if (this.pos >= text.length || isDigit(text.charCodeAt(this.pos))) return this.number(start);
        return this.name(start, 'field');
      case 0x24:
        return this.name(start, 'variable');
      case 0x22:
      case 0x27:
        return this.quoted(start, unit);
      case 0x60:
        return this.rawString(start);
      case 0x3a:
        if (text.charCodeAt(this.pos) !== 0x3d) return this.fail(start, 'expected :=');
        this.pos++;
        return this.push('declare', start);
      case 0x28:
        this.parens++;
        break;
      case 0x29:
        if (--this.parens < 0) return this.fail(start, 'unexpected right paren');
        break;
    }
    const single = SINGLE[unit];
    if (single !== undefined) return this.push(single, start);
    if (unit === 0x2b || unit === DASH || isDigit(unit)) return this.number(start);
    if (this.alphanumeric(start) > 0) return this.word(start);
    if (unit > SPACE && unit < 0x7f) return this.push('char', start);
    return this.fail(start, `unrecognized character in action: ${this.charText(start)}`);
  }

  /** Ends the action. */
  private close(start: number, delim: number): true {
    this.isOpen = false;
    this.pos = start + delim;
    this.push('rightDelim', start + delim - 2);
    if (delim > 2) this.skipSpace();
    return true;
  }

  /** How many units the letter, digit or underscore at `at` takes; 0 where there is none. */
  private alphanumeric(at: number): number {
    const unit = this.text.charCodeAt(at);
    if (unit < 0x80) return isWord(unit) ? 1 : 0;
    if (Number.isNaN(unit)) return 0;
    const char = String.fromCodePoint(this.text.codePointAt(at)!);
    return /^[\p{L}\p{Nd}]$/u.test(char) ? char.length : 0;
  }

  private skipAlphanumeric(): void {
    const { text } = this;
    let at = this.pos;
    for (let width = 1; width > 0; at += width) {
      while (isWord(text.charCodeAt(at))) at++;
      width = this.alphanumeric(at);
    }
    this.pos = at;
  }

  /** A keyword, a boolean or the name of a function. */
  private word(start: number): true {
    this.pos = start;
    this.skipAlphanumeric();
    if (!this.atTerminator()) return this.badCharacter(start);
    const type = WORDS.get(this.text.slice(start, this.pos)) ?? 'identifier';
    const isFunction = (type === 'break' || type === 'continue') && !this.jumps[type];
    return this.push(isFunction ? 'identifier' : type, start);
  }

  /** `.name`, `$name`, or the bare `.` and `$`. */
  private name(start: number, type: 'field' | 'variable'): true {
    if (this.atTerminator()) return this.push(type === 'field' ? 'dot' : type, start);
    this.skipAlphanumeric();
    return this.atTerminator() ? this.push(type, start) : this.badCharacter(start);
  }

  private badCharacter(start: number): true {
    return this.fail(start, `bad character ${this.charText(this.pos)}`);
  }

  /** As `%#U`: U+0023 '#' */
  private charText(at: number): string {
    const code = this.text.codePointAt(at)!;
    const valid = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    const char = String.fromCodePoint(valid);
    const hexadecimal = valid.toString(16).toUpperCase().padStart(4, '0');
    return isPrint(char) ? `U+${hexadecimal} '${char}'` : `U+${hexadecimal}`;
  }

  /** Whether a name may end here: at white space, `.,|:)(`, the right delimiter or the end of the text. */
  private atTerminator(): boolean {
    const text = this.text;
    const unit = text.charCodeAt(this.pos);
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
        return text.charCodeAt(this.pos + 1) === RIGHT_BRACE;
    }
    return Number.isNaN(unit);
  }

  private quoted(start: number, mark: number): true {
    const { text } = this;
    for (let at = this.pos; ; ) {
      let unit = text.charCodeAt(at++);
      const escaped = unit === BACKSLASH;
      if (escaped) unit = text.charCodeAt(at++);
      this.pos = at;
      if (unit === mark && !escaped) return this.push(QUOTES[mark]!.type, start);
      if (unit === NEWLINE || Number.isNaN(unit)) return this.fail(start, QUOTES[mark]!.unterminated);
    }
  }

  private rawString(start: number): true {
    const end = this.text.indexOf('`', this.pos);
    if (end < 0) return this.fail(start, 'unterminated raw quoted string');
    this.pos = end + 1;
    return this.push('rawString', start);
  }

  /** Anything that looks like a number; the parser finds out whether it is one. */
  private number(start: number): true {
    this.pos = start;
    if (!this.scanNumber()) return this.badNumber(start);
    const sign = this.text[this.pos];
    if (sign !== '+' && sign !== '-') return this.push('number', start);
    if (!this.scanNumber() || this.text[this.pos - 1] !== 'i') return this.badNumber(start);
    return this.push('complex', start);
  }

  private badNumber(start: number): true {
    return this.fail(start, `bad number syntax: ${quote(this.text.slice(start, this.pos))}`);
  }

  private scanNumber(): boolean {
    this.accept('+-');
    let digits = '0123456789_';
    if (this.accept('0')) {
      if (this.accept('xX')) digits = '0123456789abcdefABCDEF_';
      else if (this.accept('oO')) digits = '01234567_';
      else if (this.accept('bB')) digits = '01_';
    }
    this.acceptRun(digits);
    if (this.accept('.')) this.acceptRun(digits);
    if ((digits.length === 11 && this.accept('eE')) || (digits.length === 23 && this.accept('pP'))) {
      this.accept('+-');
      this.acceptRun('0123456789_');
    }
    this.accept('i');
    const width = this.alphanumeric(this.pos);
    this.pos += width;
    return width === 0;
  }

  private accept(valid: string): boolean {
    const char = this.text[this.pos];
    if (char === undefined || !valid.includes(char)) return false;
    this.pos++;
    return true;
  }

  private acceptRun(valid: string): void {
    while (this.accept(valid));
  }
}

const isSpace = (unit: number): boolean => unit === SPACE || unit === NEWLINE || unit === TAB || unit === RETURN;
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isLetter = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
const isWord = (unit: number): boolean =>
  (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x5f;
