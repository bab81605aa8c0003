/** A reader of JSON that goes character by character, for the texts that need Go's errors, and for prefixes of texts. */
import { encodeUtf8, toValidText } from '../template/utf8.ts';
import { GoInt, setKey, type Value, type ValueMap } from '../template/value.ts';

export interface JsonOptions {
  /** Numbers without point and exponent that fit become int64, as a decoder with UseNumber makes them. */
  useInt64?: boolean;
}

/** Deeper values are refused, written or read. Go's limit is 10000, at which JavaScript's stack is long exhausted. */
export const MAX_JSON_DEPTH = 1000;

interface Frame {
  list?: Value[];
  map?: ValueMap;
  key: string;
}

export class JsonReader {
  at = 0;
  /** The first number that no float64 holds: an error only if the syntax is right to the end. */
  #overflow: Error | undefined;
  readonly #text: string;
  readonly #useInt64: boolean;

  constructor(text: string, options: JsonOptions) {
    this.#text = text;
    this.#useInt64 = options.useInt64 ?? false;
  }

  finish(value: Value): Value {
    if (this.#overflow) throw this.#overflow;
    return value;
  }

  /** Containers wait in `stack` while their entries are read, so that depth costs no call stack. */
  value(): Value {
    const stack: Frame[] = [];
    for (;;) {
      this.skipSpace();
      let value = this.#open(stack);
      if (value === undefined) continue;
      for (;;) {
        const frame = stack.at(-1);
        if (frame === undefined) return value;
        if (frame.list) frame.list.push(value);
        else setKey(frame.map!, frame.key, value);
        if (!this.#close(frame)) break;
        stack.pop();
        value = frame.list ?? frame.map!;
      }
    }
  }

  /** Reads a scalar or an empty container; undefined says that a container was opened. */
  #open(stack: Frame[]): Value {
    const char = this.#text[this.at];
    if (char === '{' || char === '[') {
      this.at++;
      if (stack.length >= MAX_JSON_DEPTH) throw new Error('exceeded max depth');
      this.skipSpace();
      if (this.#text[this.at] === (char === '{' ? '}' : ']')) {
        this.at++;
        return char === '{' ? {} : [];
      }
      stack.push(char === '{' ? { map: {}, key: this.#key() } : { list: [], key: '' });
      return undefined;
    }
    return this.#scalar(char);
  }

  /** After an entry: true at the container's end, false when another entry follows. */
  #close(frame: Frame): boolean {
    this.skipSpace();
    const char = this.#text[this.at];
    if (char === ',') {
      this.at++;
      this.skipSpace();
      if (frame.map) frame.key = this.#key();
      return false;
    }
    if (char !== (frame.list ? ']' : '}'))
      throw this.unexpected(frame.list ? 'after array element' : 'after object key:value pair');
    this.at++;
    return true;
  }

  #key(): string {
    if (this.#text[this.at] !== '"') throw this.unexpected('looking for beginning of object key string');
    const key = this.#string();
    this.skipSpace();
    if (this.#text[this.at] !== ':') throw this.unexpected('after object key');
    this.at++;
    return key;
  }

  #scalar(char: string | undefined): Value {
    if (char === '"') return this.#string();
    if (char === 't') return this.#literal('true', true);
    if (char === 'f') return this.#literal('false', false);
    if (char === 'n') return this.#literal('null', null);
    if (char === '-' || isDigit(char)) return this.#number();
    throw this.unexpected('looking for beginning of value');
  }

  #literal(word: string, value: Value): Value {
    for (let i = 1; i < word.length; i++) {
      this.at++;
      if (this.#text[this.at] !== word[i]) throw this.unexpected(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.at++;
    return value;
  }

  #string(): string {
    const text = this.#text;
    const parts: string[] = [];
    let from = ++this.at;
    for (;;) {
      const unit = text.charCodeAt(this.at);
      if (unit === 0x22) break;
      if (unit === 0x5c) {
        parts.push(text.slice(from, this.at), this.#escape());
        from = this.at;
      } else if (unit >= 0x20) this.at++;
      else throw this.unexpected('in string literal');
    }
    parts.push(text.slice(from, this.at++));
    return toValidText(parts.join(''));
  }

  #escape(): string {
    const char = this.#text[++this.at];
    if (char === 'u') return this.#unicode();
    const plain = char === undefined ? undefined : ESCAPES.get(char);
    if (plain === undefined) throw this.unexpected('in string escape code');
    this.at++;
    return plain;
  }

  /** A `\uXXXX`; two that make a pair are read as one, since the pair is well-formed only together. */
  #unicode(): string {
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.#text[++this.at];
      if (digit === undefined || !/[0-9a-fA-F]/.test(digit))
        throw this.unexpected('in \\u hexadecimal character escape');
      code = code * 16 + Number.parseInt(digit, 16);
    }
    this.at++;
    return String.fromCharCode(code);
  }

  #number(): Value {
    const start = this.at;
    if (this.#text[this.at] === '-') this.at++;
    if (this.#text[this.at] === '0') this.at++;
    else this.#digits('in numeric literal');
    let whole = true;
    if (this.#text[this.at] === '.') {
      this.at++;
      whole = false;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.#text[this.at] === 'e' || this.#text[this.at] === 'E') {
      this.at++;
      whole = false;
      if (this.#text[this.at] === '+' || this.#text[this.at] === '-') this.at++;
      this.#digits('in exponent of numeric literal');
    }
    return this.#toNumber(this.#text.slice(start, this.at), whole);
  }

  #digits(context: string): void {
    if (!isDigit(this.#text[this.at])) throw this.unexpected(context);
    while (isDigit(this.#text[this.at])) this.at++;
  }

  #toNumber(text: string, whole: boolean): Value {
    if (this.#useInt64 && whole && text.length < 21) {
      const value = BigInt(text);
      if (value === BigInt.asIntN(64, value)) return new GoInt('int64', value);
    }
    const value = Number(text);
    if (!Number.isFinite(value))
      this.#overflow ??= new Error(`json: cannot unmarshal number ${text} into Go value of type float64`);
    return value;
  }

  skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.at++;
    }
  }

  /** Go's words for what stands at `at`, which it sees as a byte. */
  unexpected(context: string): Error {
    const char = this.#text.slice(this.at, this.at + 2);
    // As Go: at the end of the text its scanner sees one more space.
    if (char === '')
      return new Error(STRICT.test(context) ? `invalid character ' ' ${context}` : 'unexpected end of JSON input');
    return new Error(`invalid character ${quoteByte(encodeUtf8(firstCodePoint(char))[0]!)} ${context}`);
  }
}

/** Where no space may stand. */
const STRICT = /escape|numeric literal|in literal/;

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const firstCodePoint = (text: string): string => String.fromCodePoint(text.codePointAt(0)!);

const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const BYTE_NAMES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
  [0x27, "\\'"],
  [0x5c, '\\\\'],
]);

/** A byte, taken for a code point, as Go's %q shows it. */
function quoteByte(byte: number): string {
  const name = BYTE_NAMES.get(byte);
  if (name !== undefined) return `'${name}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  // Of Latin-1, the C1 controls, the no-break space and the soft hyphen are not printable.
  if ((byte >= 0x80 && byte <= 0xa0) || byte === 0xad) return `'\\u${byte.toString(16).padStart(4, '0')}'`;
  return `'${String.fromCharCode(byte)}'`;
}
