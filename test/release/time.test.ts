import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatAnsic,
  formatGoString,
  formatLayout,
  formatRfc3339,
  formatRfc3339Nano,
  goTime,
  parseGoTime,
} from '../../src/release/time.ts';

const time = (text: string) => parseGoTime(text)!;

test('times keep their nanoseconds and their zone', () => {
  for (const text of [
    '2020-06-18T14:17:46.125134977Z',
    '2020-06-18T14:17:46Z',
    '2020-06-18T14:17:46.5+02:00',
    '1969-12-31T23:59:59.9-11:30',
  ])
    assert.is(formatRfc3339Nano(time(text)), text);
});

test('what is no time is undefined, the zero time too', () => {
  for (const text of ['', '0001-01-01T00:00:00Z', 'yesterday', null, 5]) assert.is(parseGoTime(text), undefined);
});

test('Go prints', () => {
  const t = time('2020-06-08T04:07:06.125134977Z');
  assert.is(formatGoString(t), '2020-06-08 04:07:06.125134977 +0000 UTC');
  assert.is(formatAnsic(t), 'Mon Jun  8 04:07:06 2020');
  assert.is(formatRfc3339(t), '2020-06-08T04:07:06Z');
});

test('layouts', () => {
  const t = time('2020-06-08T14:07:06.120Z');
  for (const [layout, expected] of [
    ['2006-01-02 15:04:05Z0700', '2020-06-08 14:07:06Z'],
    ['Monday, 02-Jan-06 15:04:05 MST', 'Monday, 08-Jun-20 14:07:06 UTC'],
    ['Jan _2 3:04PM', 'Jun  8 2:07PM'],
    ['15:04:05.000', '14:07:06.120'],
    ['15:04:05.999999', '14:07:06.12'],
    ['002 January', '160 June'],
    ['plain', 'plain'],
  ] as const)
    assert.is(formatLayout(t, layout), expected, layout);
});

test('the clock to Go and back', () => {
  for (const ms of [0, 1, 1_700_000_000_123, -1]) {
    const { seconds, nanoseconds } = goTime(ms);
    assert.is(Math.round(seconds * 1000 + nanoseconds / 1e6), ms);
  }
});

test.run();
