/**
 * YAML as sigs.k8s.io/yaml reads and writes it: go-yaml's YAML 1.1 on the outside, JSON's values on the inside.
 */
import { createRequire } from 'node:module';
import { isMap, setKey, type Value, type ValueMap } from '../template/value.ts';
import { formatFloat } from './float.ts';
import { kindError, toJson } from './json.ts';
import { composeYaml } from './yaml-compose.ts';

const require = createRequire(import.meta.url);

export interface YamlOptions {
  /** Integers as bigint, where their size or their type matters. */
  bigints?: boolean;
}

/** The first document of `text`; numbers are float64, keys strings. Throws `error converting YAML to JSON: yaml: …`. */
export function parseYaml(text: string, options: YamlOptions = {}): Value {
  try {
    return toJsonValue(composeYaml(text), options.bigints === true);
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
  const yaml = require('yaml') as typeof import('yaml');
  return yaml.stringify(JSON.parse(toJson(value)), {
    version: '1.1',
    lineWidth: 0,
    indentSeq: false,
    sortMapEntries: true,
  });
}

/** As go-yaml v3's encoder with an indentation of two, which toYamlPretty uses: ends in a newline. */
export function toYamlPretty(value: Value): string {
  return toYaml(value);
}
