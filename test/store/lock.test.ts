import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { acquireLock, LockedError } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'portolan-lock-'));
const clock = realClock;

test('a second taker is told who holds the store, and gets it after', async () => {
  const dir = folder();
  try {
    const lock = await acquireLock(join(dir, 'lock'), { clock });
    const error = await acquireLock(join(dir, 'lock'), { clock }).catch((reason: Error) => reason);
    assert.instance(error, LockedError);
    assert.is((error as LockedError).pid, process.pid);
    let waitedFor = 0;
    const waiting = acquireLock(join(dir, 'lock'), { clock, wait: 5000, onWait: (holder) => (waitedFor = holder.pid) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    lock.release();
    (await waiting).release();
    assert.is(waitedFor, process.pid);
    assert.equal(readdirSync(dir), []);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a stale lock is taken over by exactly one of many', async () => {
  const dir = folder();
  try {
    for (const stale of [
      '{"pid":999999999,"started":"1","command":"gone"}',
      `{"pid":${process.pid},"started":"0","command":"reused"}`,
      'half a wri',
    ]) {
      writeFileSync(join(dir, 'lock'), stale);
      const takers = await Promise.allSettled(
        Array.from({ length: 20 }, () => acquireLock(join(dir, 'lock'), { clock })),
      );
      const winners = takers.filter((taker) => taker.status === 'fulfilled');
      assert.is(winners.length, 1);
      winners[0]!.value.release();
      assert.not(existsSync(join(dir, 'lock.takeover')));
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('what a killed process acknowledged is there for the next one', async () => {
  const dir = folder();
  const writer = spawn(process.execPath, ['--import', 'tsx', new URL('./writer.ts', import.meta.url).pathname, dir]);
  try {
    let acknowledged = 0;
    writer.stdout.on('data', (chunk: Buffer) => {
      acknowledged = Number(chunk.toString().trim().split('\n').at(-1));
      if (acknowledged > 500) writer.kill('SIGKILL');
    });
    await once(writer, 'exit');
    const store = await openStore(dir, { clock, log: silentLog });
    assert.ok(acknowledged > 500);
    for (let i = 1; i <= acknowledged; i++) assert.is(store.get(`/k/${i}`)?.value, `value ${i}`);
    store.check();
    await store.close();
    assert.not(existsSync(join(dir, 'lock')));
  } finally {
    writer.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
});

test.run();
