/**
 * How Go's values live in JavaScript: the one file that decides it.
 *
 * | Go                               | here                                                               |
 * | -------------------------------- | ------------------------------------------------------------------ |
 * | nil interface                    | `null`                                                             |
 * | no value (a missing map key)     | `undefined`; never stored in a list or a map                       |
 * | bool                             | `boolean`                                                          |
 * | int                              | `bigint` (a literal, `len`, the sprig function `int`)              |
 * | int64, uint8, uint64, Duration … | `GoInt`, with the name of its type                                 |
 * | float64                          | `number` (every number of a values file)                           |
 * | string                           | `string`; a byte that is not valid UTF-8 is the lone surrogate     |
 * |                                  | U+DC00 + byte, so that binary data survives (utf8.ts)              |
 * | []interface{}                    | `Array`                                                            |
 * | []string, []byte, nil slices     | `Array` marked by `typedList`                                      |
 * | map[string]interface{}           | plain object; read with `getKey`, written with `setKey`            |
 * | a named map, map[string]string   | plain object marked by `typedMap`                                  |
 * | struct, pointer, method set      | `GoObject`                                                         |
 * | func                             | `GoFunction`                                                       |
 *
 * Plain objects hold untrusted keys: never read `object[key]` for a key that came from a chart. The order of keys
 * means nothing, as in Go: whoever prints a map sorts it.
 */
export type Value =
  | null
  | undefined
  | boolean
  | bigint
  | number
  | string
  | GoInt
  | GoObject
  | GoFunction
  | Value[]
  | { [key: string]: Value };

export type ValueMap = { [key: string]: Value };

/** An integer of a Go type other than int. `type` is the name that `%T` prints, `int64` for most. */
export class GoInt {
  readonly type: string;
  readonly value: bigint;
  constructor(type: string, value: bigint) {
    this.type = type;
    this.value = value;
  }
}

export const int64 = (value: bigint | number): GoInt => new GoInt('int64', BigInt.asIntN(64, BigInt(value)));

/**
 * A Go struct or any type with methods. `field` and `method` answer what `.Name` finds, `undefined` where there is
 * none (an error in a template, unlike a missing map key). `print` is what `{{ . }}` shows: the String method, or the
 * fields as `%v` prints them.
 */
export interface GoObject {
  readonly [GO_OBJECT]: true;
  /** The type as `%T` prints it: `*common.Capabilities`. */
  readonly type: string;
  readonly kind: 'struct' | 'ptr' | 'map' | 'slice' | 'complex128';
  /** For the kind map: `undefined` is a missing key, which is nil; give the zero value where the elements are not interfaces. */
  field(name: string): Value;
  method?(name: string): GoFunction | undefined;
  print(): string;
  /**
   * What fmt prints where it differs: a String method of the pointer is found by `{{ . }}` but not by a function that
   * gets the value, so it sees the fields. `flag` is the one before the `v`.
   */
  format?(flag: '' | '+' | '#'): string;
  /** What `%#v` prints of one that prints otherwise as `print` says. */
  goString?(): string;
  /** What the JSON and YAML encoders write. */
  toData?(): Value;
  /** Entries, for the kinds map and slice, where `range`, `len` and `index` reach them. */
  entries?(): [string, Value][];
}
export const GO_OBJECT: unique symbol = Symbol('GoObject');

/** A function a template can call. Arguments come evaluated; a thrown error becomes "error calling NAME: …". */
export interface GoFunction {
  (...args: Value[]): Value;
  /** Go's parameter types, for the arity and type errors of text/template; absent: any number of anything. */
  signature?: Signature;
}

/** `params` are Go type names as `%T` prints them (`interface {}`, `int`, `string`, `[]string` …). */
export interface Signature {
  params: string[];
  variadic?: boolean;
  /** Why no template can call it: of a method whose results Go's templates do not take. */
  problem?: string;
}

const TYPE = Symbol('type');
const NIL = Symbol('nil');
const METHODS = Symbol('methods');

/** Marks `list` as of Go type `type` (`[]string`, `[]uint8` …). The mark is not enumerable and is lost by copying. */
export function typedList(type: string, list: Value[], nil = false): Value[] {
  Object.defineProperty(list, TYPE, { value: type });
  if (nil) Object.defineProperty(list, NIL, { value: true });
  return list;
}

/** A nil slice: prints as `[]` and encodes as `null`. */
export const nilList = (type = '[]interface {}'): Value[] => typedList(type, [], true);

/** Marks `map` as of Go type `type`; `methods` are those of a named type, found by `.Name` before any key. */
export function typedMap(type: string, map: ValueMap, methods?: Methods): ValueMap {
  Object.defineProperty(map, TYPE, { value: type, configurable: true });
  return methods ? withMethods(map, methods) : map;
}

export const withMethods = (map: ValueMap, methods: Methods): ValueMap =>
  Object.defineProperty(map, METHODS, { value: methods, configurable: true });

/** The same map under another type, `map[string]interface {}` where none is given: what one is given, both have. */
export function mapAs(map: ValueMap, type?: string, methods?: Methods): ValueMap {
  const marks: Record<symbol, unknown> = { [TYPE]: type, [METHODS]: methods };
  return new Proxy(map, { get: (target, key) => (typeof key === 'symbol' ? marks[key] : target[key]) });
}

export type Methods = (name: string) => GoFunction | undefined;

/** A nil map: prints as `map[]`, encodes as `null`, and must not be written to. */
export function nilMap(type = 'map[string]interface {}'): ValueMap {
  const map = typedMap(type, {});
  Object.defineProperty(map, NIL, { value: true });
  return map;
}

export const methodsOf = (map: ValueMap): Methods | undefined => (map as unknown as { [METHODS]?: Methods })[METHODS];

export const isNil = (value: Value[] | ValueMap): boolean => NIL in value;

/** The Go type that `typedList` or `typedMap` gave, or undefined for the two interface types. */
export const markedType = (value: Value[] | ValueMap): string | undefined =>
  (value as unknown as { [TYPE]?: string })[TYPE];

export const isList = (value: Value): value is Value[] => Array.isArray(value);
export const isGoObject = (value: Value): value is GoObject =>
  typeof value === 'object' && value !== null && (value as { [GO_OBJECT]?: true })[GO_OBJECT] === true;
export const isMap = (value: Value): value is ValueMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof GoInt) &&
  !isGoObject(value);

/** The value at `key`, `undefined` where the map has no such key of its own. */
export const getKey = (map: ValueMap, key: string): Value => (Object.hasOwn(map, key) ? map[key] : undefined);

/** Sets an own key, `__proto__` too. */
export function setKey(map: ValueMap, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  } else map[key] = value;
}

/** Keys in Go's order: by UTF-8 bytes, which is code point order and differs from JavaScript's beyond the BMP. */
export const sortedKeys = (map: object): string[] => Object.keys(map).sort(compareStrings);

export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a code point above every other UTF-16 unit's.
    const highX = x >= 0xd800 && x <= 0xdfff;
    const highY = y >= 0xd800 && y <= 0xdfff;
    return highX === highY ? x - y : highX ? 1 : -1;
  }
  return a.length - b.length;
}
