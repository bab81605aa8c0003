/** Quantities (`1Gi`, `500m`) and semantic versions. */
import type { Environment } from '@marcbachmann/cel-js';
import {
  addQuantities,
  compareQuantities,
  isQuantity,
  parseQuantity,
  type Quantity,
  quantityNumber,
  subtractQuantities,
} from '../../api/quantity.ts';
import { type Functions, register } from './signatures.ts';

/** A quantity of the language: immutable. */
class CelQuantity {
  readonly amount: Quantity;
  constructor(amount: Quantity) {
    this.amount = amount;
  }
}

const wrap = (amount: Quantity): CelQuantity => new CelQuantity(amount);
const other = (value: CelQuantity | bigint): Quantity =>
  value instanceof CelQuantity ? value.amount : { unscaled: value, scale: 0, format: 'DecimalSI' };
const isWhole = ({ unscaled, scale }: Quantity): boolean => unscaled % 10n ** BigInt(scale) === 0n;
const MOST = (1n << 63n) - 1n;

function toInteger(amount: Quantity): bigint {
  const units = amount.unscaled / 10n ** BigInt(amount.scale);
  if (!isWhole(amount) || units > MOST || units < -MOST - 1n) throw new Error('cannot convert value to integer');
  return units;
}

const QUANTITY = 'kubernetes.Quantity';

const FUNCTIONS: Functions = {
  'quantity(string): kubernetes.Quantity': (text: string) => wrap(parseQuantity(text)),
  'isQuantity(string): bool': (text: string) => isQuantity(text),
  [`${QUANTITY}.sign(): int`]: ({ amount }: CelQuantity) => BigInt(compareQuantities(amount, parseQuantity('0'))),
  [`${QUANTITY}.isInteger(): bool`]: ({ amount }: CelQuantity) => isWhole(amount),
  [`${QUANTITY}.asInteger(): int`]: ({ amount }: CelQuantity) => toInteger(amount),
  [`${QUANTITY}.asApproximateFloat(): double`]: ({ amount }: CelQuantity) => quantityNumber(amount),
  [`${QUANTITY}.isGreaterThan(${QUANTITY}): bool`]: (a: CelQuantity, b: CelQuantity) =>
    compareQuantities(a.amount, b.amount) > 0,
  [`${QUANTITY}.isLessThan(${QUANTITY}): bool`]: (a: CelQuantity, b: CelQuantity) =>
    compareQuantities(a.amount, b.amount) < 0,
  [`${QUANTITY}.compareTo(${QUANTITY}): int`]: (a: CelQuantity, b: CelQuantity) =>
    BigInt(compareQuantities(a.amount, b.amount)),
  [`${QUANTITY}.add(${QUANTITY}): ${QUANTITY}`]: (a: CelQuantity, b: CelQuantity) =>
    wrap(addQuantities(a.amount, other(b))),
  [`${QUANTITY}.add(int): ${QUANTITY}`]: (a: CelQuantity, b: bigint) => wrap(addQuantities(a.amount, other(b))),
  [`${QUANTITY}.sub(${QUANTITY}): ${QUANTITY}`]: (a: CelQuantity, b: CelQuantity) =>
    wrap(subtractQuantities(a.amount, other(b))),
  [`${QUANTITY}.sub(int): ${QUANTITY}`]: (a: CelQuantity, b: bigint) => wrap(subtractQuantities(a.amount, other(b))),
};

export function registerQuantities(environment: Environment): void {
  environment.registerType(QUANTITY, { ctor: CelQuantity });
  register(environment, FUNCTIONS);
  environment.registerOperator(
    `${QUANTITY} == ${QUANTITY}`,
    (a: CelQuantity, b: CelQuantity) => compareQuantities(a.amount, b.amount) === 0,
  );
  registerVersions(environment);
}

/** A semantic version: its three numbers and what comes before a release. */
class CelVersion {
  readonly numbers: bigint[];
  readonly before: string[];
  constructor(numbers: bigint[], before: string[]) {
    this.numbers = numbers;
    this.before = before;
  }
}

const VERSION = 'kubernetes.Semver';
const NUMBER = '(0|[1-9]\\d*)';
const TEXT = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?$`);

function parseVersion(text: string): CelVersion | undefined {
  const match = text.length > 256 ? null : TEXT.exec(text);
  if (!match) return undefined;
  const before = match[4]?.split('.') ?? [];
  return new CelVersion([match[1]!, match[2]!, match[3]!].map(BigInt), before);
}

/** `v1.2` becomes `1.2.0`. */
function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/s.exec(text) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function compareVersions(a: CelVersion, b: CelVersion): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1 : 1;
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (let i = 0; i < Math.min(a.before.length, b.before.length); i++) {
    const difference = comparePart(a.before[i]!, b.before[i]!);
    if (difference !== 0) return difference;
  }
  return a.before.length - b.before.length;
}

function comparePart(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(BigInt(a) - BigInt(b));
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function semver(text: string): CelVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new Error('No Major.Minor.Patch elements found');
  return version;
}

const VERSIONS: Functions = {
  'isSemver(string): bool': (text: string) => parseVersion(text) !== undefined,
  'isSemver(string, bool): bool': (text: string, normalize: boolean) =>
    parseVersion(normalize ? normalized(text) : text) !== undefined,
  [`semver(string): ${VERSION}`]: semver,
  [`semver(string, bool): ${VERSION}`]: (text: string, normalize: boolean) =>
    semver(normalize ? normalized(text) : text),
  [`${VERSION}.major(): int`]: ({ numbers }: CelVersion) => numbers[0],
  [`${VERSION}.minor(): int`]: ({ numbers }: CelVersion) => numbers[1],
  [`${VERSION}.patch(): int`]: ({ numbers }: CelVersion) => numbers[2],
  [`${VERSION}.isGreaterThan(${VERSION}): bool`]: (a: CelVersion, b: CelVersion) => compareVersions(a, b) > 0,
  [`${VERSION}.isLessThan(${VERSION}): bool`]: (a: CelVersion, b: CelVersion) => compareVersions(a, b) < 0,
  [`${VERSION}.compareTo(${VERSION}): int`]: (a: CelVersion, b: CelVersion) => BigInt(Math.sign(compareVersions(a, b))),
};

function registerVersions(environment: Environment): void {
  environment.registerType(VERSION, { ctor: CelVersion });
  register(environment, VERSIONS);
  environment.registerOperator(
    `${VERSION} == ${VERSION}`,
    (a: CelVersion, b: CelVersion) => compareVersions(a, b) === 0,
  );
}
