/**
 * TOML as BurntSushi/toml writes and reads it. Written are plain keys first, then tables, both sorted, tables indented.
 * Its error texts of reading are followed where the sense is the same.
 */
import { formatFloat } from '../template/float.ts';
import { quote } from '../template/quote.ts';
import {
  GoInt,
  type GoObject,
  getKey,
  int64,
  isGoObject,
  isMap,
  isNil,
  setKey,
  sortedKeys,
  type Value,
  type ValueMap,
} from '../template/value.ts';
import { lazily } from './lazy.ts';
import { tomlTime, tomlTimeText } from './toml-time.ts';

/** Throws what the library says of what has no TOML; toToml of a template answers that text. */
export function toToml(value: Value): string {
  const writer = new TomlWriter();
  writer.root(value);
  return writer.text;
}

const MAX_DEPTH = 1000;

class TomlWriter {
  text = '';

  root(value: Value): void {
    if (value === null || value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value');
    if (isTableList(value)) throw new Error('toml: top-level values must be Go maps or structs');
    if (isMap(value)) this.#map([], value);
    else this.text += element(value, 0);
  }

  #map(path: string[], map: ValueMap): void {
    if (path.length > MAX_DEPTH) throw new Error('toml: tables are nested too deep');
    const { plain, tables } = keysOf(map);
    for (const key of plain) this.#entry([...path, key], map[key]);
    for (const key of tables) this.#entry([...path, key], map[key]);
  }

  #entry(path: string[], value: Value): void {
    if (isAbsent(value)) return;
    if (isTableList(value)) for (const item of value) this.#table(path, item as ValueMap, '[[', ']]');
    else if (isMap(value)) this.#table(path, value, '[', ']');
    else this.text += `${indentOf(path)}${quoteKey(path.at(-1)!)} = ${element(value, 0)}\n`;
  }

  /** A blank line stands before top-level tables, and before each table of a list. */
  #table(path: string[], map: ValueMap, open: string, close: string): void {
    if (this.text !== '' && (path.length === 1 || open === '[[')) this.text += '\n';
    this.text += `${indentOf(path)}${open}${path.map(quoteKey).join('.')}${close}\n`;
    this.#map(path, map);
  }
}

const indentOf = (path: string[]): string => '  '.repeat(path.length - 1);

/** Tables come after all other keys, or those would belong to the tables. */
function keysOf(map: ValueMap): { plain: string[]; tables: string[] } {
  const plain: string[] = [];
  const tables: string[] = [];
  for (const key of sortedKeys(map)) {
    const value = getKey(map, key);
    (isTableList(value) || (isMap(value) && !isAbsent(value)) ? tables : plain).push(key);
  }
  return { plain, tables };
}

const isAbsent = (value: Value): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === 'object' && !(value instanceof GoInt) && isNilValue(value));

const isNilValue = (value: object): boolean => isNil(value as ValueMap);

/** Whether a list holds nothing but maps; a nil among its items is refused. */
function isTableList(value: Value): value is Value[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  let all = true;
  for (const item of value) {
    if (isAbsent(item)) throw new Error('toml: cannot encode array with nil element');
    if (!isMap(item)) {
      isTableList(item);
      all = false;
    }
  }
  return all;
}

function element(value: Value, depth: number): string {
  if (depth > MAX_DEPTH) throw new Error('toml: values are nested too deep');
  if (typeof value === 'string') return quoteToml(value);
  if (typeof value === 'number') return float(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof GoInt) return String(value.value);
  if (Array.isArray(value)) return `[${value.map((item) => element(item, depth + 1)).join(', ')}]`;
  if (isGoObject(value)) return objectText(value, depth);
  if (isMap(value)) return inlineTable(value, depth);
  throw new Error(`unexpected type: ${typeof value}`);
}

/** A time stands as it is: that of a document as it was written, any other as its JSON says it. */
function objectText(object: GoObject, depth: number): string {
  const data = object.toData?.() ?? {};
  return tomlTimeText(object) ?? (object.type === 'time.Time' ? String(data) : element(data, depth + 1));
}

/** As the library: the comma before a nil at the end stays. */
function inlineTable(map: ValueMap, depth: number): string {
  const { plain, tables } = keysOf(map);
  const part = (keys: string[], follows: boolean) =>
    keys.map((key, i) => {
      if (isAbsent(map[key])) return '';
      const comma = follows || i < keys.length - 1 ? ', ' : '';
      return `${quoteKey(key)} = ${element(map[key], depth + 1)}${comma}`;
    });
  return `{${[...part(plain, tables.length > 0), ...part(tables, false)].join('')}}`;
}

/** Go's shortest form, with a point or an exponent. */
function float(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = formatFloat(value, 'g');
  return /[e.]/.test(text) ? text : `${text}.0`;
}

const quoteKey = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : quoteToml(key));

const quoteToml = (text: string): string => `"${text.replace(/[\x00-\x1f"\\\x7f]/g, escapeChar)}"`;

const ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

const escapeChar = (char: string): string =>
  ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

const smolToml = lazily('smol-toml', () => require('smol-toml') as Toml);

type Toml = typeof import('smol-toml');

/** Integers are int64, floats float64, dates and times a time.Time. */
export function parseToml(text: string): ValueMap {
  const toml = smolToml();
  try {
    return fromLibrary(toml.parse(text.replace(/^\ufeff/, ''), { integersAsBigInt: true }), toml) as ValueMap;
  } catch (error) {
    throw toGoError(error as Error & { line?: number }, text);
  }
}

function fromLibrary(value: unknown, toml: Toml): Value {
  if (typeof value === 'bigint') return int64(value);
  if (typeof value !== 'object' || value === null) return value as Value;
  if (Array.isArray(value)) return value.map((item) => fromLibrary(item, toml));
  if (value instanceof toml.TomlDate) return tomlTime(value.toISOString());
  const map: ValueMap = {};
  for (const key of Object.keys(value)) setKey(map, key, fromLibrary((value as ValueMap)[key], toml));
  return map;
}

/** The library's words where nothing that could be a value follows on a key. */
function missingValue(text: string, line: number): string | undefined {
  const lines = text.split('\n');
  const rest = /^\s*[\w.-]+[ \t]*=[ \t]*(#|$)/.exec(lines[line - 1] ?? '')?.[1];
  if (rest === undefined) return undefined;
  if (rest === '' && line === lines.length) return 'unexpected EOF; expected value';
  return `expected value but found '${rest || '\\n'}' instead`;
}

/** `toml: line N (last key "k"): …` */
function toGoError(error: Error & { line?: number }, text: string): Error {
  const line = error.line ?? 1;
  const reason = missingValue(text, line) ?? error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
  const key = /^\s*([\w.-]+)\s*=/.exec(text.split('\n')[line - 1] ?? '')?.[1];
  const place = key === undefined ? '' : ` (last key ${quote(key)})`;
  return new Error(`toml: line ${line}${place}: ${reason}`, { cause: error });
}
