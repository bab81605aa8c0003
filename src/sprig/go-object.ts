/** Values with methods that functions of the library give to templates. */
import { GO_OBJECT, type GoFunction, GoInt, type GoObject, type Value } from '../template/value.ts';
import { type Family, go } from './function.ts';

/** Methods by name, made when they are asked for. */
export type MethodTable<T> = Record<string, (self: T) => GoFunction>;

/** A method without parameters. */
export const getter = (value: Value): GoFunction => getterOf(() => value);
export const getterOf = (value: () => Value): GoFunction => go('', value);

/** What `name` finds in `table`, bound to `self`. */
export function methodOf<T>(table: MethodTable<T>, self: T, name: string): GoFunction | undefined {
  return Object.hasOwn(table, name) ? table[name]!(self) : undefined;
}

/** A struct of strings that has no methods: sprig's certificate. It prints as `{first second}`. */
export function textStruct(type: string, fields: Record<string, string>): GoObject {
  return {
    [GO_OBJECT]: true,
    type,
    kind: 'struct',
    field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    print: () => `{${Object.values(fields).join(' ')}}`,
    format: (flag) => writeStruct(type, fields, flag),
    toData: () => ({ ...fields }),
  };
}

function writeStruct(type: string, fields: Record<string, string>, flag: string): string {
  const entries = Object.entries(fields);
  if (flag === '#') return `${type}{${entries.map(([name, text]) => `${name}:${JSON.stringify(text)}`).join(', ')}}`;
  if (flag === '+') return `{${entries.map(([name, text]) => `${name}:${text}`).join(' ')}}`;
  return `{${entries.map(([, text]) => text).join(' ')}}`;
}

/** An integer of a named type with methods, which prints by its String method: a Duration, a Month, a Weekday. */
export class NamedInt extends GoInt implements GoObject {
  readonly [GO_OBJECT] = true;
  readonly kind = 'struct';
  readonly #text: string;
  readonly #methods: Family;

  /** `int` or `int64`, which reflection tells. */
  readonly underlying: string;

  constructor(type: string, underlying: string, value: bigint, text: string, methods: Family = {}) {
    super(type, value);
    this.underlying = underlying;
    this.#text = text;
    this.#methods = { ...methods, String: getter(text) };
  }

  field(): Value {
    return undefined;
  }

  method(name: string): GoFunction | undefined {
    return Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
  }

  print(): string {
    return this.#text;
  }

  toData(): Value {
    return new GoInt('int64', this.value);
  }
}
