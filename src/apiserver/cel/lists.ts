/** Lists: order, sums, places; and lists taken as sets. */
import type { Environment } from '@marcbachmann/cel-js';
import { canonicalJson } from '../../api/json.ts';
import { type Functions, register } from './signatures.ts';

const sumOf = (list: (number | bigint)[]): unknown =>
  list.length === 0 ? 0n : list.reduce((a, b) => (a as number) + (b as number));

const extremeOf =
  (name: string, isBetter: (a: unknown, b: unknown) => boolean) =>
  (list: unknown[]): unknown => {
    if (list.length === 0) throw new Error(`${name} called on empty list`);
    return list.reduce((best, each) => (isBetter(each, best) ? each : best));
  };

/** Values that are equal have the same text. */
const idOf = (value: unknown): string => canonicalJson(plain(value));

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]));
  return value;
}

const placeOf = (list: unknown[], value: unknown): bigint => {
  const wanted = idOf(value);
  return BigInt(list.findIndex((each) => idOf(each) === wanted));
};

const lastPlaceOf = (list: unknown[], value: unknown): bigint => {
  const wanted = idOf(value);
  return BigInt(list.findLastIndex((each) => idOf(each) === wanted));
};

const contains = (list: unknown[], others: unknown[]): boolean => {
  const held = new Set(list.map(idOf));
  return others.every((each) => held.has(idOf(each)));
};

class SetsNamespace {}

const FUNCTIONS: Functions = {
  'list.isSorted(): bool': (list: string[]) => list.every((each, i) => i === 0 || list[i - 1]! <= each),
  'list.sum(): dyn': sumOf,
  'list.min(): dyn': extremeOf('min', (a, b) => (a as number) < (b as number)),
  'list.max(): dyn': extremeOf('max', (a, b) => (a as number) > (b as number)),
  'list.indexOf(dyn): int': placeOf,
  'list.lastIndexOf(dyn): int': lastPlaceOf,
  'SetsNamespace.contains(list, list): bool': (_: unknown, list: unknown[], others: unknown[]) =>
    contains(list, others),
  'SetsNamespace.equivalent(list, list): bool': (_: unknown, a: unknown[], b: unknown[]) =>
    contains(a, b) && contains(b, a),
  'SetsNamespace.intersects(list, list): bool': (_: unknown, a: unknown[], b: unknown[]) => {
    const held = new Set(a.map(idOf));
    return b.some((each) => held.has(idOf(each)));
  },
};

export function registerLists(environment: Environment): void {
  environment.registerType('SetsNamespace', { ctor: SetsNamespace });
  environment.registerConstant('sets', 'SetsNamespace', new SetsNamespace());
  register(environment, FUNCTIONS);
}
