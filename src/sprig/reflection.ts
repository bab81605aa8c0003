/** What a value is: its type, its kind, and deep equality. */
import type { Value } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { deepEqual, kindOf, typeOf } from './go-type.ts';

export const reflection: Family = {
  typeOf: go('interface {}', typeOf),
  typeIs: go('string, interface {}', (type: string, value: Value) => typeOf(value) === type),
  typeIsLike: go('string, interface {}', (type: string, value: Value) => [type, `*${type}`].includes(typeOf(value))),
  kindOf: go('interface {}', kindOf),
  kindIs: go('string, interface {}', (kind: string, value: Value) => kindOf(value) === kind),
  deepEqual: go('interface {}, interface {}', deepEqual),
};
