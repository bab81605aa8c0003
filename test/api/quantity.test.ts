import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  printQuantity,
  quantityMillis,
  quantityValue,
  subtractQuantities,
} from '../../src/api/quantity.ts';

const FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX = "unable to parse quantity's suffix";

/** What kubectl 1.36.3 makes of `create quota --hard=cpu=…`. */
const CANONICAL: [string, string][] = [
  ['1.5', '1500m'],
  ['0.1Gi', '107374182400m'],
  ['1e5', '100e3'],
  ['.5', '500m'],
  ['+1', '+1'],
  ['-1', '-1'],
  ['1024Mi', '1Gi'],
  ['1000m', '1'],
  ['0.5Gi', '512Mi'],
  ['1500Mi', '1500Mi'],
  ['100000000', '100M'],
  ['0.0000000001', '1n'],
  ['1e-3', '1e-3'],
  ['12E', '12E'],
  ['1E', '1E'],
  ['3.', '3.'],
  ['.', '0'],
  ['0Gi', '0'],
  ['123456789Ki', '123456789Ki'],
  ['1.0', '1'],
  ['007', '007'],
  ['9999999Ei', '9223372036854775807'],
  ['-9999999Ei', '-9223372036854775807'],
  ['1024', '1024'],
  ['+1.5', '1500m'],
  ['+1000', '1k'],
  ['+8Ki', '8Ki'],
  ['+5Ki', '+5Ki'],
  ['-1.5Gi', '-1536Mi'],
  ['512.5Ki', '524800'],
  ['1000E', '1'],
];

test('the canonical text is that of kubectl', () => {
  for (const [text, expected] of CANONICAL) assert.is(canonicalQuantity(text), expected, text);
});

test('what is no quantity is refused with the texts of Kubernetes', () => {
  for (const text of ['1x', '1_0', '', 'Mi', '1 Gi', '1'.repeat(20_000)])
    assert.throws(
      () => parseQuantity(text),
      (error: Error) => error.message === FORMAT,
      text,
    );
  for (const text of ['10kk', '1e', '1m1', '1e99999999999'])
    assert.throws(
      () => parseQuantity(text),
      (error: Error) => error.message === SUFFIX,
      text,
    );
});

test('comparison is exact', () => {
  const cases: [string, string, number][] = [
    ['1', '1000m', 0],
    ['1Gi', '1G', 1],
    ['0.1', '100m', 0],
    ['1n', '0', 1],
    ['-1', '0', -1],
    ['9007199254740993', '9007199254740992', 1],
  ];
  for (const [a, b, expected] of cases) assert.is(compareQuantities(parseQuantity(a), parseQuantity(b)), expected);
});

test('sums keep the format of the first that is not zero', () => {
  const sum = (a: string, b: string) => printQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));
  assert.is(sum('1Gi', '512Mi'), '1536Mi');
  assert.is(sum('0', '512Mi'), '512Mi');
  assert.is(sum('100m', '0.9'), '1');
  assert.is(printQuantity(subtractQuantities(parseQuantity('1'), parseQuantity('1100m'))), '-100m');
});

test('values round away from zero', () => {
  assert.is(quantityValue(parseQuantity('100m')), 1n);
  assert.is(quantityValue(parseQuantity('-100m')), -1n);
  assert.is(quantityMillis(parseQuantity('2')), 2000n);
  assert.is(quantityMillis(parseQuantity('1u')), 1n);
});

test.run();
