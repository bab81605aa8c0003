/**
 * Reads a YAML document into a Go struct as sigs.k8s.io/yaml does: by way of JSON, names without regard to case, numbers
 * and booleans taken as text where the field is a string, and Go's words where a type does not fit. A shape says what
 * the struct holds; keys of the result are the JSON names.
 */
import { formatFloat } from '../template/float.ts';
import { compareStrings, getKey, isList, isMap, setKey, type Value, type ValueMap } from '../template/value.ts';
import { jsonKind } from './json.ts';

export type Shape = 'string' | 'bool' | 'int' | 'any' | ListShape | MapShape | StructShape;
export interface ListShape {
  list: Shape;
  /** The name of the type, where it has one. */
  type?: string;
}
export interface MapShape {
  map: Shape;
}
export interface StructShape {
  /** As Go's error texts name it: package and type, `v2.Metadata`. */
  struct: string;
  /** Where it has no name: all of it, as Go writes it. */
  type?: string;
  fields: { [name: string]: Shape };
  /** A pointer: null stays null in place of an empty struct. */
  pointer?: boolean;
}

export interface DecodeOptions {
  /** Refuses fields that the struct does not have. */
  strict?: boolean;
  /** Takes no number or boolean as text: what encoding/json does, and sigs.k8s.io/yaml deep inside of a value. */
  exact?: boolean;
  /** Where to put the fields: a later document over an earlier one. */
  into?: ValueMap;
}

/** Fills a struct from a value that the YAML reader gave, best with its integers as bigint. Throws as encoding/json. */
export function decodeStruct(shape: StructShape, value: Value, options: DecodeOptions = {}): ValueMap {
  const problems: string[] = [];
  const result = options.into ?? {};
  if (value !== null && value !== undefined) {
    const { strict = false, exact = false } = options;
    if (isMap(value)) fillStruct(shape, value, result, { problems, strict, exact, path: '' });
    else problems.push(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${shape.struct}`);
  }
  if (problems.length > 0) throw new Error(`error unmarshaling JSON: while decoding JSON: ${problems[0]}`);
  return result;
}

interface Context {
  problems: string[];
  strict: boolean;
  exact: boolean;
  /** Names of the fields down to this struct, with dots. */
  path: string;
}

function fillStruct(shape: StructShape, source: ValueMap, target: ValueMap, context: Context): void {
  for (const key of Object.keys(source).sort(compareStrings)) {
    const name = fieldNamed(shape, key);
    if (name === undefined) {
      if (context.strict) context.problems.push(`json: unknown field ${JSON.stringify(key)}`);
      continue;
    }
    const path = context.path === '' ? name : `${context.path}.${name}`;
    const owner = shape.struct.slice(shape.struct.indexOf('.') + 1);
    const fail = (found: Value, type: string): undefined => {
      context.problems.push(
        `json: cannot unmarshal ${jsonKind(found)} into Go struct field ${owner}.${path} of type ${type}`,
      );
      return undefined;
    };
    const field = shape.fields[name]!;
    const decoded = decode(field, source[key]!, { ...context, path }, fail, getKey(target, name));
    if (decoded !== undefined && decoded !== null) setKey(target, name, decoded);
    // Null makes lists, maps and pointers nil, and leaves all else as it was.
    else if (decoded === null && typeof field === 'object') delete target[name];
  }
}

function fieldNamed(shape: StructShape, key: string): string | undefined {
  if (Object.hasOwn(shape.fields, key)) return key;
  const lower = key.toLowerCase();
  return Object.keys(shape.fields).find((name) => name.toLowerCase() === lower);
}

/** The value as the shape has it; undefined where it does not fit, or where null leaves the field as it was. */
function decode(
  shape: Shape,
  value: Value,
  context: Context,
  fail: (found: Value, type: string) => undefined,
  old?: Value,
): Value | undefined {
  if (shape === 'any') return value;
  if (value === null) return typeof shape === 'object' ? null : undefined;
  if (shape === 'string')
    return (context.exact && typeof value !== 'string' ? undefined : asText(value)) ?? fail(value, 'string');
  if (shape === 'bool') return typeof value === 'boolean' ? value : fail(value, 'bool');
  if (shape === 'int') return asInteger(value) ?? fail(value, 'int');
  if ('list' in shape) {
    if (!isList(value)) return fail(value, typeName(shape));
    return value.map((item) => decode(shape.list, item, context, fail) ?? emptyOf(shape.list));
  }
  if (!isMap(value)) return fail(value, 'map' in shape ? typeName(shape) : (shape.type ?? shape.struct));
  const result: ValueMap = old !== undefined && old !== null && isMap(old) ? old : {};
  if ('struct' in shape) fillStruct(shape, value, result, context);
  else
    for (const key of Object.keys(value).sort(compareStrings))
      setKey(result, key, decode(shape.map, value[key]!, context, fail) ?? emptyOf(shape.map));
  return result;
}

/** What sigs.k8s.io/yaml makes of a scalar for a string field: integers in full, floats with a float32's digits. */
function asText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  return typeof value === 'number' ? formatFloat(value, 'g', -1, 32) : undefined;
}

function asInteger(value: Value): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

const emptyOf = (shape: Shape): Value =>
  shape === 'string' ? '' : shape === 'bool' ? false : shape === 'int' ? 0 : null;

function typeName(shape: Shape): string {
  if (shape === 'any') return 'interface {}';
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return shape.type ?? `[]${typeName(shape.list)}`;
  if ('map' in shape) return `map[string]${typeName(shape.map)}`;
  return (shape.pointer ? '*' : '') + shape.struct;
}
