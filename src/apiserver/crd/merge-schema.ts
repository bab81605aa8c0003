/** How custom objects merge under server-side apply, by the extensions of their schema. */
import {
  BOOLEAN,
  DEDUCED,
  LEAF,
  type MergeSchema,
  mergeSchemaOf,
  NUMERIC,
  STRING,
  type StructSchema,
} from '../../api/merge-schema.ts';
import { type StructType, typeNamed } from '../../api/scheme.ts';
import { additionalOf, isEmbedded, isIntOrString, preserves, type Schema } from './schema.ts';

/** Of a whole custom object: its type fields and metadata are those of every object. */
export function customMergeSchema(schema: Schema): MergeSchema {
  return { ...(objectSchema(schema) as StructSchema), fields: withTypeFields(fieldsOf(schema)) };
}

function withTypeFields(fields: Map<string, MergeSchema>): Map<string, MergeSchema> {
  const meta = mergeSchemaOf(typeNamed('meta/v1.ObjectMeta') as StructType);
  return new Map([...fields, ['apiVersion', LEAF], ['kind', LEAF], ['metadata', meta]]);
}

const fieldsOf = ({ properties = {} }: Schema): Map<string, MergeSchema> =>
  new Map(Object.entries(properties).map(([name, schema]) => [name, toMergeSchema(schema)]));

function toMergeSchema(schema: Schema): MergeSchema {
  if (isIntOrString(schema)) return LEAF;
  switch (schema.type) {
    case 'object':
      return isEmbedded(schema) ? DEDUCED : objectSchema(schema);
    case 'array':
      return listSchema(schema);
    case undefined:
      return DEDUCED;
    default:
      return schema.format === undefined || schema.type !== 'string' ? (SCALARS[schema.type] ?? LEAF) : LEAF;
  }
}

const SCALARS: Record<string, MergeSchema> = { string: STRING, boolean: BOOLEAN, integer: NUMERIC, number: NUMERIC };

function objectSchema(schema: Schema): MergeSchema {
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  const additional = additionalOf(schema);
  if (!schema.properties) return additional ? { kind: 'map', values: toMergeSchema(additional) } : DEDUCED;
  return { kind: 'struct', fields: fieldsOf(schema), ...(preserves(schema) && { others: DEDUCED }) };
}

function listSchema(schema: Schema): MergeSchema {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return { kind: 'set' };
  if (type !== 'map') return { kind: 'leaf', ...(schema.items && { items: toMergeSchema(schema.items) }) };
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const properties = schema.items?.properties ?? {};
  const defaults = new Map<string, unknown>();
  for (const key of keys) if (properties[key]?.default !== undefined) defaults.set(key, properties[key].default);
  return { kind: 'list', keys, defaults, items: schema.items ? toMergeSchema(schema.items) : DEDUCED };
}
