/** Takes from custom objects what their schema does not know, and fills in what it defaults. */
import { cloneJson, isObject, type JsonObject, setOwn } from '../../api/json.ts';
import { additionalOf, isEmbedded, preserves, type Schema } from './schema.ts';

const TYPE_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);
const MAX_TOLD = 100;

/** Removes unknown fields in place and answers their paths, in the order of the document. */
export function prune(value: unknown, schema: Schema, isRoot = true): string[] {
  const found: string[] = [];
  pruneInner(value, schema, '', isRoot, found);
  return found;
}

function pruneInner(value: unknown, schema: Schema, path: string, isResource: boolean, found: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, i) => void pruneInner(item, items, `${path}[${i}]`, isEmbedded(items), found));
    else if (!preserves(schema)) value.forEach((item, i) => void pruneInner(item, {}, `${path}[${i}]`, false, found));
  } else if (isObject(value)) pruneObject(value, schema, path, isResource || isEmbedded(schema), found);
}

function pruneObject(value: JsonObject, schema: Schema, path: string, isResource: boolean, found: string[]): void {
  const additional = additionalOf(schema);
  for (const key of Object.keys(value)) {
    if (isResource && TYPE_FIELDS.has(key)) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const inner = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : additional;
    if (inner) pruneInner(value[key], inner, at, isEmbedded(inner), found);
    else if (!preserves(schema) && schema.additionalProperties !== true) {
      delete value[key];
      if (found.length < MAX_TOLD) found.push(at);
    }
  }
}

/** Sets defaults in place. A null that may not stand gives way to its default, or goes. */
export function applySchemaDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (const item of value) applySchemaDefaults(item, items);
  } else if (isObject(value)) defaultObject(value, schema);
}

function defaultObject(value: JsonObject, schema: Schema): void {
  const { properties = {} } = schema;
  for (const key of Object.keys(properties)) {
    const inner = properties[key]!;
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    if (given === null && inner.nullable !== true) delete value[key];
    if ((given === undefined || given === null) && inner.default !== undefined && !Object.hasOwn(value, key))
      setOwn(value, key, cloneJson(inner.default));
    if (Object.hasOwn(value, key)) applySchemaDefaults(value[key], inner);
  }
  const additional = additionalOf(schema);
  if (!additional) return;
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue;
    if (value[key] === null && additional.nullable !== true) delete value[key];
    else applySchemaDefaults(value[key], additional);
  }
}
