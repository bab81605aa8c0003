import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { limitedTo } from '../../src/client/rate-limit.ts';
import { ManualClock } from '../../src/clock.ts';

/** When, in milliseconds, each of `count` requests made at once may go. */
async function turns(count: number, limit: Parameters<typeof limitedTo>[0]): Promise<number[]> {
  const clock = new ManualClock();
  const start = clock.now();
  const { take } = limitedTo(limit, clock);
  const gone: number[] = [];
  for (let i = 0; i < count; i++) void take().then(() => gone.push(clock.now() - start));
  for (let i = 0; i < 40; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(50);
  }
  return gone;
}

const CASES: [what: string, limit: Parameters<typeof limitedTo>[0], turns: number[]][] = [
  ['none', undefined, [0, 0, 0, 0, 0]],
  ['no rate', { qps: 0, burst: 1 }, [0, 0, 0, 0, 0]],
  ['a burst, then ten a second', { qps: 10, burst: 3 }, [0, 0, 0, 100, 200]],
  ['no burst is one', { qps: 5, burst: 0 }, [0, 200, 400, 600, 800]],
];

for (const [what, limit, expected] of CASES)
  test(`limit: ${what}`, async () => {
    assert.equal(await turns(5, limit), expected);
  });

test('the bucket fills again, up to its size', async () => {
  const clock = new ManualClock();
  const { take } = limitedTo({ qps: 1, burst: 2 }, clock);
  await take();
  await take();
  await clock.advance(60_000);
  let gone = 0;
  for (let i = 0; i < 3; i++) void take().then(() => gone++);
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(gone, 2);
  await clock.advance(1000);
  assert.is(gone, 3);
});

test.run();
