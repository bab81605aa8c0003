/** What a value is: its type, its kind, and deep equality. */
import { typeName } from '../template/type.ts';
import type { Value } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { deepEqual, kindOf } from './go-type.ts';

export const reflection: Family = {
  typeOf: go('interface {}', typeName),
  typeIs: go('string, interface {}', (type: string, value: Value) => typeName(value) === type),
  typeIsLike: go('string, interface {}', (type: string, value: Value) => [type, `*${type}`].includes(typeName(value))),
  kindOf: go('interface {}', kindOf),
  kindIs: go('string, interface {}', (kind: string, value: Value) => kindOf(value) === kind),
  deepEqual: go('interface {}, interface {}', deepEqual),
};
