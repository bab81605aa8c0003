/** What Go's reflection says of a value: its kind, its elements, its emptiness, and whether two values are deeply equal. */
import { kindName, typeName } from '../template/type.ts';
import { GoInt, isGoObject, isList, isNil, type Value, type ValueMap } from '../template/value.ts';
import { NIL_POINTER } from './function.ts';
import { NamedInt } from './go-object.ts';

/** The kind, `invalid` for nil. */
export const kindOf = (value: Value): string => (value instanceof NamedInt ? value.underlying : kindName(value));

/** The kind of what must not be nil: reflect.TypeOf(nil) answers nil, and asking that for its kind panics. */
export function kindOfType(value: Value): string {
  if (value == null) throw new Error(NIL_POINTER);
  return kindOf(value);
}

/** The elements of a slice, undefined where `value` is none. */
export function elementsOf(value: Value): Value[] | undefined {
  if (isList(value)) return value;
  if (isGoObject(value) && value.kind === 'slice') return value.entries?.().map(([, element]) => element);
  return undefined;
}

/** As sprig's `empty`: the zero value of its kind; a struct never is, a nil pointer or interface is. */
export function isEmpty(value: Value): boolean {
  if (value == null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof GoInt) return value.value === 0n;
  if (typeof value !== 'object') return false;
  if (isGoObject(value))
    return (value.kind === 'slice' || value.kind === 'map') && (value.entries?.().length ?? 0) === 0;
  return isList(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/** reflect.DeepEqual: types count, nil and empty differ, NaN differs from itself. */
export function deepEqual(a: Value, b: Value): boolean {
  return equalWithin(a, b, 0);
}

/** Deeper than any document the parsers accept; only a value that contains itself gets there. */
const MAX_DEPTH = 10_000;

function equalWithin(a: Value, b: Value, depth: number): boolean {
  if (a === b) return !Number.isNaN(a);
  if (a == null || b == null) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object' || typeName(a) !== typeName(b)) return false;
  if (depth > MAX_DEPTH) return true;
  if (a instanceof GoInt) return a.value === (b as GoInt).value;
  if (isGoObject(a)) return isGoObject(b) && a.print() === b.print();
  if (isNil(a as Value[]) !== isNil(b as Value[])) return false;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equalWithin(item, b[i], depth + 1));
  return equalMaps(a as ValueMap, b as ValueMap, depth);
}

function equalMaps(a: ValueMap, b: ValueMap, depth: number): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalWithin(a[key], b[key], depth + 1))
  );
}
