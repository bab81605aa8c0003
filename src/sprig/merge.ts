/** Maps merged as dario.cat/mergo 1.0 merges them. */
import { isMap, isNil, markedType, setKey, type ValueMap } from '../template/value.ts';
import { isEmpty } from './go-type.ts';

/**
 * Fills `target` from `source` and answers it: what is missing or empty (0, "", false, [], {}) is taken over, maps are
 * merged at every depth; with `overwrite` the source's values win, nil and empty ones too.
 */
export function mergeInto(target: ValueMap | null, source: ValueMap | null, overwrite: boolean): ValueMap | null {
  if (source == null || isNil(source)) return target;
  const merged = target == null || isNil(target) ? {} : target;
  mergeMaps(merged, source, overwrite, 0);
  return merged;
}

const MAX_DEPTH = 10_000;

function mergeMaps(target: ValueMap, source: ValueMap, overwrite: boolean, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error('maps are nested too deeply to merge');
  for (const [key, theirs] of Object.entries(source)) {
    const ours = Object.hasOwn(target, key) ? target[key] : undefined;
    if (theirs == null) {
      if (overwrite) assign(target, source, key);
    } else if (isMap(theirs) && isMap(ours)) {
      mergeMaps(ours, theirs, overwrite, depth + 1);
      if (isEmpty(ours)) assign(target, source, key);
    } else if (overwrite || isEmpty(ours)) assign(target, source, key);
  }
}

/** A map of strings takes values from another one only. */
function assign(target: ValueMap, source: ValueMap, key: string): void {
  if (markedType(target) === STRINGS && markedType(source) !== STRINGS)
    throw new Error('reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string');
  setKey(target, key, source[key] ?? null);
}

const STRINGS = 'map[string]string';
