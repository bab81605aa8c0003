/** Maps: `set`, `unset` and the merges change the map they are given; the others make new ones. */
import { typeName } from '../template/type.ts';
import { getKey, isNil, mapAs, markedType, setKey, typedList, type Value, type ValueMap } from '../template/value.ts';
import { toText } from './convert.ts';
import { deepCopy } from './deep-copy.ts';
import { type Family, go } from './function.ts';
import { mergeInto } from './merge.ts';

const MAP = 'map[string]interface {}';

const dict = (...pairs: Value[]): ValueMap => {
  const map: ValueMap = {};
  for (let i = 0; i < pairs.length; i += 2)
    setKey(map, toText(pairs[i] ?? null), i + 1 < pairs.length ? (pairs[i + 1] ?? null) : '');
  return map;
};

const get = (map: ValueMap | null, key: string): Value => valueAt(map, key) ?? (hasKey(map, key) ? null : '');

const hasKey = (map: ValueMap | null, key: string): boolean => map != null && Object.hasOwn(map, key);

/** The value at `key`, undefined where a map has none or is nil. */
const valueAt = (map: ValueMap | null, key: string): Value => (map == null ? undefined : getKey(map, key));

function set(map: ValueMap | null, key: string, value: Value): Value {
  if (map == null || isNil(map)) throw new Error('assignment to entry in nil map');
  setKey(map, key, value ?? null);
  return converted(map);
}

/** The same map as Go gives it back: of the type that the parameter had, not of the one it came with. */
const converted = (map: ValueMap): ValueMap => ((markedType(map) ?? MAP) === MAP ? map : mapAs(map));

function unset(map: ValueMap | null, key: string): Value {
  if (map == null) return map;
  delete map[key];
  return converted(map);
}

const pluck = (key: string, ...maps: (ValueMap | null)[]): Value[] =>
  maps.filter((map) => hasKey(map, key)).map((map) => valueAt(map, key) ?? null);

/** In the order of the maps; Go's own order of keys is random. */
const keys = (...maps: (ValueMap | null)[]): Value[] =>
  typedList(
    '[]string',
    maps.flatMap((map) => Object.keys(map ?? {})),
  );

const values = (map: ValueMap | null): Value[] => Object.values(map ?? {});

function pick(map: ValueMap | null, ...wanted: string[]): ValueMap {
  const picked: ValueMap = {};
  for (const key of wanted) if (hasKey(map, key)) setKey(picked, key, valueAt(map, key) ?? null);
  return picked;
}

function omit(map: ValueMap | null, ...unwanted: string[]): ValueMap {
  const skipped = new Set(unwanted);
  const rest: ValueMap = {};
  for (const [key, value] of Object.entries(map ?? {})) if (!skipped.has(key)) setKey(rest, key, value);
  return rest;
}

/** `dig "a" "b" default map`: what stands at the end of the path, or the default where a key is missing. */
function dig(...args: Value[]): Value {
  if (args.length < 3) throw new Error('dig needs at least three arguments');
  const path = args.slice(0, -2);
  let map = asMap(args.at(-1));
  path.forEach(asString);
  for (const [i, key] of (path as string[]).entries()) {
    if (!Object.hasOwn(map, key)) return args.at(-2) ?? null;
    if (i === path.length - 1) return getKey(map, key) ?? null;
    map = asMap(getKey(map, key));
  }
  return null;
}

/** Go's type assertion: the very type, not another map with the same elements. */
function asMap(value: Value): ValueMap {
  if (value == null || typeName(value) !== MAP) throw new Error(conversion(value, MAP));
  return value as ValueMap;
}

function asString(value: Value): void {
  if (typeof value !== 'string') throw new Error(conversion(value, 'string'));
}

const conversion = (value: Value, wanted: string): string =>
  `interface conversion: interface {} is ${value == null ? 'nil' : typeName(value)}, not ${wanted}`;

const merging = (overwrite: boolean) =>
  go(`${MAP}, ...${MAP}`, (target: ValueMap | null, ...sources: (ValueMap | null)[]) => {
    let merged = target;
    for (const source of sources) merged = mergeInto(merged, source, overwrite);
    return merged && converted(merged);
  });

export const dicts: Family = {
  dict: go('...interface {}', dict),
  get: go(`${MAP}, string`, get),
  set: go(`${MAP}, string, interface {}`, set),
  unset: go(`${MAP}, string`, unset),
  hasKey: go(`${MAP}, string`, hasKey),
  pluck: go(`string, ...${MAP}`, pluck),
  keys: go(`...${MAP}`, keys),
  values: go(MAP, values),
  pick: go(`${MAP}, ...string`, pick),
  omit: go(`${MAP}, ...string`, omit),
  dig: go('...interface {}', dig),
  merge: merging(false),
  mustMerge: merging(false),
  mergeOverwrite: merging(true),
  mustMergeOverwrite: merging(true),
  deepCopy: go('interface {}', deepCopy),
  mustDeepCopy: go('interface {}', deepCopy),
};
