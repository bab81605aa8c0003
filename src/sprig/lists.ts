/** Lists: every function takes a slice of any type, and most answer a new one of []interface {}. */
import { compareStrings, isNil, markedType, nilList, typedList, type Value } from '../template/value.ts';
import { toInt } from './cast.ts';
import { toStringList, toText } from './convert.ts';
import { type Family, go } from './function.ts';
import { deepEqual, elementsOf, isEmpty, kindOfType } from './go-type.ts';

/** The elements of `list`, or the error of the function that wanted a list: "Cannot find first on type string". */
function elements(list: Value, otherwise: (kind: string) => string): Value[] {
  const kind = kindOfType(list);
  const found = elementsOf(list);
  if (!found) throw new Error(otherwise(kind));
  return found;
}

const cannot = (what: string) => (kind: string) => `Cannot ${what} type ${kind}`;

const append = go('interface {}, interface {}', (list: Value, item: Value) => [
  ...elements(list, cannot('push on')),
  item ?? null,
]);

const prepend = go('interface {}, interface {}', (list: Value, item: Value) => [
  item ?? null,
  ...elements(list, cannot('prepend on')),
]);

const first = go('interface {}', (list: Value) => elements(list, cannot('find first on'))[0] ?? null);

const last = go('interface {}', (list: Value) => elements(list, cannot('find last on')).at(-1) ?? null);

const rest = go('interface {}', (list: Value) => {
  const items = elements(list, cannot('find rest on'));
  return items.length === 0 ? nilList() : items.slice(1);
});

const initial = go('interface {}', (list: Value) => {
  const items = elements(list, cannot('find initial on'));
  return items.length === 0 ? nilList() : items.slice(0, -1);
});

const reverse = go('interface {}', (list: Value) => [...elements(list, cannot('find reverse on'))].reverse());

const compact = go('interface {}', (list: Value) =>
  elements(list, cannot('compact on')).filter((item) => !isEmpty(item)),
);

const uniq = go('interface {}', (list: Value) => {
  const seen = new Membership();
  return elements(list, cannot('find uniq on')).filter((item) => seen.add(item));
});

const without = go('interface {}, ...interface {}', (list: Value, ...omitted: Value[]) => {
  const unwanted = new Membership(omitted);
  return elements(list, cannot('find without on')).filter((item) => !unwanted.has(item));
});

const has = go('interface {}, interface {}', (needle: Value, list: Value) => {
  if (list == null) return false;
  return elements(list, cannot('find has on')).some((item) => deepEqual(needle, item));
});

const slice = go('interface {}, ...interface {}', (list: Value, ...indices: Value[]) => {
  const items = elements(list, (kind) => `list should be type of slice or array but ${kind}`);
  if (items.length === 0) return null;
  const start = indices.length > 0 ? toInt(indices[0]) : 0n;
  const end = indices.length > 1 ? toInt(indices[1]) : BigInt(items.length);
  if (start < 0n || end < start || end > BigInt(items.length))
    throw new Error('reflect.Value.Slice: slice index out of bounds');
  return likeList(list, items.slice(Number(start), Number(end)));
});

const chunk = go('int, interface {}', (size: bigint, list: Value) => {
  const items = elements(list, cannot('chunk'));
  const chunks: Value[] = [];
  const count = chunkCount(Number(size), items.length);
  for (let i = 0; i < count; i++) chunks.push(items.slice(i * Number(size), (i + 1) * Number(size)));
  return typedList('[][]interface {}', chunks);
});

/** As sprig, in floating point: a size below 1 makes no chunks, or an impossible number or size of them. */
function chunkCount(size: number, length: number): number {
  const count = Math.floor((length - 1) / size) + 1;
  if (Number.isFinite(count) && count >= 0 && (size > 0 || count === 0)) return count;
  throw new Error('runtime error: makeslice: len out of range');
}

/** More elements than a template can use; Go would fill its memory. */
const MAX_LENGTH = 1 << 24;

const concat = go('...interface {}', (...lists: Value[]) => {
  const all: Value[] = [];
  for (const list of lists) {
    const items = elements(list, (kind) => `Cannot concat type ${kind} as list`);
    if (all.length + items.length > MAX_LENGTH)
      throw new Error(`a list of more than ${MAX_LENGTH} elements is too long`);
    for (const item of items) all.push(item);
  }
  return all.length === 0 ? nilList() : all;
});

/** A []string is sorted in place, as in sprig; of any other list a new one is made. */
const sortAlpha = go('interface {}', (list: Value) => {
  if (!elementsOf(list)) return typedList('[]string', [toText(list)]);
  return (toStringList(list) as string[]).sort(compareStrings);
});

const list = go('...interface {}', (...items: Value[]) => items.map((item) => item ?? null));

export const lists: Family = {
  list,
  tuple: list,
  append,
  push: append,
  mustAppend: append,
  mustPush: append,
  prepend,
  mustPrepend: prepend,
  first,
  mustFirst: first,
  last,
  mustLast: last,
  rest,
  mustRest: rest,
  initial,
  mustInitial: initial,
  reverse,
  mustReverse: reverse,
  compact,
  mustCompact: compact,
  uniq,
  mustUniq: uniq,
  without,
  mustWithout: without,
  has,
  mustHas: has,
  slice,
  mustSlice: slice,
  chunk,
  mustChunk: chunk,
  concat,
  sortAlpha,
};

/** A part of `list` keeps its type, and stays nil where it was. */
function likeList(list: Value, items: Value[]): Value[] {
  const type = Array.isArray(list) ? markedType(list) : undefined;
  return type === undefined ? items : typedList(type, items, Array.isArray(list) && isNil(list));
}

/** Which values were seen, by deep equality: strings, numbers and booleans by hash, the rest one by one. */
class Membership {
  #simple = new Set<Value>();
  #others: Value[] = [];

  constructor(values: Value[] = []) {
    for (const value of values) this.add(value);
  }

  has(value: Value): boolean {
    if (isSimple(value)) return this.#simple.has(value ?? null);
    return this.#others.some((other) => deepEqual(other, value));
  }

  /** Answers whether `value` was new. */
  add(value: Value): boolean {
    if (this.has(value)) return false;
    if (isSimple(value)) this.#simple.add(value ?? null);
    else this.#others.push(value);
    return true;
  }
}

/** Whether a Set's own equality is deep equality for `value`: NaN equals itself there, and not in Go. */
const isSimple = (value: Value): boolean => value == null || (typeof value !== 'object' && !Number.isNaN(value));
