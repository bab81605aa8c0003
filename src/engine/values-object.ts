/** `.Values`, and what holds it: maps of a type whose methods templates may call, before any key of that name. */
import { toYaml } from '../encoding/yaml.ts';
import {
  type GoFunction,
  getKey,
  isMap,
  type Methods,
  mapAs,
  typedMap,
  type Value,
  type ValueMap,
  withMethods,
} from '../template/value.ts';
import { missingTable, tableAt } from '../values/paths.ts';
import { method } from './go-struct.ts';

const TYPE = 'common.Values';

export const valuesObject = (map: ValueMap): ValueMap => typedMap(TYPE, map, methodsOn(map));

/** The map that a parent has below its own values: it is of the type for the subchart alone, which cannot be told. */
export const subchartValues = (map: ValueMap): ValueMap => withMethods(map, methodsOn(map));

function methodsOn(map: ValueMap): Methods {
  return (name) => (Object.hasOwn(METHODS, name) ? METHODS[name]!(map) : undefined);
}

const METHODS: Record<string, (map: ValueMap) => GoFunction> = {
  AsMap: (map) => method([], () => mapAs(map)),
  Table: (map) => method(['string'], (path: string) => table(map, path)),
  PathValue: (map) => method(['string'], (path: string) => pathValue(map, path)),
  YAML: (map) => method([], () => toYaml(map)),
  // Nothing that a template has is an io.Writer.
  Encode: () => method(['io.Writer'], () => null),
};

function table(map: ValueMap, path: string): ValueMap {
  const found = tableAt(map, path);
  if (found === undefined) throw new Error(`"${missingTable(map, path)}" is not a table`);
  return mapAs(found, TYPE, methodsOn(found));
}

function pathValue(map: ValueMap, path: string): Value {
  if (path === '') throw new Error('YAML path cannot be empty');
  const keys = path.split('.');
  const key = keys.pop()!;
  const parent = keys.length === 0 ? map : tableAt(map, keys.join('.'));
  const value = parent && getKey(parent, key);
  if (value === undefined || isMap(value)) throw new Error(`"${key}" is not a value`);
  return value;
}
