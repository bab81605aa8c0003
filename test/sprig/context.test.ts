/** What the library takes from its context, and what it keeps away from. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sprigFunctions } from '../../src/sprig/functions.ts';
import { isGoObject, type Value } from '../../src/template/value.ts';

const NOW = Date.UTC(2026, 1, 3, 4, 5, 6);

/** Bytes that count up: chance that is none. */
const counting = () => {
  let next = 0;
  return (size: number) => Uint8Array.from({ length: size }, () => next++ & 0xff);
};

const library = (timeZone?: string) =>
  Object.fromEntries(sprigFunctions({ now: () => NOW, randomBytes: counting(), ...(timeZone && { timeZone }) }));

const shown = (value: Value): string => (isGoObject(value) ? value.print() : String(value));

test('time comes from the context, shown in its zone', () => {
  assert.is(shown(library()['now']!()), '2026-02-03 04:05:06 +0000 UTC m=+0.000000000');
  const { date, toDate, htmlDate } = library('America/New_York') as Record<string, (...args: Value[]) => Value>;
  assert.is(date!('2006-01-02 15:04 MST', 0n), '1969-12-31 19:00 EST');
  assert.is(htmlDate!(null), '2026-02-02');
  assert.is(shown(toDate!('2006-01-02 15:04', '2024-07-01 12:00')), '2024-07-01 12:00:00 -0400 EDT');
});

test('clock changes: skipped and repeated hours are settled as in Go', () => {
  const { toDate } = library('Europe/Berlin') as Record<string, (...args: Value[]) => Value>;
  assert.is(shown(toDate!('2006-01-02 15:04', '2024-03-31 02:30')), '2024-03-31 03:30:00 +0200 CEST');
  assert.is(shown(toDate!('2006-01-02 15:04', '2024-10-27 02:30')), '2024-10-27 02:30:00 +0100 CET');
});

test('chance comes from the context', () => {
  const { uuidv4, randAlphaNum, randNumeric, randBytes, randInt } = library() as Record<
    string,
    (...args: Value[]) => Value
  >;
  assert.is(uuidv4!(), '00010203-0405-4607-8809-0a0b0c0d0e0f');
  assert.is(randAlphaNum!(4n), 'QRST');
  assert.is(randNumeric!(3n), '012');
  assert.is(randBytes!(3n), 'FxgZ');
  const number = randInt!(5n, 7n);
  assert.ok(number === 5n || number === 6n);
});

test('every letter and digit can come up', () => {
  const { randAlphaNum } = library() as Record<string, (...args: Value[]) => Value>;
  assert.is(new Set(randAlphaNum!(2000n) as string).size, 62);
});

test('the resolver is asked only where it may be', () => {
  assert.is(library()['getHostByName']!('localhost'), '');
  const enabled = sprigFunctions({ now: () => NOW, randomBytes: counting(), enableDns: true });
  assert.match(enabled.get('getHostByName')!('localhost') as string, /^(127\.0\.0\.1|::1)$/);
});

test('limits of our own say what is too long', () => {
  const { until, randAlpha, repeat } = library() as Record<string, (...args: Value[]) => Value>;
  assert.throws(() => until!(10n ** 12n), /too long/);
  assert.throws(() => randAlpha!(10n ** 12n), /too long/);
  assert.throws(() => repeat!(10n ** 12n, 'x'), /output length overflow/);
});

test('hostile patterns and texts end', () => {
  const { regexMatch, regexReplaceAll, trim, wrap } = library() as Record<string, (...args: Value[]) => Value>;
  const text = `${'a'.repeat(50_000)}!`;
  for (const pattern of ['^(a+)+$', '(a|a)*b', '(a*)*b', 'a*a*a*a*b', '(.*)(.*)(.*)x', '(a|aa)+$', '(?:a?){500}b'])
    assert.is(regexMatch!(pattern, text), false);
  assert.is(regexReplaceAll!('\\s+$', `x${' '.repeat(100_000)}y`, ''), `x${' '.repeat(100_000)}y`);
  assert.is(trim!(`${' '.repeat(100_000)}x${' '.repeat(100_000)}`), 'x');
  assert.is((wrap!(1n, 'a '.repeat(50_000)) as string).length, 100_000);
});

test('keys of untrusted maps reach no prototype', () => {
  const { dict, get, merge, hasKey, deepCopy, set } = library() as Record<string, (...args: Value[]) => Value>;
  assert.is(get!(dict!(), 'constructor'), '');
  assert.is(hasKey!(dict!(), '__proto__'), false);
  const poisoned = dict!('__proto__', dict!('polluted', true));
  merge!(dict!(), poisoned);
  deepCopy!(poisoned);
  set!(dict!(), '__proto__', dict!('polluted', true));
  assert.is((merge!(dict!('__proto__', dict!('a', 1n)), poisoned) as object).constructor, Object);
  assert.is(({} as { polluted?: boolean }).polluted, undefined);
});

test('no file of the library imports a part of Node when it is loaded', () => {
  const folder = fileURLToPath(new URL('../../src/sprig/', import.meta.url));
  for (const file of readdirSync(folder))
    assert.not.match(readFileSync(folder + file, 'utf8'), /^import (?!type )[^;]*from '(node:|re2js|bcryptjs)/m, file);
});

test.run();
