import { formatFloat } from '../encoding/float.ts';
import { GoInt, isGoObject, isList, isMap, sortedKeys, type Value } from '../template/value.ts';

export function sprint(value: Value): string {
  if (value == null) return '<nil>';
  if (typeof value === 'number') {
    const text = formatFloat(value, 'g');
    const exponent = Math.abs(value) >= 1e-4 && Math.abs(value) < 1e21 ? formatFloat(value, 'f') : text;
    return exponent;
  }
  if (typeof value !== 'object') return String(value);
  if (value instanceof GoInt) return String(value.value);
  if (isGoObject(value)) return value.print();
  if (isList(value)) return `[${value.map(sprint).join(' ')}]`;
  if (isMap(value))
    return `map[${sortedKeys(value)
      .map((k) => `${k}:${sprint(value[k])}`)
      .join(' ')}]`;
  return '';
}
