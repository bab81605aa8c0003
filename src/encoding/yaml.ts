/**
 * YAML as sigs.k8s.io/yaml reads and writes it: go-yaml's YAML 1.1 on the outside, JSON's values on the inside.
 */
import { createRequire } from 'node:module';
import { isMap, type Value, type ValueMap } from '../template/value.ts';
import { kindError, toJson } from './json.ts';

const require = createRequire(import.meta.url);

/** The first document of `text`; numbers are float64, keys strings. Throws `error converting YAML to JSON: yaml: …`. */
export function parseYaml(text: string): Value {
  const yaml = require('yaml') as typeof import('yaml');
  try {
    return (yaml.parseAllDocuments(text, { version: '1.1', merge: true }) as { toJS(): Value }[])[0]?.toJS() ?? null;
  } catch (error) {
    throw new Error(`error converting YAML to JSON: yaml: ${(error as Error).message}`);
  }
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
