/** What stands in for an empty value, and the tests for emptiness. */
import type { Value } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { isEmpty } from './go-type.ts';

export const defaults: Family = {
  default: go('interface {}, ...interface {}', (fallback: Value, ...given: Value[]) =>
    isEmpty(given[0]) ? (fallback ?? null) : given[0],
  ),
  empty: go('interface {}', isEmpty),
  coalesce: go('...interface {}', (...values: Value[]) => values.find((value) => !isEmpty(value)) ?? null),
  all: go('...interface {}', (...values: Value[]) => !values.some(isEmpty)),
  any: go('...interface {}', (...values: Value[]) => values.some((value) => !isEmpty(value))),
  ternary: go(
    'interface {}, interface {}, bool',
    (whenTrue: Value, whenFalse: Value, condition: boolean) => (condition ? whenTrue : whenFalse) ?? null,
  ),
};
