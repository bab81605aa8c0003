import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLog } from '../../src/log.ts';
import { recover } from '../../src/store/journal.ts';
import { MvccStore } from '../../src/store/mvcc.ts';
import { FaultyFiles } from './faulty-files.ts';

function open(files: FaultyFiles, snapshotBytes = 400) {
  const { items, revision, journal } = recover(files, { log: silentLog, snapshotBytes });
  const store = new MvccStore({ items: items.values(), revision, journal });
  journal.source = store;
  return store;
}

/** Writes until the disk dies; answers the state after every revision and the last acknowledged one. */
async function writeUntilDeath(files: FaultyFiles) {
  const states = new Map<number, string>();
  let acknowledged = 1;
  const store = open(files);
  const note = () => states.set(store.revision, JSON.stringify(store.range('').items));
  note();
  try {
    for (let i = 0; i < 24; i++) {
      store.put(`/k/${i % 5}`, () => `value ${i} ${'é'.repeat(i % 4)}`);
      note();
      if (i % 6 === 5) {
        store.delete(`/k/${i % 5}`);
        note();
      }
      if (i % 2 === 0) continue; // two and more changes in one write
      await store.durable();
      acknowledged = store.revision;
    }
    await store.close();
  } catch (error) {
    assert.match((error as Error).message, /killed/);
  }
  return { states, acknowledged };
}

test('killed at any byte, the store opens with every acknowledged change and none half', async () => {
  const whole = new FaultyFiles();
  const before = Number.MAX_SAFE_INTEGER;
  whole.bytesLeft = before;
  await writeUntilDeath(whole);
  const total = before - whole.bytesLeft;
  assert.ok(
    whole.list().some((name) => name.startsWith('snapshot-')),
    'the scenario takes snapshots',
  );
  for (let bytes = 0; bytes <= total; bytes++) {
    const files = new FaultyFiles();
    files.bytesLeft = bytes;
    const { states, acknowledged } = await writeUntilDeath(files);
    const survivor = files.reborn();
    const store = open(survivor);
    store.check();
    assert.ok(
      store.revision >= acknowledged,
      `${bytes} bytes: revision ${store.revision}, acknowledged ${acknowledged}`,
    );
    assert.is(JSON.stringify(store.range('').items), states.get(store.revision), `after ${bytes} bytes`);
    store.put('/after', () => 'death');
    await store.close();
    assert.is(open(survivor.reborn()).get('/after')?.value, 'death');
  }
});

test('a full disk refuses changes, loses none, and recovers when there is room', async () => {
  const files = new FaultyFiles();
  const store = open(files);
  store.put('/a', () => '1');
  await store.durable();
  files.isFull = true;
  store.put('/a', () => '2');
  const refused = await store.durable().catch((error: Error) => error);
  assert.match((refused as Error).message, /no space left on device/);
  assert.throws(() => store.put('/b', () => '1'), /no space left on device/);
  assert.is(open(files.reborn()).get('/a')!.value, '1');
  files.isFull = false;
  assert.throws(() => store.put('/b', () => '1'), /no space left/, 'the change that finds the failure is refused');
  await new Promise((resolve) => setTimeout(resolve, 20));
  store.put('/c', () => '1');
  await store.close();
  const reopened = open(files.reborn());
  assert.equal(
    reopened.range('').items.map((item) => `${item.key}=${item.value}`),
    ['/a=2', '/c=1'],
  );
});

test('a reader who finds the disk full finds it well again when there is room', async () => {
  const files = new FaultyFiles();
  const store = open(files);
  store.put('/a', () => '1');
  await store.durable();
  const before = store.revision;
  files.isFull = true;
  store.put('/a', () => '2');
  const refusal = (revision?: number) =>
    store.durable(revision).then(
      () => undefined,
      (error: Error) => error.message,
    );
  assert.match(String(await refusal()), /no space left/);
  assert.is(await refusal(before), undefined, 'what was on disk before may still be told');
  files.isFull = false;
  assert.match(String(await refusal()), /no space left/, 'the reader that finds the failure is refused');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(await refusal(), undefined);
  assert.is(open(files.reborn()).get('/a')!.value, '2');
  await store.close();
});

test('a change waits for its own write and for none after it', async () => {
  const files = new FaultyFiles();
  const store = open(files);
  const done: string[] = [];
  store.put('/a', () => '1');
  const first = store.durable(store.revision).then(() => {
    done.push('first');
    assert.is(open(files.reborn()).get('/a')!.value, '1');
  });
  await new Promise((resolve) => setImmediate(resolve));
  store.put('/b', () => '1');
  const second = store.durable().then(() => void done.push('second'));
  await Promise.all([first, second]);
  assert.equal(done, ['first', 'second']);
  await store.close();
});

test('a disk that takes no new file keeps the log, and gets its snapshot later', async () => {
  const files = new FaultyFiles();
  const store = open(files);
  const write = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      store.put(`/k/${i}`, () => 'value'.repeat(10));
      await store.durable();
    }
  };
  await write(0, 1);
  files.takesNew = false;
  await write(1, 20);
  assert.is(open(files.reborn()).range('').count, 20);
  assert.equal(files.list(), ['log-0000000001']);
  files.takesNew = true;
  await write(20, 40);
  await store.close();
  assert.is(open(files.reborn()).range('').count, 40);
  assert.ok(files.list().some((name) => name.startsWith('snapshot-')));
});

test('a damaged record is told apart from one cut short', async () => {
  const files = new FaultyFiles();
  const store = open(files, 1e9);
  for (let i = 0; i < 5; i++) store.put(`/k/${i}`, () => 'v');
  await store.close();
  const [name] = files.list();
  const bytes = Buffer.from(files.read(name!));
  bytes[bytes.length >> 1]! ^= 1;
  const damaged = files.reborn();
  damaged.write(name!, bytes);
  assert.throws(() => open(damaged), /open store: log-0000000001: the record at byte \d+ is damaged/);
  const cut = files.reborn();
  cut.write(name!, Buffer.from(files.read(name!)).subarray(0, -1));
  assert.is(open(cut).range('').count, 4);
});

test('no single damaged byte loses what stands after it, be it in a length', async () => {
  const files = new FaultyFiles();
  const store = open(files, 1e9);
  for (let i = 0; i < 3; i++) store.put(`/k/${i}`, () => '{"some":"value"}');
  await store.close();
  const [name] = files.list();
  const whole = Buffer.from(files.read(name!));
  const last = Math.floor((whole.length / 3) * 2);
  for (let at = 0; at < last; at++)
    for (const bits of [0xff, 0x01, 0x80]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= bits;
      const damaged = files.reborn();
      damaged.write(name!, bytes);
      assert.throws(() => open(damaged), /the record at byte \d+ is damaged/, `byte ${at} ^ ${bits}`);
      assert.equal(damaged.read(name!), bytes, 'nothing was changed');
    }
});

test('a log that does not go on where the one before ends is refused', async () => {
  const files = new FaultyFiles();
  for (const value of ['1', '2']) {
    const store = open(files, 1e9);
    store.put('/a', () => value);
    await store.close();
  }
  files.write('log-0000000009', Buffer.from(files.read('log-0000000001')));
  assert.throws(() => open(files), 'open store: log-0000000009: revision 2 follows revision 3');
});

test.run();
