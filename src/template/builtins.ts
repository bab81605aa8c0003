/** The functions that text/template brings itself; `and`, `or` and `call` need the evaluator and stand in call.ts. */
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import { printed, sprint, sprintf, sprintln } from './printf.ts';
import { elementType, isUnsigned, typeName, zeroValue } from './type.ts';
import { byteLength, encodeUtf8, sliceBytes } from './utf8.ts';
import {
  compareStrings,
  type GoFunction,
  GoInt,
  type GoObject,
  getKey,
  isGoObject,
  isList,
  isMap,
  isNil,
  markedType,
  nilList,
  typedList,
  type Value,
  type ValueMap,
} from './value.ts';
import type { Complex } from './verb.ts';

/** Whether `value` is true for if, with, and, or, not: not the zero of its type, not nil, not empty. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    case 'function':
      return true;
  }
  if (value === null || value === undefined) return false;
  if (isList(value)) return value.length > 0;
  if (value instanceof GoInt) return value.value !== 0n;
  if (isGoObject(value)) return isTrueObject(value);
  for (const _ in value) return true;
  return false;
}

function isTrueObject(object: GoObject): boolean {
  if (object.kind === 'complex128') return (object as Complex).real !== 0 || (object as Complex).imaginary !== 0;
  return object.kind === 'struct' || object.kind === 'ptr' || (object.entries?.().length ?? 0) > 0;
}

/** `params` as in a Signature; the type reflect.Value takes anything and tells nil from no value. */
function declare(params: string[], variadic: boolean, body: (...args: never[]) => Value): GoFunction {
  return Object.assign(body as (...args: Value[]) => Value, { signature: { params, variadic } });
}

const ANY = 'reflect.Value';
const one = (body: (value: Value) => Value) => declare([ANY], false, body);
const two = (body: (a: Value, b: Value) => Value) => declare([ANY, ANY], false, body);
const oneOrMore = (body: (first: Value, ...rest: Value[]) => Value) => declare([ANY, ANY], true, body);
const any = (body: (...args: Value[]) => Value) => declare(['interface {}'], true, body);

export const builtins: ReadonlyMap<string, GoFunction> = new Map(
  Object.entries({
    and: oneOrMore(() => unreachable()),
    or: oneOrMore(() => unreachable()),
    call: oneOrMore(() => unreachable()),
    not: one((value) => !isTrue(value)),
    len: one(length),
    index: oneOrMore(index),
    slice: oneOrMore(slice),
    eq: oneOrMore(equal),
    ne: two((a, b) => !equal(a, b)),
    lt: two(less),
    le: two(lessOrEqual),
    gt: two((a, b) => !lessOrEqual(a, b)),
    ge: two((a, b) => !less(a, b)),
    html: any((...args) => escapeHtml(printable(args))),
    js: any((...args) => escapeJs(printable(args))),
    urlquery: any((...args) => escapeQuery(printable(args))),
    print: any((...args) => sprint(args)),
    println: any((...args) => sprintln(args)),
    printf: declare(['string', 'interface {}'], true, (format: string, ...args: Value[]) => sprintf(format, args)),
  }),
);

function unreachable(): never {
  throw new Error('unreachable');
}

/** The arguments as Sprint prints them, but nil as a template does. */
const printable = (args: Value[]): string => sprint(args.map((value) => value ?? '<no value>'));

function length(value: Value): bigint {
  if (value === null) throw new Error('len of nil pointer');
  if (value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  if (typeof value === 'string') return BigInt(byteLength(value));
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  if (isGoObject(value) && value.entries) return BigInt(value.entries().length);
  throw new Error(`len of type ${typeName(value)}`);
}

/** `index x 1 "a"` is x[1]["a"]; a missing key gives the zero value. */
function index(item: Value, ...indexes: Value[]): Value {
  if (item === null || item === undefined) throw new Error('index of untyped nil');
  let found: Value = item;
  for (const at of indexes) {
    if (found === null || found === undefined) throw new Error('index of nil pointer');
    found = elementAt(found, at);
  }
  return found;
}

function elementAt(item: Value, at: Value): Value {
  if (typeof item === 'string') {
    const bytes = encodeUtf8(item);
    const position = indexArgument(at, bytes.length);
    if (position === bytes.length) throw new Error('reflect: string index out of range');
    return new GoInt('uint8', BigInt(bytes[position]!));
  }
  const list = listOf(item);
  if (list) {
    const position = indexArgument(at, list.length);
    if (position === list.length) throw new Error('reflect: slice index out of range');
    return list[position];
  }
  if (isMap(item)) return entryOf(item, keyArgument(at));
  if (isGoObject(item) && item.kind === 'map') return item.field(keyArgument(at)) ?? null;
  throw new Error(`can't index item of type ${typeName(item)}`);
}

function listOf(value: Value): Value[] | undefined {
  if (isList(value)) return value;
  if (isGoObject(value) && value.kind === 'slice') return value.entries?.().map(([, element]) => element) ?? [];
  return undefined;
}

function entryOf(map: ValueMap, key: string): Value {
  const found = getKey(map, key);
  if (found !== undefined) return found;
  const type = markedType(map);
  return type === undefined ? null : zeroValue(elementType(type));
}

function keyArgument(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) throw new Error('value is nil; should be of type string');
  throw new Error(`value has type ${typeName(value)}; should be string`);
}

/** An index from 0 to `limit`, both included. */
function indexArgument(value: Value, limit: number): number {
  const number = value instanceof GoInt ? value.value : value;
  if (number === null || number === undefined) throw new Error('cannot index slice/array with nil');
  if (typeof number !== 'bigint') throw new Error(`cannot index slice/array with type ${typeName(value)}`);
  if (number < 0n || number > BigInt(limit)) throw new Error(`index out of range: ${number}`);
  return Number(number);
}

/** `slice x 1 2` is x[1:2]. */
function slice(item: Value, ...indexes: Value[]): Value {
  if (item === null || item === undefined) throw new Error('slice of untyped nil');
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  const list = listOf(item);
  if (typeof item === 'string' && indexes.length === 3) throw new Error('cannot 3-index slice a string');
  if (typeof item !== 'string' && !list) throw new Error(`can't slice item of type ${typeName(item)}`);
  const size = typeof item === 'string' ? byteLength(item) : list!.length;
  const bounds = [0, size];
  indexes.forEach((value, i) => {
    bounds[i] = indexArgument(value, size);
  });
  const [from, to, capacity = to] = bounds as [number, number, number?];
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (to > capacity) throw new Error(`invalid slice index: ${to} > ${capacity}`);
  if (typeof item === 'string') return sliceBytes(item, from, to);
  const type = isList(item) ? markedType(item) : typeName(item);
  const part = list!.slice(from, to);
  if (isList(item) && isNil(item)) return nilList(type);
  return type === undefined ? part : typedList(type, part);
}

type Kind = 'bool' | 'int' | 'uint' | 'float' | 'complex' | 'string' | undefined;

function basicKind(value: Value): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
  }
  if (value instanceof GoInt) return isUnsigned(value.type) ? 'uint' : 'int';
  return isGoObject(value) && value.kind === 'complex128' ? 'complex' : undefined;
}

const integerOf = (value: Value): bigint => (value instanceof GoInt ? value.value : (value as bigint));
const areIntegers = (a: Kind, b: Kind): boolean => (a === 'int' || a === 'uint') && (b === 'int' || b === 'uint');

/** Whether `first` equals any of the others. */
function equal(first: Value, ...others: Value[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equalTwo(first, other));
}

function equalTwo(a: Value, b: Value): boolean {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (areIntegers(kindA, kindB)) return integerOf(a) === integerOf(b);
  if (kindA !== kindB) {
    if (a !== null && a !== undefined && b !== null && b !== undefined)
      throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
    return false;
  }
  if (kindA === 'complex') return printed(a) === printed(b);
  return kindA === undefined ? equalOthers(a, b) : a === b;
}

/** Values without a basic kind can be compared with nil only, pointers with themselves too. */
function equalOthers(a: Value, b: Value): boolean {
  const [nilA, nilB] = [isNilValue(a), isNilValue(b)];
  if (a !== null && a !== undefined && b !== null && b !== undefined && kindOf(a) !== kindOf(b))
    throw new Error(
      `non-comparable types ${sprintf('%s', [a])}: ${typeName(a)}, ${typeName(b)}: ${sprintf('%v', [b])}`,
    );
  if (nilA || nilB) return nilA === nilB;
  if (isGoObject(b) && (b.kind === 'ptr' || b.kind === 'struct')) return a === b;
  throw new Error(`non-comparable type ${sprintf('%s', [b])}: ${typeName(b)}`);
}

const isNilValue = (value: Value): boolean =>
  value === null || value === undefined || ((isList(value) || isMap(value)) && isNil(value));

const kindOf = (value: Value): string =>
  isList(value) ? 'slice' : isGoObject(value) ? value.kind : isMap(value) ? 'map' : typeof value;

function less(a: Value, b: Value): boolean {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (kindA === undefined || kindB === undefined) throw new Error('invalid type for comparison');
  if (areIntegers(kindA, kindB)) return integerOf(a) < integerOf(b);
  if (kindA !== kindB) throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  if (kindA === 'bool' || kindA === 'complex') throw new Error('invalid type for comparison');
  if (kindA === 'string') return compareStrings(a as string, b as string) < 0;
  return (a as number) < (b as number);
}

function lessOrEqual(a: Value, b: Value): boolean {
  return less(a, b) || equal(a, b);
}
