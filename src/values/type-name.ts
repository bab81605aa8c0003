/** The Go type of a value as `%T` prints it. */
import { GoInt, isGoObject, markedType, type Value, type ValueMap } from '../template/value.ts';

export function goTypeName(value: Value): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'function') return 'func()';
  if (value instanceof GoInt || isGoObject(value)) return value.type;
  const fallback = Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
  return markedType(value as ValueMap) ?? fallback;
}
