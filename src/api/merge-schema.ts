/** How the parts of an object merge and who may own them: what structured-merge-diff knows of a type. */
import type { Field, StructType, Type } from './scheme.ts';

export type MergeSchema = Leaf | StructSchema | MapSchema | SetSchema | ListSchema | Deduced;

/** Owned as a whole: scalars, atomic lists and atomic maps. */
interface Leaf {
  kind: 'leaf';
}

export interface StructSchema {
  kind: 'struct';
  fields: Map<string, MergeSchema>;
  /** What an undeclared field is; absent: an error when applied. */
  others?: MergeSchema;
}

interface MapSchema {
  kind: 'map';
  values: MergeSchema;
}

/** A list of scalars without order or repetition. */
interface SetSchema {
  kind: 'set';
}

export interface ListSchema {
  kind: 'list';
  keys: string[];
  /** Of key fields that an item may omit. */
  defaults: Map<string, unknown>;
  items: MergeSchema;
}

/** Judged by the value: maps merge, everything else is a leaf. */
interface Deduced {
  kind: 'deduced';
}

export const LEAF: MergeSchema = { kind: 'leaf' };
export const DEDUCED: MergeSchema = { kind: 'deduced' };

const schemas = new WeakMap<StructType, MergeSchema>();

export function mergeSchemaOf(type: StructType): MergeSchema {
  const known = schemas.get(type);
  if (known) return known;
  if (type.atomic) return remember(type, LEAF);
  if (type.fields.length === 0) return remember(type, DEDUCED);
  const schema: StructSchema = { kind: 'struct', fields: new Map() };
  schemas.set(type, schema); // before its fields: types hold themselves
  for (const field of type.fields) schema.fields.set(field.name, fieldSchema(field));
  return schema;
}

function remember(type: StructType, schema: MergeSchema): MergeSchema {
  schemas.set(type, schema);
  return schema;
}

function fieldSchema(field: Field): MergeSchema {
  const { type } = field;
  if (field.mapType === 'atomic') return LEAF;
  if (type.kind !== 'list') return typeSchema(type);
  if (field.listType === 'set') return { kind: 'set' };
  if (field.listType !== 'map') return LEAF;
  return {
    kind: 'list',
    keys: field.listMapKeys!,
    defaults: defaultsOf(type.items, field.listMapKeys!),
    items: typeSchema(type.items),
  };
}

function typeSchema(type: Type): MergeSchema {
  switch (type.kind) {
    case 'struct':
      return mergeSchemaOf(type);
    case 'map':
      return { kind: 'map', values: typeSchema(type.values) };
    case 'raw':
    case 'json':
    case 'union':
      return DEDUCED;
    default:
      return LEAF;
  }
}

function defaultsOf(items: Type, keys: string[]): Map<string, unknown> {
  const defaults = new Map<string, unknown>();
  for (const key of keys) {
    const value = items.kind === 'struct' ? items.byName.get(key)?.default : undefined;
    if (value !== undefined) defaults.set(key, value);
  }
  return defaults;
}
