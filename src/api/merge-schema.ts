/** How the parts of an object merge and who may own them: what structured-merge-diff knows of a type. */
import type { Field, ScalarKind, StructType, Type } from './scheme.ts';

export type MergeSchema = Leaf | StructSchema | MapSchema | SetSchema | ListSchema | Deduced;

/** Owned as a whole: scalars, atomic lists and atomic maps. */
interface Leaf {
  kind: 'leaf';
  scalar?: Scalar;
  /** What an atomic list holds, and what an atomic struct or map is inside: for what is applied must be of its type. */
  items?: MergeSchema;
  inside?: MergeSchema;
}

export type Scalar = 'numeric' | 'string' | 'boolean' | 'any scalar';

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
const scalar = (kind: Scalar): MergeSchema => ({ kind: 'leaf', scalar: kind });
export const NUMERIC = scalar('numeric');
export const STRING = scalar('string');
export const BOOLEAN = scalar('boolean');
const ANY = scalar('any scalar');
export const DEDUCED: MergeSchema = { kind: 'deduced' };

const schemas = new WeakMap<StructType, MergeSchema>();

export function mergeSchemaOf(type: StructType): MergeSchema {
  const known = schemas.get(type);
  if (known) return known;
  if (type.fields.length === 0 && !type.atomic) return remember(type, DEDUCED);
  const schema: StructSchema = { kind: 'struct', fields: new Map() };
  schemas.set(type, type.atomic ? { kind: 'leaf', inside: schema } : schema); // before its fields: types hold themselves
  for (const field of type.fields) schema.fields.set(field.name, fieldSchema(field));
  return schemas.get(type)!;
}

function remember(type: StructType, schema: MergeSchema): MergeSchema {
  schemas.set(type, schema);
  return schema;
}

function fieldSchema(field: Field): MergeSchema {
  const { type } = field;
  if (field.mapType === 'atomic') return { kind: 'leaf', inside: typeSchema(type) };
  if (type.kind !== 'list') return typeSchema(type);
  if (field.listType === 'set') return { kind: 'set' };
  if (field.listType !== 'map') return { kind: 'leaf', items: typeSchema(type.items) };
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
    case 'list':
      return { kind: 'leaf', items: typeSchema(type.items) };
    default:
      return SCALARS[type.kind] ?? LEAF;
  }
}

const SCALARS: Partial<Record<ScalarKind, MergeSchema>> = {
  string: STRING,
  bytes: STRING,
  bool: BOOLEAN,
  int32: NUMERIC,
  int64: NUMERIC,
  float64: NUMERIC,
  quantity: ANY,
  time: ANY,
  microTime: ANY,
  intOrString: ANY,
};

function defaultsOf(items: Type, keys: string[]): Map<string, unknown> {
  const defaults = new Map<string, unknown>();
  for (const key of keys) {
    const value = items.kind === 'struct' ? items.byName.get(key)?.default : undefined;
    if (value !== undefined) defaults.set(key, value);
  }
  return defaults;
}
