/** Values by their path of keys with dots between: what conditions, tags and import-values name. */
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';

/** The map at `path`, undefined where there is none. */
export function tableAt(values: ValueMap, path: string): ValueMap | undefined {
  return tableOf(values, path.split('.')).table;
}

/** The key of `path` at which the way to a map ends, as Helm's "… is not a table" names it. */
export function missingTable(values: ValueMap, path: string): string | undefined {
  return tableOf(values, path.split('.')).missing;
}

/** The value at `path`, undefined where there is none or a map stands there. */
export function valueAt(values: ValueMap, path: string): Value {
  const keys = path.split('.');
  const table = tableOf(values, keys.slice(0, -1)).table;
  const value = table && getKey(table, keys.at(-1)!);
  return isMap(value) ? undefined : value;
}

function tableOf(values: ValueMap, keys: string[]): { table?: ValueMap; missing?: string } {
  let table = values;
  for (const key of keys) {
    const next = getKey(table, key);
    if (!isMap(next)) return { missing: key };
    table = next;
  }
  return { table };
}
