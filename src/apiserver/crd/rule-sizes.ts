/** How large values of a schema can be: what a request may hold bounds what the schema leaves open. */
import { escapeName } from '../cel/values.ts';
import { additionalOf, isEmbedded, isIntOrString, type Schema } from './schema.ts';

export type Kind = 'object' | 'map' | 'list' | 'string' | 'bytes' | 'scalar' | 'dyn';

/** A type as rules see it. */
export interface Sized {
  kind: Kind;
  /** Characters, bytes, items or entries at most; 0 for what has no size. */
  most: number;
  /** Bytes at least, as JSON. */
  bytes: number;
  /** Of the items of a list, or the values of a map. */
  inner?: Sized;
  fields?: Map<string, Sized>;
}

const MOST_BYTES = 3 * 1024 * 1024;
/** Without the brackets or the quotes. */
const MOST_INSIDE = MOST_BYTES - 2;

const scalar = (bytes: number): Sized => ({ kind: 'scalar', most: 0, bytes });
const text = (most: number): Sized => ({ kind: 'string', most, bytes: 2 });
const KEY = text(0);

/** Undefined for what rules cannot see. */
export function sizedOf(schema: Schema, isRoot: boolean): Sized | undefined {
  const { type, maxLength, items } = schema;
  if (isIntOrString(schema)) return { kind: 'dyn', most: maxLength ? maxLength * 4 : MOST_INSIDE, bytes: 1 };
  if (type === 'array') {
    const inner = items && sizedOf(items, isEmbedded(items));
    return inner && listOf(inner, schema.maxItems);
  }
  if (type === 'object' || isRoot) {
    const additional = additionalOf(schema);
    if (!additional) return objectOf(schema, isRoot);
    const inner = sizedOf(additional, isEmbedded(additional));
    const most = schema.maxProperties ?? Math.floor(MOST_INSIDE / ((inner?.bytes ?? 0) + 6));
    return inner && { kind: 'map', most: Math.max(0, most), bytes: 2, inner };
  }
  if (type === 'string') return textOf(schema);
  if (type === 'boolean') return scalar(4);
  return type === 'integer' || type === 'number' ? scalar(1) : undefined;
}

function listOf(inner: Sized, maxItems: number | undefined): Sized {
  const most = maxItems ?? Math.floor(MOST_INSIDE / (inner.bytes + 1));
  return { kind: 'list', most: Math.max(0, most), bytes: 2, inner };
}

/** Times and durations count as large as they are written. */
const FORMATS: Record<string, [most: number, bytes: number]> = {
  duration: [32, 3],
  date: [12, 12],
  'date-time': [32, 21],
};

function textOf({ format = '', maxLength, enum: values }: Schema): Sized {
  const time = FORMATS[format];
  if (time) return { kind: 'scalar', most: time[0], bytes: time[1] };
  if (format === 'byte') return { kind: 'bytes', most: maxLength ?? MOST_INSIDE, bytes: 2 };
  // A character is four bytes at most.
  if (maxLength !== undefined) return text(Math.max(0, maxLength) * 4);
  const lengths = (values ?? []).map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0));
  return text(lengths.length > 0 ? Math.max(...lengths) : MOST_INSIDE);
}

const UNBOUND = text(MOST_INSIDE);
const META: Sized = {
  kind: 'object',
  most: 0,
  bytes: 2,
  fields: new Map([
    ['name', UNBOUND],
    ['generateName', UNBOUND],
  ]),
};

function objectOf({ properties = {}, required = [] }: Schema, isRoot: boolean): Sized {
  const fields = new Map<string, Sized>();
  let bytes = 2;
  for (const [name, property] of Object.entries(properties)) {
    const field = sizedOf(property, isEmbedded(property));
    if (field === undefined) continue;
    fields.set(escapeName(name), field);
    if (required.includes(name) && property.default === undefined) bytes += Buffer.byteLength(name) + field.bytes + 4;
  }
  if (isRoot)
    for (const [name, field] of [
      ['apiVersion', UNBOUND],
      ['kind', UNBOUND],
      ['metadata', META],
    ] as const)
      fields.set(name, field);
  return { kind: 'object', most: 0, bytes, fields };
}

/** How often a value of this type may stand in an object where nothing says how often its parents may. */
export const timesIn = ({ bytes }: Sized): number => Math.floor(MOST_BYTES / (bytes + 1));

/** What each step of a path leads to; `@items` and `@values` to any of them. */
export function stepInto(type: Sized, name: string): Sized | undefined {
  if (name === '@items' || name === '@values') return type.inner;
  if (name === '@keys') return type.kind === 'map' ? KEY : undefined;
  return type.fields?.get(name);
}

/** By how much a schema multiplies what is inside; undefined where it sets no bound. */
export function timesInside(schema: Schema): number | undefined {
  if (schema.type === 'array') return schema.maxItems;
  return schema.type === 'object' && schema.additionalProperties ? schema.maxProperties : 1;
}

export const multiplied = (times: number | undefined, by: number | undefined): number | undefined =>
  times === undefined || by === undefined ? undefined : times * by;
