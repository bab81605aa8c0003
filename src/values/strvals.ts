/**
 * The `--set` grammar: `a.b[0].c=value,d={x,y}`, with Helm's limits and error texts.
 *
 *   set     = pair { "," pair }
 *   pair    = path "=" value
 *   path    = name { "." name | "[" index "]" }
 *   value   = "{" text { "," text } "}" | text
 *
 * A backslash takes the next character as it is. Two kinds differ: `json` takes a JSON text for the value, and
 * `literal` takes everything after the first `=` and knows neither commas nor backslashes.
 */
import { parseJsonPrefix } from '../encoding/json.ts';
import { quote, quoteRune } from '../template/quote.ts';
import { typeName } from '../template/type.ts';
import { toValidText } from '../template/utf8.ts';
import { getKey, int64, isMap, setKey, type Value, type ValueMap } from '../template/value.ts';

export type SetKind = 'typed' | 'string' | 'json' | 'literal' | 'file';

export interface SetOptions {
  kind?: SetKind;
  /** For the kind `file`: the text of the file that a value names. */
  readFile?: (path: string) => string;
}

const MAX_INDEX = 65_536;
const MAX_NAME_LEVEL = 30;
/** Lists within lists; Helm has no limit here, but then no value needs this many. */
const MAX_LIST_LEVEL = 1000;

/** Sets in `into` what `text` says. Throws Helm's text where it does not follow the grammar. */
export function parseSet(text: string, into: ValueMap, options: SetOptions = {}): void {
  const parser = new SetParser(toValidText(text), options);
  try {
    for (;;) parser.key(into, 0);
  } catch (error) {
    if (error !== END) throw error;
  }
}

/** Thrown where the text ends: the regular way out, whatever was half read. */
const END = new Error('EOF');

/** What a Go type assertion says when it panics; `key` recovers it. */
class Panic extends Error {}

class SetParser {
  readonly #text: string;
  #at = 0;
  readonly #kind: SetKind;
  readonly #read: (text: string) => Value;

  constructor(text: string, { kind = 'typed', readFile }: SetOptions) {
    this.#text = text;
    this.#kind = kind;
    this.#read = kind === 'typed' ? typedValue : kind === 'file' && readFile ? readFile : (value) => value;
  }

  key(data: ValueMap, level: number): void {
    try {
      this.#key(data, level);
    } catch (error) {
      throw error instanceof Panic ? new Error(`unable to parse key: ${error.message}`) : error;
    }
  }

  #key(data: ValueMap, level: number): void {
    const { text: name, stop } = this.#until(this.#kind === 'literal' ? '=[.' : '=[,.');
    switch (stop) {
      case undefined:
        if (name === '') throw END;
        throw new Error(`key ${quote(name)} has no value`);
      case ',':
        throw new Error(`key ${quote(name)} has no value (cannot end with ,)`);
      case '[':
        this.#list(data, name, level);
        break;
      case '.':
        this.#nested(data, name, level + 1);
        break;
      default:
        this.#value((value) => assign(data, name, value));
    }
  }

  #list(data: ValueMap, name: string, level: number): void {
    const index = this.#index();
    const list = getKey(data, name) === undefined ? [] : asList(getKey(data, name));
    try {
      this.#item(list, index, level, 1);
    } finally {
      assign(data, name, list);
    }
  }

  #nested(data: ValueMap, name: string, level: number): void {
    if (level > MAX_NAME_LEVEL)
      throw new Error(`value name nested level is greater than maximum supported nested level of ${MAX_NAME_LEVEL}`);
    const inner = getKey(data, name) === undefined ? {} : asMap(getKey(data, name));
    try {
      this.key(inner, level);
      if (Object.keys(inner).length === 0) throw new Error(`key map ${quote(name)} has no value`);
    } finally {
      if (Object.keys(inner).length > 0) assign(data, name, inner);
    }
  }

  /** What follows `[index]`. */
  #item(list: Value[], index: number, level: number, depth: number): void {
    if (index < 0) throw new Error(`negative ${index} index not allowed`);
    if (depth > MAX_LIST_LEVEL) throw new Error(`lists are nested more than ${MAX_LIST_LEVEL} deep`);
    const { text, stop } = this.#until('[.=');
    if (text !== '')
      throw new Error(
        `unexpected data at end of array index: [${Array.from(text, (char) => quoteRune(char.codePointAt(0)!)).join(' ')}]`,
      );
    if (stop === undefined) throw END;
    if (stop === '=') this.#value((value) => setIndex(list, index, value));
    else if (stop === '[') this.#innerList(list, index, level, depth);
    else this.#innerMap(list, index, level);
  }

  #innerList(list: Value[], index: number, level: number, depth: number): void {
    const next = this.#index();
    const inner = list.length > index && list[index] !== null ? asList(list[index]) : [];
    this.#item(inner, next, level, depth + 1);
    setIndex(list, index, inner);
  }

  #innerMap(list: Value[], index: number, level: number): void {
    if (list.length > index && !isMap(list[index])) list[index] = {};
    const inner = list.length > index ? (list[index] as ValueMap) : {};
    this.key(inner, level);
    setIndex(list, index, inner);
  }

  #index(): number {
    const { text, stop } = this.#until(']');
    if (stop === undefined) throw END;
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    const cause = Number.isNaN(number) ? 'invalid syntax' : Math.abs(number) >= 2 ** 63 ? 'value out of range' : '';
    if (cause !== '') throw new Error(`error parsing index: strconv.Atoi: parsing ${quote(text)}: ${cause}`);
    return number;
  }

  #value(set: (value: Value) => void): void {
    if (this.#kind === 'json') this.#json(set);
    else if (this.#kind === 'literal') set(this.#until('').text);
    else if (this.#text[this.#at] === '{') set(this.#braces());
    else if (this.#at < this.#text.length) set(this.#read(this.#until(',').text));
    else {
      set('');
      throw END;
    }
  }

  #braces(): Value[] {
    this.#at++;
    const list: Value[] = [];
    for (;;) {
      const { text, stop } = this.#until(',}');
      if (stop === undefined) throw new Error("list must terminate with '}'");
      list.push(this.#read(text));
      if (stop === ',') continue;
      if (this.#text[this.#at] === ',') this.#at++;
      return list;
    }
  }

  /** A JSON text, then blanks and a comma; nothing at all is null. */
  #json(set: (value: Value) => void): void {
    if (this.#skipBlank()) {
      set(null);
      return;
    }
    const { value, end } = parseJsonPrefix(this.#text.slice(this.#at));
    this.#at += end;
    set(value);
    this.#skipBlank();
  }

  /** Whether only blanks stand before the next comma or the end; these and the comma are skipped. */
  #skipBlank(): boolean {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char !== ',' && !/[\s\x85]/.test(char)) return false;
      this.#at++;
      if (char === ',') return true;
    }
    return true;
  }

  /** The text before the next of the `stops`, which is skipped; `stop` is undefined at the end. */
  #until(stops: string): { text: string; stop: string | undefined } {
    let text = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++]!;
      if (stops.includes(char)) return { text, stop: char };
      if (char !== '\\' || this.#kind === 'literal') text += char;
      else if (this.#at < this.#text.length) text += this.#text[this.#at++]!;
    }
    return { text, stop: undefined };
  }
}

/** A value without a name is dropped: `=1` sets nothing. */
function assign(data: ValueMap, name: string, value: Value): void {
  if (name !== '') setKey(data, name, value);
}

function setIndex(list: Value[], index: number, value: Value): void {
  if (index > MAX_INDEX) throw new Error(`index of ${index} is greater than maximum supported index of ${MAX_INDEX}`);
  while (list.length < index) list.push(null);
  list[index] = value;
}

/** `true`, `null`, 12: without regard to case, and no number begins with a zero. */
function typedValue(text: string): Value {
  if (/^true$/iu.test(text)) return true;
  if (/^false$/iu.test(text)) return false;
  if (/^null$/iu.test(text)) return null;
  if (text === '0') return int64(0);
  if (!/^[+-]?\d+$/.test(text) || text[0] === '0' || text.length > 1000) return text;
  const value = BigInt(text.replace(/^\+/, ''));
  return value === BigInt.asIntN(64, value) ? int64(value) : text;
}

const misfit = (value: Value, wanted: string): Panic =>
  new Panic(`interface conversion: interface {} is ${value == null ? 'nil' : typeName(value)}, not ${wanted}`);

function asList(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  throw misfit(value, '[]interface {}');
}

function asMap(value: Value): ValueMap {
  if (isMap(value)) return value;
  throw misfit(value, 'map[string]interface {}');
}
