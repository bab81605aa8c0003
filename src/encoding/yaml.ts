/**
 * YAML as sigs.k8s.io/yaml reads and writes it: go-yaml's YAML 1.1 on the outside, JSON's values on the inside.
 */
import { formatFloat } from '../template/float.ts';
import { encodeUtf8 } from '../template/utf8.ts';
import { GoInt, isGoObject, isMap, markedType, setKey, type Value, type ValueMap } from '../template/value.ts';
import { encodeBase64 } from './base64.ts';
import { kindError, toJson } from './json.ts';
import { composeYaml } from './yaml-compose.ts';
import { keysInYamlOrder } from './yaml-key-order.ts';
import { readPlainYaml } from './yaml-plain.ts';
import { isTimestamp, mayResolve, resolvePlain } from './yaml-resolve.ts';
import { writeYaml, type YamlDialect } from './yaml-write.ts';

export interface YamlOptions {
  /** Integers as bigint, where their size or their type matters. */
  bigints?: boolean;
}

/** The first document of `text`; numbers are float64, keys strings. Throws `error converting YAML to JSON: yaml: …`. */
export function parseYaml(text: string, options: YamlOptions = {}): Value {
  const bigints = options.bigints === true;
  const plain = readPlainYaml(text, bigints);
  if (plain !== undefined) return plain;
  try {
    return toJsonValue(composeYaml(text), bigints);
  } catch (error) {
    throw new Error(`error converting YAML to JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** What JSON keeps of a value: its integers become float64, and it has neither infinities nor NaN. */
function toJsonValue(value: Value, bigints: boolean): Value {
  if (typeof value === 'bigint') return bigints ? value : Number(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`json: unsupported value: ${formatFloat(value, 'g')}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = toJsonValue(value[i], bigints);
    return value;
  }
  const map = value as ValueMap;
  for (const key of Object.keys(map)) setKey(map, key, toJsonValue(map[key], bigints));
  return value;
}

/** `parseYaml` of what must be a map; nothing and null give an empty one. As `fromYaml` and values files read. */
export function parseYamlMap(text: string): ValueMap {
  const value = parseYaml(text);
  if (value === null) return {};
  if (!isMap(value)) throw decodeError(value, 'map[string]interface {}');
  return value;
}

/** `parseYaml` of what must be a list; nothing and null give an empty one. As `fromYamlArray` reads. */
export function parseYamlList(text: string): Value[] {
  const value = parseYaml(text);
  if (value === null) return [];
  if (!Array.isArray(value)) throw decodeError(value, '[]interface {}');
  return value;
}

const decodeError = (value: Value, type: string): Error =>
  new Error(`error unmarshaling JSON: while decoding JSON: ${kindError(value, type).message}`);

/** As yaml.Marshal: ends in a newline. Throws where there is no such YAML (then a template's toYaml gives ""). */
export function toYaml(value: Value): string {
  return writeYaml(isSameInJson(value) ? value : composeYaml(toJson(value)), SIGS);
}

/** As go-yaml v3's encoder with an indentation of two, which toYamlPretty uses: ends in a newline. */
export function toYamlPretty(value: Value): string {
  return writeYaml(withData(value), PRETTY);
}

/**
 * sigs.k8s.io/yaml writes a value as JSON, reads that as YAML and writes what it read. For most values the way there
 * and back changes nothing, and it can be left out.
 */
function isSameInJson(value: Value): boolean {
  if (typeof value === 'string') return !CHANGED.test(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' || value === null;
  if (markedType(value as ValueMap) !== undefined) return false;
  if (Array.isArray(value)) return value.every(isSameInJson);
  if (!isMap(value)) return false;
  return Object.keys(value).every((key) => key.length < MAX_SAFE_KEY && !CHANGED.test(key) && isSameInJson(value[key]));
}

/** What YAML does not read from JSON as it was: control characters, breaks of YAML 1.1, invalid bytes. */
const CHANGED = /[\x7f-\x9f\ud800-\udfff\ufffe\uffff]/u;

/** Escaped, it is still within the 1024 characters of a key. */
const MAX_SAFE_KEY = 150;

const SIGS: YamlDialect = {
  indentLists: false,
  width: 80,
  tabsInBlocks: false,
  keysOf: (map) => keysInYamlOrder(map),
  scalar: (value) => (typeof value === 'number' ? jsonNumber(value) : otherScalar(value)),
  needsQuotes,
};

const PRETTY: YamlDialect = {
  indentLists: true,
  width: Number.POSITIVE_INFINITY,
  tabsInBlocks: true,
  keysOf: (map) => keysInYamlOrder(map, true),
  scalar: (value) => (typeof value === 'number' ? yamlFloat(value) : (timeScalar(value) ?? otherScalar(value))),
  needsQuotes: (text) => /^0o[+-][0-7]+$/.test(text) || needsQuotes(text),
  tagged: (text) => (INVALID.test(text) ? { tag: '!!binary', text: foldedBase64(text) } : undefined),
};

/** Integers of 64 bits keep their digits. */
function jsonNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value + 0);
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return formatFloat(value, 'g');
  const digits = BigInt(String(value));
  return digits >= -(2n ** 63n) && digits < 2n ** 64n ? String(digits) : formatFloat(value, 'g');
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return formatFloat(value, 'g');
}

/** Times and durations are no texts to go-yaml. */
function timeScalar(value: Value): string | undefined {
  if (!isGoObject(value)) return undefined;
  if (value.type === TIME) return String(value.toData?.());
  return value.type === 'time.Duration' ? value.print() : undefined;
}

const TIME = 'time.Time';

function otherScalar(value: Value): string {
  if (value === null || value === undefined) return 'null';
  return String(value instanceof GoInt ? value.value : value);
}

/** Whether `text` without quotes would be read as no text; base 60 floats are quoted for the sake of other readers. */
function needsQuotes(text: string): boolean {
  if (text === '') return true;
  const first = text.charCodeAt(0);
  if (!mayResolve(first)) return false;
  return typeof resolvePlain(text) !== 'string' || (first <= 0x39 && (isTimestamp(text) || BASE60.test(text)));
}

const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** A byte that is no valid UTF-8. */
const INVALID = /[\ud800-\udfff]/u;

function foldedBase64(text: string): string {
  const encoded = encodeBase64(encodeUtf8(text));
  return encoded.length < 70 ? encoded : encoded.replace(/.{1,70}/g, '$&\n');
}

/** What stands in place of Go's objects. */
function withData(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof GoInt) return value;
  if (isGoObject(value)) return value.type === TIME ? value : withData(value.toData?.() ?? null);
  if (Array.isArray(value)) return value.map(withData);
  const map: ValueMap = {};
  for (const key of Object.keys(value)) setKey(map, key, withData(value[key]));
  return map;
}
