/** JSON exactly as Go's encoding/json writes and reads it, errors included. */
import { formatFloat } from '../template/float.ts';
import {
  GoInt,
  type GoObject,
  isGoObject,
  isMap,
  isNil,
  markedType,
  sortedKeys,
  type Value,
  type ValueMap,
} from '../template/value.ts';
import { encodeBase64 } from './base64.ts';
import { type JsonOptions, JsonReader, MAX_JSON_DEPTH } from './json-read.ts';

/** As `json.Marshal`: keys sorted by bytes, `<`, `>` and `&` escaped. Throws what Go says of what has no JSON. */
export const toJson = (value: Value): string => writeWhole(value, escapeHtml, '');

/** As `json.Marshal` without the escaping of HTML. */
export const toRawJson = (value: Value): string => writeWhole(value, escapeJson, '');

/** As `json.MarshalIndent(value, "", "  ")`. */
export const toPrettyJson = (value: Value): string => writeWhole(value, escapeHtml, '\n');

/** As `json.Marshal` of a struct, with `indent` as `json.MarshalIndent`: plain data, in the order it has. */
export const goJson = (data: unknown, indent?: number): string =>
  JSON.stringify(data, undefined, indent).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

type Escape = (text: string) => string;

/** More lists and maps than any text has: only a value that holds others again and again grows so. */
const MAX_VALUES = 2_000_000;
/** What the present text holds so far; one text is written at a time. */
let written = 0;

function writeWhole(value: Value, quote: Escape, newline: string): string {
  written = 0;
  return write(value, quote, newline, 0);
}

/** `newline` is empty for the compact form, and otherwise a line break with the indentation of the value's own line. */
function write(value: Value, quote: Escape, newline: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return `"${quote(value)}"`;
    case 'number':
      return writeFloat(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'undefined':
      return 'null';
    case 'function':
      throw new Error('json: unsupported type: func()');
  }
  if (value === null) return 'null';
  if (value instanceof GoInt) return String(value.value);
  if (depth > MAX_JSON_DEPTH) throw new Error('json: exceeded max depth');
  if (++written > MAX_VALUES) throw new Error(`json: the value holds more than ${MAX_VALUES} lists and maps`);
  if (isGoObject(value)) return writeObject(value, quote, newline, depth);
  if (Array.isArray(value)) return writeList(value, quote, newline, depth);
  return writeMap(value as ValueMap, quote, newline, depth);
}

function writeList(list: Value[], quote: Escape, newline: string, depth: number): string {
  if (isNil(list)) return 'null';
  if (markedType(list) === '[]uint8') return `"${encodeBase64(Uint8Array.from(list, byteOf))}"`;
  if (list.length === 0) return '[]';
  const inner = newline && `${newline}  `;
  return `[${list.map((item) => inner + write(item, quote, inner, depth + 1)).join(',')}${newline}]`;
}

/** A struct's fields come in their own order. */
function writeObject(object: GoObject, quote: Escape, newline: string, depth: number): string {
  if (object.kind === 'complex128') throw new Error('json: unsupported type: complex128');
  const data = object.toData?.() ?? {};
  if ((object.kind !== 'struct' && object.kind !== 'ptr') || !isMap(data))
    return write(data, quote, newline, depth + 1);
  return writeMap(data, quote, newline, depth, Object.keys(data));
}

function writeMap(
  map: ValueMap,
  quote: Escape,
  newline: string,
  depth: number,
  keys: string[] = sortedKeys(map),
): string {
  if (isNil(map)) return 'null';
  if (keys.length === 0) return '{}';
  const inner = newline && `${newline}  `;
  const colon = newline === '' ? ':' : ': ';
  const entries = keys.map((key) => `${inner}"${quote(key)}"${colon}${write(map[key], quote, inner, depth + 1)}`);
  return `{${entries.join(',')}${newline}}`;
}

const byteOf = (value: Value): number => Number(value instanceof GoInt ? value.value : value);

function writeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${formatFloat(value, 'g')}`);
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return Object.is(value, -0) ? '-0' : String(value);
  return formatFloat(value, 'e').replace(/e-0(\d)$/, 'e-$1');
}

const PLAIN_HTML = /^[ !#-%'-;=?-[\]-~\x7f]*$/;
const SPECIAL_HTML = /[\x00-\x1f"\\<>&\u2028\u2029\ud800-\udfff]/gu;
const SPECIAL = /[\x00-\x1f"\\\u2028\u2029\ud800-\udfff]/gu;

const escapeHtml: Escape = (text) => (PLAIN_HTML.test(text) ? text : text.replace(SPECIAL_HTML, escapeOne));
const escapeJson: Escape = (text) => text.replace(SPECIAL, escapeOne);

const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeOne(char: string): string {
  const code = char.charCodeAt(0);
  // A lone surrogate is a byte that was no valid UTF-8.
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return SHORT[char] ?? `\\u${code.toString(16).padStart(4, '0')}`;
}

/** What the whole of `text` says. Throws Go's texts (`invalid character 'x' looking for beginning of value`). */
export function parseJson(text: string, options: JsonOptions = {}): Value {
  if (!options.useInt64 && !NEEDS_CARE.test(text) && isShallow(text)) {
    try {
      return JSON.parse(text) as Value;
    } catch {
      // The reader below finds the words for it.
    }
  }
  const reader = new JsonReader(text, options);
  const value = reader.value();
  reader.skipSpace();
  if (reader.at < text.length) throw reader.unexpected('after top-level value');
  return reader.finish(value);
}

/** Whether brackets are nested no deeper than they may be. */
function isShallow(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length && depth <= MAX_JSON_DEPTH; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5b || unit === 0x7b) depth++;
    else if (unit === 0x5d || unit === 0x7d) depth--;
    else if (unit === 0x22) i = stringEnd(text, i);
  }
  return depth <= MAX_JSON_DEPTH;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at;
}

/** As `json.Unmarshal` into a map: null gives an empty map. */
export function parseJsonMap(text: string, options: JsonOptions = {}): ValueMap {
  const value = parseJson(text, options);
  if (value === null) return {};
  if (jsonKind(value) !== 'object') throw kindError(value, 'map[string]interface {}');
  return value as ValueMap;
}

/** As `json.Unmarshal` into a slice: null gives an empty list. */
export function parseJsonList(text: string, options: JsonOptions = {}): Value[] {
  const value = parseJson(text, options);
  if (value === null) return [];
  if (!Array.isArray(value)) throw kindError(value, '[]interface {}');
  return value;
}

/** As one `Decode` of a json.Decoder: the first value of `text` and where it ends. */
export function parseJsonPrefix(text: string): { value: Value; end: number } {
  const reader = new JsonReader(text, {});
  const value = reader.value();
  return { value: reader.finish(value), end: reader.at };
}

/** The error of json.Unmarshal for a value of the wrong kind. */
export const kindError = (value: Value, type: string): Error =>
  new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`);

/** The word of Go's decoder for what a JSON value is. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint' || value instanceof GoInt) return 'number';
  return typeof value;
}

/** Where JSON.parse and Go differ: lone surrogates, and numbers beyond float64. */
const NEEDS_CARE = /\\u[dD][89a-fA-F]|[\ud800-\udfff]|\d[eE]|\d{300}/;
