/** Types and kinds of values as Go's reflection names them. */
import { GoInt, isGoObject, isMap, markedType, nilList, nilMap, type Value } from './value.ts';

/** The type as `%T` prints it: `int`, `[]interface {}`, `*common.Capabilities`; `<nil>` for nil. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'function':
      return 'func()';
  }
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoInt || isGoObject(value)) return value.type;
  return markedType(value) ?? (Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}');
}

/** reflect.Kind: `int`, `slice`, `map`, `struct`, `ptr`; `invalid` for nil. */
export function kindName(value: Value): string {
  if (value === null || value === undefined) return 'invalid';
  if (value instanceof GoInt) return INTEGER_TYPES.has(value.type) ? value.type : 'int64';
  if (isGoObject(value)) return value.kind;
  if (Array.isArray(value)) return 'slice';
  return isMap(value) ? 'map' : typeof value === 'function' ? 'func' : typeName(value);
}

export const INTEGER_TYPES: ReadonlySet<string> = new Set([
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'uintptr',
]);

export const isUnsigned = (type: string): boolean => type.startsWith('uint');

/** The element type of `[]T` or `map[string]T`; `interface {}` where the name does not tell. */
export function elementType(type: string): string {
  if (type.startsWith('[]')) return type.slice(2);
  return type.startsWith('map[string]') ? type.slice('map[string]'.length) : 'interface {}';
}

/** Whether nil fits: reflect's chan, func, interface, map, pointer and slice. */
export const canBeNil = (type: string): boolean =>
  type === 'interface {}' || type.startsWith('[]') || type.startsWith('map[') || type.startsWith('*');

/** The zero value of a type, as a missing entry of a typed map shows it. */
export function zeroValue(type: string): Value {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'int') return 0n;
  if (type === 'float64') return 0;
  if (INTEGER_TYPES.has(type)) return new GoInt(type, 0n);
  if (type.startsWith('[]')) return nilList(type);
  if (type.startsWith('map[')) return nilMap(type);
  return null;
}
