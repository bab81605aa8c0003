/** Copies of whole values, as mitchellh/copystructure makes them. */
import {
  isGoObject,
  isList,
  isMap,
  isNil,
  markedType,
  setKey,
  typedList,
  typedMap,
  type Value,
  type ValueMap,
} from '../template/value.ts';

/** A value that shares nothing with `value` that could be changed. */
export function deepCopy(value: Value): Value {
  if (value == null) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  copied = 0;
  return copyOf(value, 0);
}

/** Only a map that was put into itself is deeper; Go's stack would overflow there. */
const MAX_DEPTH = 10_000;
/** Only what holds others again and again is larger. */
const MAX_COLLECTIONS = 2_000_000;
/** Of the present copy; one is made at a time. */
let copied = 0;

function copyOf(value: Value, depth: number): Value {
  if (depth > MAX_DEPTH) throw new Error('value is nested too deeply to copy');
  if (typeof value === 'object' && ++copied > MAX_COLLECTIONS) throw new Error('value is too large to copy');
  if (isList(value)) return copyList(value, depth);
  if (isMap(value) && !isGoObject(value)) return copyMap(value, depth);
  return value;
}

function copyList(list: Value[], depth: number): Value[] {
  const copy = list.map((item) => copyOf(item, depth + 1));
  const type = markedType(list);
  return type === undefined ? copy : typedList(type, copy, isNil(list));
}

function copyMap(map: ValueMap, depth: number): ValueMap {
  const copy: ValueMap = {};
  for (const key of Object.keys(map)) setKey(copy, key, copyOf(map[key], depth + 1));
  const type = markedType(map);
  return type === undefined ? copy : typedMap(type, copy);
}
