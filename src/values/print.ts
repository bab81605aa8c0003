/** Values as Go's fmt prints them under %v, and under %t, which accepts only booleans. */
import { formatFloat } from '../template/float.ts';
import { GoInt, isMap, sortedKeys, type Value } from '../template/value.ts';
import { goTypeName } from './type-name.ts';

export function printValue(value: Value, verb: 'v' | 't'): string {
  if (Array.isArray(value)) return `[${value.map((item) => printValue(item, verb)).join(' ')}]`;
  if (isMap(value)) {
    const entries = sortedKeys(value).map((key) => `${printScalar(key, verb)}:${printValue(value[key], verb)}`);
    return `map[${entries.join(' ')}]`;
  }
  return printScalar(value, verb);
}

function printScalar(value: Value, verb: 'v' | 't'): string {
  if (typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return verb === 'v' ? '<nil>' : '%!t(<nil>)';
  const text = scalarText(value);
  return verb === 'v' ? text : `%!t(${goTypeName(value)}=${text})`;
}

function scalarText(value: Value): string {
  if (typeof value === 'number') return formatFloat(value, 'g');
  return String(value instanceof GoInt ? value.value : value);
}
