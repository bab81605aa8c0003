/** Joining maps of values, and copying them. */
import { getKey, isMap, isNil, markedType, setKey, typedList, type Value, type ValueMap } from '../template/value.ts';

/** A new map with what `over` says laid over `base`: maps are merged, all else is replaced, null too. */
export function mergeMaps(base: ValueMap, over: ValueMap): ValueMap {
  const merged = shallowCopy(base);
  for (const key of Object.keys(over)) {
    const [low, high] = [getKey(merged, key), over[key]];
    setKey(merged, key, isMap(low) && isMap(high) ? mergeMaps(low, high) : high);
  }
  return merged;
}

export function shallowCopy(map: ValueMap): ValueMap {
  const copy: ValueMap = {};
  for (const key of Object.keys(map)) setKey(copy, key, map[key]);
  return copy;
}

/** Maps and lists anew, all the way down; what cannot change is shared. */
export function deepCopy<T extends Value>(value: T): T;
export function deepCopy(value: Value): Value {
  if (Array.isArray(value)) {
    const copy = value.map((item) => deepCopy(item));
    const type = markedType(value);
    return type === undefined ? copy : typedList(type, copy, isNil(value));
  }
  if (!isMap(value)) return value;
  const copy: ValueMap = {};
  for (const key of Object.keys(value)) setKey(copy, key, deepCopy(value[key]));
  return copy;
}
