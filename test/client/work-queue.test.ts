import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SharedClock } from '../../src/client/shared-clock.ts';
import { WorkQueue } from '../../src/client/work-queue.ts';
import { ManualClock } from '../../src/clock.ts';

const turns = async (count = 4) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('a key added many times is worked on once', async () => {
  const seen: string[] = [];
  const queue = new WorkQueue({ clock: new ManualClock(), reconcile: async (key) => void seen.push(key) });
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  assert.not(queue.idle);
  await turns();
  assert.equal(seen, ['a', 'b']);
  assert.ok(queue.idle);
});

test('a key added while it is worked on is worked on again, never twice at once', async () => {
  let [running, most, runs] = [0, 0, 0];
  let release = () => {};
  const queue = new WorkQueue({
    clock: new ManualClock(),
    reconcile: async () => {
      runs++;
      most = Math.max(most, ++running);
      if (runs === 1) await new Promise<void>((resolve) => (release = resolve));
      running--;
    },
  });
  queue.add('a');
  await turns();
  queue.add('a');
  queue.add('a');
  await turns();
  assert.is(runs, 1);
  release();
  await turns();
  assert.equal([runs, most, queue.idle], [2, 1, true]);
});

test('failures wait twice as long each time, and a success forgives them', async () => {
  const clock = new ManualClock(0);
  const times: number[] = [];
  let failing = true;
  const queue = new WorkQueue({
    clock,
    maxDelay: 30,
    reconcile: async () => {
      times.push(clock.now());
      if (failing) throw new Error('no');
    },
  });
  queue.add('a');
  await turns();
  for (let i = 0; i < 80; i++) {
    await clock.advance(1);
    await turns(2);
  }
  assert.equal(times, [0, 5, 15, 35, 65]);
  failing = false;
  await clock.advance(20);
  await turns();
  failing = true;
  queue.add('a');
  await turns();
  await clock.advance(5);
  await turns();
  assert.equal(times.slice(5), [95, 100, 105]);
  queue.stop();
  assert.is(clock.nextDue(), undefined, 'a stopped queue leaves no timer');
});

test('of several delays the shortest counts', async () => {
  const clock = new ManualClock(0);
  const times: number[] = [];
  const queue = new WorkQueue({ clock, reconcile: async () => void times.push(clock.now()) });
  queue.addAfter('a', 50);
  queue.addAfter('a', 20);
  queue.addAfter('a', 90);
  for (let i = 0; i < 10; i++) {
    await clock.advance(10);
    await turns(2);
  }
  assert.equal(times, [20]);
});

test('a reconcile that answers a time is looked at again then', async () => {
  const clock = new ManualClock(0);
  const times: number[] = [];
  const queue = new WorkQueue({
    clock,
    reconcile: async () => {
      times.push(clock.now());
      return times.length < 3 ? 100 : undefined;
    },
  });
  queue.add('a');
  await turns();
  for (let i = 0; i < 5; i++) {
    await clock.advance(100);
    await turns(2);
  }
  assert.equal(times, [0, 100, 200]);
});

test('a key that comes back without end yields to time', async () => {
  const clock = new ManualClock(0);
  let runs = 0;
  const queue: WorkQueue = new WorkQueue({
    clock,
    reconcile: async (key) => {
      runs++;
      queue.add(key);
    },
  });
  queue.add('a');
  await turns(3000);
  assert.is(runs, 1000);
  queue.stop();
});

test('a shared clock keeps one timer below for all its own', async () => {
  const below = new ManualClock(0);
  const clock = new SharedClock(below);
  const seen: string[] = [];
  const set = (name: string, ms: number) => clock.setTimeout(() => seen.push(`${name}@${clock.now()}`), ms);
  set('c', 30);
  const cancelled = set('x', 10);
  set('a', 20);
  set('b', 20);
  cancelled.cancel();
  assert.is(clock.nextDue(), 20);
  await below.advance(25);
  assert.equal(seen, ['a@20', 'b@20']);
  clock.stop();
  assert.is(below.nextDue(), undefined);
  await below.advance(100);
  assert.equal(seen.length, 2);
});

test.run();
