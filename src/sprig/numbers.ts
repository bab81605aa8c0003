/** Arithmetic. Whole numbers are int64 and wrap around, as Go's. */
import { int64, typedList, type Value } from '../template/value.ts';
import { parseInteger, toFloat, toInt } from './cast.ts';
import { shown } from './convert.ts';
import { add, type Decimal, divide, multiply, subtract, toDecimal, toNumber } from './decimal.ts';
import { type Family, go } from './function.ts';

const division = (operate: (a: bigint, b: bigint) => bigint) =>
  go('interface {}, interface {}', (a: Value, b: Value) => {
    const divisor = toInt(b);
    if (divisor === 0n) throw new Error('runtime error: integer divide by zero');
    return int64(operate(toInt(a), divisor));
  });

const choosing = (isBetter: (candidate: bigint, best: bigint) => boolean) =>
  go('interface {}, ...interface {}', (first: Value, ...others: Value[]) => {
    let best = toInt(first);
    for (const candidate of others.map(toInt)) if (isBetter(candidate, best)) best = candidate;
    return int64(best);
  });

const choosingFloat = (choose: (a: number, b: number) => number) =>
  go('interface {}, ...interface {}', (first: Value, ...others: Value[]) =>
    others.map(toFloat).reduce((best, candidate) => choose(best, candidate), toFloat(first)),
  );

type Operation = (a: Decimal, b: Decimal) => Decimal;

const inDecimals = (first: Value, others: Value[], operate: Operation): number =>
  toNumber(others.map((other) => toDecimal(toFloat(other))).reduce(operate, toDecimal(toFloat(first))));

const decimally = (operate: Operation) =>
  go('interface {}, ...interface {}', (first: Value, ...others: Value[]) => inDecimals(first, others, operate));

/** Halves go up: the digits after `places` count from `roundOn` (0.5), the sign included, so -2.5 becomes -3. */
function round(value: Value, places: bigint, ...options: number[]): number {
  const roundOn = options[0] ?? 0.5;
  const power = places < 0n ? 1 / 10 ** Number(-places) : 10 ** Number(places);
  const digits = power * toFloat(value);
  return (digits - Math.trunc(digits) >= roundOn ? Math.ceil(digits) : Math.floor(digits)) / power;
}

/** More numbers than a template can use; Go would fill its memory. */
const MAX_STEPS = 5_000_000n;

/** From `start` up or down to `stop`, which is left out. A step in the wrong direction gives none. */
function steps(start: bigint, stop: bigint, step: bigint): bigint[] {
  const down = stop < start;
  if (down ? step >= 0n : step <= 0n) return [];
  if ((stop - start) / step > MAX_STEPS) throw new Error(`a list of more than ${MAX_STEPS} numbers is too long`);
  const numbers: bigint[] = [];
  for (let at = start; down ? at > stop : at < stop; at += step) numbers.push(at);
  return numbers;
}

/** `seq end`, `seq start end`, `seq start step end`: the end included, as in a shell. */
function seq(...params: bigint[]): string {
  if (params.length === 0 || params.length > 3) return '';
  const start = params.length === 1 ? 1n : params[0]!;
  const end = params.at(-1)!;
  const direction = end < start ? -1n : 1n;
  const step = params.length === 3 ? params[1]! : direction;
  if (direction < 0n && step > 0n) return '';
  return steps(start, end + direction, step).join(' ');
}

const ints = (numbers: bigint[]): Value[] => typedList('[]int', numbers);

export const numbers: Family = {
  add: go('...interface {}', (...values: Value[]) =>
    int64(values.reduce((sum: bigint, value) => sum + toInt(value), 0n)),
  ),
  add1: go('interface {}', (value: Value) => int64(toInt(value) + 1n)),
  add1f: go('interface {}', (value: Value) => inDecimals(value, [1n], add)),
  addf: go('...interface {}', (...values: Value[]) => inDecimals(0, values, add)),
  atoi: go('string', (text: string) => parseInteger(text, 10).value),
  biggest: choosing((candidate, best) => candidate > best),
  ceil: go('interface {}', (value: Value) => Math.ceil(toFloat(value))),
  div: division((a, b) => a / b),
  divf: decimally(divide),
  float64: go('interface {}', toFloat),
  floor: go('interface {}', (value: Value) => Math.floor(toFloat(value))),
  int: go('interface {}', toInt),
  int64: go('interface {}', (value: Value) => int64(toInt(value))),
  max: choosing((candidate, best) => candidate > best),
  maxf: choosingFloat(Math.max),
  min: choosing((candidate, best) => candidate < best),
  minf: choosingFloat(Math.min),
  mod: division((a, b) => a % b),
  mul: go('interface {}, ...interface {}', (first: Value, ...others: Value[]) =>
    int64(others.map(toInt).reduce((product, factor) => BigInt.asIntN(64, product * factor), toInt(first))),
  ),
  mulf: decimally(multiply),
  round: go('interface {}, int, ...float64', round),
  seq: go('...int', seq),
  sub: go('interface {}, interface {}', (a: Value, b: Value) => int64(toInt(a) - toInt(b))),
  subf: decimally(subtract),
  toDecimal: go('interface {}', (value: Value) => {
    const { value: number, error } = parseInteger(shown(value), 8);
    return int64(error ? 0n : number);
  }),
  until: go('int', (count: bigint) => ints(steps(0n, count, count < 0n ? -1n : 1n))),
  untilStep: go('int, int, int', (start: bigint, stop: bigint, step: bigint) => ints(steps(start, stop, step))),
};
