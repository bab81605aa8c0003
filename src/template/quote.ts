/** Go's string and character literals, as strconv quotes and unquotes them. */
import { decodeUtf8, encodeUtf8, isEscapedByte } from './utf8.ts';

const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

const PLAIN = /^[ !#-[\]-~]*$/;

/** `"text"` with Go's escapes: strconv.Quote, or QuoteToASCII. */
export function quote(text: string, ascii = false): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return `"${escaped(text, '"', ascii)}"`;
}

/** `'c'`: strconv.QuoteRune, or QuoteRuneToASCII. */
export function quoteRune(code: number, ascii = false): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return `'${escaped(String.fromCodePoint(valid ? code : 0xfffd), "'", ascii)}'`;
}

function escaped(text: string, mark: string, ascii: boolean): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char === mark) out += `\\${mark}`;
    else if (ESCAPES[char] !== undefined) out += ESCAPES[char];
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code < 0x7f) out += char;
    else if (isEscapedByte(code)) out += `\\x${(code - 0xdc00).toString(16)}`;
    else if (!ascii && isPrint(char)) out += char;
    else if (code <= 0xffff) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return out;
}

/**
 * Whether Go's unicode.IsPrint holds: letters, marks, numbers, punctuation, symbols and the ASCII space. Expressions of
 * Unicode classes stand where they are needed, here and elsewhere: making one takes a thousandth of a second.
 */
export const isPrint = (char: string): boolean =>
  char <= '~' ? char >= ' ' : /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);

/** Whether `text` fits between backquotes unchanged: strconv.CanBackquote. */
export function canBackquote(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit < 0x20 && unit !== 0x09) || unit === 0x60 || unit === 0x7f || unit === 0xfeff) return false;
    if (isEscapedByte(unit) && !(text.charCodeAt(i - 1) >= 0xd800 && text.charCodeAt(i - 1) < 0xdc00)) return false;
  }
  return true;
}

/** The text of a literal with its quotes, undefined where Go says `invalid syntax`. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal[0] === '`') return body.includes('\r') ? body.replaceAll('\r', '') : body;
  if (!body.includes('\\')) return body;
  return new Unquoter(body, '"').all();
}

/** The code of a character literal with its quotes: undefined as above; `tail` is set where more than one stands there. */
export function unquoteRune(literal: string): { code: number; tail: boolean } | undefined {
  const reader = new Unquoter(literal.slice(1), "'");
  const code = reader.next();
  return code === undefined ? undefined : { code, tail: literal.slice(1 + reader.at) !== "'" };
}

const SIMPLE: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const HEX_LENGTH: Record<string, number> = { x: 2, u: 4, U: 8 };

class Unquoter {
  at = 0;
  readonly #text: string;
  readonly #mark: string;
  /** Whether the last character was written as a byte (`\x80`), not as a character. */
  #isByte = false;

  constructor(text: string, mark: string) {
    this.#text = text;
    this.#mark = mark;
  }

  all(): string | undefined {
    let out = '';
    let bytes = false;
    while (this.at < this.#text.length) {
      const code = this.next();
      if (code === undefined) return undefined;
      if (this.#isByte && code >= 0x80) {
        bytes = true;
        out += String.fromCharCode(0xdc00 + code);
      } else out += String.fromCodePoint(code);
    }
    // Bytes side by side may make a character.
    return bytes ? decodeUtf8(encodeUtf8(out)) : out;
  }

  /** The next character's code. */
  next(): number | undefined {
    this.#isByte = false;
    const char = this.#text[this.at];
    if (char === undefined || char === this.#mark || char === '\n') return undefined;
    if (char !== '\\') {
      const code = this.#text.codePointAt(this.at)!;
      this.at += code > 0xffff ? 2 : 1;
      return code;
    }
    const kind = this.#text[this.at + 1];
    this.at += 2;
    if (kind === undefined) return undefined;
    if (SIMPLE[kind] !== undefined) return SIMPLE[kind];
    if (HEX_LENGTH[kind] !== undefined) return this.#digits(HEX_LENGTH[kind], 16, kind === 'x');
    if (kind >= '0' && kind <= '7') {
      this.at--;
      return this.#digits(3, 8, true);
    }
    return kind === this.#mark ? kind.charCodeAt(0) : undefined;
  }

  #digits(length: number, base: number, isByte: boolean): number | undefined {
    const text = this.#text.slice(this.at, this.at + length);
    const valid = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
    if (text.length !== length || !valid.test(text)) return undefined;
    this.at += length;
    this.#isByte = isByte;
    const code = Number.parseInt(text, base);
    if (isByte) return code > 255 ? undefined : code;
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : code;
  }
}
