/**
 * A decoded JSON value as Go's decoder would put it into the type's struct and write it out again: unknown fields are
 * dropped and told, wrong types are refused with Go's texts, zero values appear or vanish as their tags say, times and
 * quantities are canonical. One walk; the result shares nothing that the walk may have to change.
 */
import { jsonKind } from '../encoding/json.ts';
import { getOwn, isObject, type JsonObject, setOwn } from './json.ts';
import { type GroupVersionKind, timestamp } from './object.ts';
import { canonicalQuantity } from './quantity.ts';
import type { Field, ScalarType, StructType, Type } from './scheme.ts';
import { badRequest, type StatusError } from './status.ts';

export interface Decoded<T = JsonObject> {
  object: T;
  /** What strict validation refuses and the warning mode warns of: `unknown field "spec.replica"`. */
  strict: string[];
}

/** Throws an Error with Go's text where a value does not fit its field. */
export function decodeTyped<T = JsonObject>(value: unknown, type: StructType): Decoded<T> {
  const walk: Walk = { steps: [], struct: undefined, unknown: false };
  const object = decodeStruct(walk, value ?? {}, type) as T;
  return { object, strict: walk.unknown ? unknownFields(value, type) : [] };
}

/** The refusal of a body that does not decode. */
export const cannotHandle = (gvk: GroupVersionKind, message: string): StatusError =>
  badRequest(`${gvk.kind} in version "${gvk.version}" cannot be handled as a ${gvk.kind}: ${message}`);

/** The text under which strict validation gathers its findings. */
export const strictMessage = (errors: string[]): string => `strict decoding error: ${errors.join(', ')}`;

const MAX_STRICT_ERRORS = 100;

interface Walk {
  /** Field names as they are, map keys after a NUL, list indices as numbers. */
  steps: (string | number)[];
  unknown: boolean;
  /** The innermost struct, as Go's message names it. */
  struct: StructType | undefined;
}

function decode(walk: Walk, value: unknown, type: Type): unknown {
  switch (type.kind) {
    case 'struct':
      return decodeStruct(walk, value, type);
    case 'list':
      return decodeList(walk, value, type.items, type);
    case 'map':
      return decodeMap(walk, value, type.values, type);
    case 'union':
      if (isObject(value)) return decodeStruct(walk, value, type.struct);
      return Array.isArray(value) ? value.map((item) => decode(walk, item, type)) : value;
    default:
      return decodeScalar(walk, value, type);
  }
}

function decodeStruct(walk: Walk, value: unknown, type: StructType): JsonObject {
  if (value === null) value = {};
  if (!isObject(value)) throw mismatch(walk, value, type);
  const outer = walk.struct;
  walk.struct = type;
  const object: JsonObject = {};
  let known = 0;
  for (const field of type.fields) {
    const own = getOwn(value, field.name);
    if (own !== undefined) known++;
    decodeField(walk, object, field, own);
  }
  if (known < Object.keys(value).length) walk.unknown = true;
  walk.struct = outer;
  return object;
}

function decodeField(walk: Walk, object: JsonObject, field: Field, value: unknown): void {
  if (value === undefined || value === null) {
    if (field.pointer ? !field.omitempty : !field.omitzero) addZero(walk, object, field);
    return;
  }
  walk.steps.push(field.name);
  const decoded = decode(walk, value, field.type);
  walk.steps.pop();
  if (!field.pointer && field.omitempty && isEmpty(decoded, field.type)) return;
  // Storage forgets that a list was there and empty.
  object[field.name] = Array.isArray(decoded) && decoded.length === 0 ? null : decoded;
}

/** What Go writes for a field that was not set. */
function addZero(walk: Walk, object: JsonObject, { name, type, pointer, omitempty }: Field): void {
  if (pointer) object[name] = null;
  else if (type.kind === 'struct') {
    object[name] = decodeStruct(walk, {}, type);
  } else if (!omitempty || ALWAYS_WRITTEN[type.kind]) object[name] = ZERO[type.kind];
}

/** Structs to Go, which omitempty does not omit. */
const ALWAYS_WRITTEN: Partial<Record<Type['kind'], true>> = {
  time: true,
  microTime: true,
  quantity: true,
  intOrString: true,
  raw: true,
};

const ZERO: Partial<Record<Type['kind'], unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  float64: 0,
  bool: false,
  bytes: null,
  list: null,
  map: null,
  time: null,
  microTime: null,
  quantity: '0',
  intOrString: 0,
  raw: null,
  json: null,
  fieldsV1: null,
  union: null,
};

function isEmpty(value: unknown, type: Type): boolean {
  if (value === '' || value === 0 || value === false) return !ALWAYS_WRITTEN[type.kind];
  if (type.kind === 'list') return (value as unknown[]).length === 0;
  return type.kind === 'map' && Object.keys(value as object).length === 0;
}

function decodeList(walk: Walk, value: unknown, items: Type, type: Type): unknown[] {
  if (!Array.isArray(value)) throw mismatch(walk, value, type);
  const at = walk.steps.length;
  const list = value.map((item, i) => {
    walk.steps[at] = i;
    return item === null ? zeroItem(walk, items) : decode(walk, item, items);
  });
  walk.steps.length = at;
  return list;
}

const zeroItem = (walk: Walk, type: Type): unknown =>
  type.kind === 'struct' ? decodeStruct(walk, {}, type) : (ZERO[type.kind] ?? null);

function decodeMap(walk: Walk, value: unknown, values: Type, type: Type): JsonObject {
  if (!isObject(value)) throw mismatch(walk, value, type);
  const at = walk.steps.length;
  const map: JsonObject = {};
  for (const key of Object.keys(value)) {
    walk.steps[at] = `\0${key}`;
    const item = value[key];
    setOwn(map, key, item === null ? zeroItem(walk, values) : decode(walk, item, values));
  }
  walk.steps.length = at;
  return map;
}

function decodeScalar(walk: Walk, value: unknown, type: ScalarType): unknown {
  switch (type.kind) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'int32':
      if (typeof value === 'number' && value === (value | 0)) return value;
      break;
    case 'int64':
      if (Number.isInteger(value) && Math.abs(value as number) < 2 ** 63) return value;
      break;
    case 'float64':
      if (typeof value === 'number') return value;
      break;
    case 'bytes':
      if (typeof value === 'string') return checkBase64(value);
      break;
    case 'quantity':
      return canonicalQuantity(typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value));
    case 'time':
      return canonicalTime(value);
    case 'microTime':
      return canonicalTime(value, true);
    case 'intOrString':
      return checkIntOrString(value);
    default:
      return value;
  }
  throw mismatch(walk, value, type);
}

function checkIntOrString(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && value === (value | 0)) return value;
  throw new Error(`json: cannot unmarshal ${kindOf(value, true)} into Go value of type int32`);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function checkBase64(text: string): string {
  if (text.length % 4 === 0 && BASE64.test(text)) return text;
  const clean = text.replace(/[\r\n]/g, '');
  const bad = clean.search(/[^A-Za-z0-9+/]/);
  if (clean.length % 4 === 0 && BASE64.test(clean)) return clean;
  const padding = /^[A-Za-z0-9+/]*=/.test(clean) && bad % 4 >= 2 ? clean.length : bad;
  throw new Error(`illegal base64 data at input byte ${bad < 0 ? clean.length - (clean.length % 4) : padding}`);
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;
const CANONICAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Times are told in UTC, to the second or, for MicroTime, to the microsecond. */
function canonicalTime(value: unknown, micro = false): string | null {
  if (typeof value !== 'string')
    throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  if (value === '' && !micro) return null;
  const milliseconds = Date.parse(value);
  const match = RFC3339.exec(value);
  if (!match || Number.isNaN(milliseconds)) throw new Error(timeError(value, micro));
  if (!micro) return CANONICAL_TIME.test(value) ? value : timestamp(milliseconds);
  const fraction = (match[7] ?? '').slice(1, 7).padEnd(6, '0');
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction}Z`;
}

function timeError(text: string, micro: boolean): string {
  const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
  const parts: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d/, '05'],
    [/^([.,]\d+)?(Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = text;
  for (const [pattern, name] of parts) {
    const match = pattern.exec(rest);
    if (!match)
      return `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`;
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
  return `parsing time ${JSON.stringify(text)}: ${rangeOf(text)} out of range`;
}

function rangeOf(text: string): string {
  const [, month, , hour, minute, second] = /^\d+-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(text)!.map(Number);
  if (month! < 1 || month! > 12) return 'month';
  if (hour! > 23) return 'hour';
  if (minute! > 59) return 'minute';
  return second! > 59 ? 'second' : 'day';
}

/** A value that is not of its field's type. */
export class MisfitError extends Error {
  readonly value: unknown;
  readonly type: Type;
  constructor(message: string, value: unknown, type: Type) {
    super(message);
    this.value = value;
    this.type = type;
  }
}

function mismatch(walk: Walk, value: unknown, type: Type): MisfitError {
  const numeric = type.kind === 'int32' || type.kind === 'int64';
  const start = `json: cannot unmarshal ${kindOf(value, numeric)} into Go`;
  if (!walk.struct || walk.steps.length === 0) return new MisfitError(`${start} value of type ${type.go}`, value, type);
  const struct = walk.struct.name.slice(walk.struct.name.lastIndexOf('.') + 1);
  const path = walk.steps.filter((step) => typeof step === 'string' && step[0] !== '\0').join('.');
  return new MisfitError(`${start} struct field ${struct}.${path} of type ${type.go}`, value, type);
}

/** A number that does not fit is told. */
const kindOf = (value: unknown, numeric: boolean): string =>
  numeric && typeof value === 'number' ? `number ${value}` : jsonKind(value);

/** In the order of the document, as Go meets them. */
function unknownFields(value: unknown, type: Type, path = '', found: string[] = []): string[] {
  if (type.kind === 'union') return unknownFields(value, isObject(value) ? type.struct : JSON_LIST, path, found);
  if (type.kind === 'list' && Array.isArray(value))
    value.forEach((item, i) => void unknownFields(item, type.items, `${path}[${i}]`, found));
  if ((type.kind !== 'struct' && type.kind !== 'map') || !isObject(value)) return found;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    const inner = type.kind === 'map' ? type.values : type.byName.get(key)?.type;
    const at = path === '' ? key : `${path}.${key}`;
    if (inner) unknownFields(value[key], inner, at, found);
    else if (found.length < MAX_STRICT_ERRORS) found.push(`unknown field ${JSON.stringify(at)}`);
  }
  return found;
}

const JSON_LIST: Type = { kind: 'list', go: '[]interface {}', items: { kind: 'json', go: 'interface {}' } };
