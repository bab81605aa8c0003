/**
 * JSON as CEL sees it: objects are maps, whole numbers are ints. With a structural schema, as Kubernetes: a field that the
 * schema does not name is not seen, and names that the language keeps for itself are escaped.
 */
import { isObject, type JsonObject } from '../../api/json.ts';
import { additionalOf, isEmbedded, isIntOrString, type Schema } from '../crd/schema.ts';
import type { Cel } from './language.ts';

/** Without a schema: numbers are ints where they are whole. */
export function toCelValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCelValue);
  if (!isObject(value)) return value ?? null;
  const map = new Map<string, unknown>();
  for (const key of Object.keys(value)) if (value[key] !== undefined) map.set(key, toCelValue(value[key]));
  return map;
}

/** The other way: what an expression made, as JSON. Throws for values that JSON has no form for. */
export function fromCelValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(fromCelValue);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]) => [nameOf(key), fromCelValue(each)]));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (!isObject(value)) return value ?? null;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('unable to convert to JSON');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromCelValue(each)]));
}

function nameOf(key: unknown): string {
  if (typeof key !== 'string')
    throw new Error(`map key ${JSON.stringify(String(key))} is of type ${typeof key}, not string`);
  return key;
}

export function toCelTyped(value: unknown, schema: Schema, cel: Cel, isRoot = false): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === 'string') return isIntOrString(schema) ? value : toCelString(value, schema.format, cel);
  if (Array.isArray(value)) {
    const { items } = schema;
    return value.map((item) => (items ? toCelTyped(item, items, cel) : toCelValue(item)));
  }
  return isObject(value) ? toCelMap(value, schema, cel, isRoot || isEmbedded(schema)) : value;
}

function toCelString(text: string, format: string | undefined, cel: Cel): unknown {
  if (format === 'date-time' || format === 'date') return new Date(text);
  if (format === 'duration') return cel.duration(text);
  if (format === 'byte') return new Uint8Array(Buffer.from(text, 'base64'));
  return text;
}

function toCelMap(value: JsonObject, schema: Schema, cel: Cel, isResource: boolean): Map<string, unknown> {
  const map = new Map<string, unknown>();
  const { properties } = schema;
  const additional = additionalOf(schema);
  for (const key of Object.keys(value)) {
    if (isResource && Object.hasOwn(RESOURCE, key)) map.set(key, RESOURCE[key]!(value[key]));
    else if (properties && Object.hasOwn(properties, key))
      map.set(escapeName(key), toCelTyped(value[key], properties[key]!, cel));
    else if (additional) map.set(key, toCelTyped(value[key], additional, cel));
    else if (schema.additionalProperties === true) map.set(key, toCelValue(value[key]));
  }
  return map;
}

/** Of the metadata rules see the names alone. */
const RESOURCE: Record<string, (value: unknown) => unknown> = {
  apiVersion: (value) => value,
  kind: (value) => value,
  metadata(value) {
    const { name, generateName } = isObject(value) ? value : {};
    return toCelValue({ name, generateName });
  },
};

const KEPT = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(' '),
);
const ESCAPES: Record<string, string> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A property's name as expressions write it. */
export const escapeName = (name: string): string =>
  KEPT.has(name) ? `__${name}__` : name.replace(/__|[-./]/g, (found) => ESCAPES[found]!);
