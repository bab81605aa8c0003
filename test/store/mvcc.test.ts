import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MvccStore } from '../../src/store/mvcc.ts';
import { CompactedError, type Store, type StoreEvent } from '../../src/store/types.ts';

const put = (store: Store, key: string, value: string, expected?: number) => store.put(key, () => value, expected);
const keys = (items: { key: string }[]) => items.map((item) => item.key);
const told = (events: StoreEvent[]) => events.map((e) => `${e.kv.modRevision} ${e.type} ${e.kv.key}=${e.kv.value}`);

async function nextBatch(iterator: AsyncIterator<StoreEvent[]>): Promise<string[]> {
  const { value, done } = await iterator.next();
  return done ? ['end'] : told(value);
}

test('every change gets the next revision and counts the versions of its key', () => {
  const store = new MvccStore();
  assert.is(store.revision, 1);
  assert.equal(put(store, '/a', 'one'), { key: '/a', value: 'one', createRevision: 2, modRevision: 2, version: 1 });
  assert.equal(put(store, '/a', 'two'), { key: '/a', value: 'two', createRevision: 2, modRevision: 3, version: 2 });
  assert.is(store.delete('/a')!.revision, 4);
  assert.is(store.get('/a'), undefined);
  assert.equal(put(store, '/a', 'three'), { key: '/a', value: 'three', createRevision: 5, modRevision: 5, version: 1 });
  store.check();
});

test('the value function is told the revision', () => {
  const store = new MvccStore();
  assert.is(store.put('/a', (revision) => `at ${revision}`)!.value, 'at 2');
});

test('compare and swap', () => {
  const store = new MvccStore();
  assert.is(put(store, '/a', 'x', 7), undefined, 'expected a revision, there is no key');
  assert.ok(put(store, '/a', 'x', 0));
  assert.is(put(store, '/a', 'y', 0), undefined, 'expected no key, there is one');
  assert.ok(put(store, '/a', 'y', 2));
  assert.is(store.delete('/a', 2), undefined, 'the key changed since');
  assert.is(store.delete('/a', 3)!.previous.value, 'y');
  assert.is(store.delete('/a'), undefined);
  assert.is(store.revision, 4, 'refused changes take no revision');
  store.check();
});

test('ranges are ordered, limited, continued, and read in the past', () => {
  const store = new MvccStore();
  for (const name of ['b', 'a', 'd', 'c']) put(store, `/x/${name}`, name);
  put(store, '/y/a', 'other');
  const then = store.revision;
  store.delete('/x/a');
  put(store, '/x/b', 'changed');
  assert.equal(keys(store.range('/x/').items), ['/x/b', '/x/c', '/x/d']);
  const page = store.range('/x/', { limit: 2 });
  assert.equal([keys(page.items), page.count], [['/x/b', '/x/c'], 3]);
  assert.equal(keys(store.range('/x/', { after: '/x/c' }).items), ['/x/d']);
  const past = store.range('/x/', { revision: then });
  assert.equal(
    past.items.map((item) => item.value),
    ['a', 'b', 'c', 'd'],
  );
  assert.throws(() => store.range('/x/', { revision: 99 }), /after the last/);
});

test('thousands of keys stay in order', () => {
  const store = new MvccStore();
  const names = Array.from({ length: 5000 }, (_, i) => `/k/${String((i * 7919) % 5000).padStart(5, '0')}`);
  for (const name of names) put(store, name, '');
  assert.equal(keys(store.range('/k/').items), names.toSorted());
  for (const name of names.slice(0, 2500)) store.delete(name);
  assert.equal(keys(store.range('/k/').items), names.slice(2500).toSorted());
  store.check();
});

test('a watch tells what was and what comes, under its prefix only', async () => {
  const store = new MvccStore();
  put(store, '/x/a', '1');
  const since = store.revision;
  put(store, '/x/a', '2');
  put(store, '/y/a', 'no');
  const watch = store.watch('/x/', since);
  const iterator = watch[Symbol.asyncIterator]();
  assert.equal(await nextBatch(iterator), ['3 put /x/a=2']);
  const waiting = nextBatch(iterator);
  put(store, '/y/b', 'no');
  store.delete('/x/a');
  put(store, '/x/b', '3');
  assert.equal(await waiting, ['6 delete /x/a=', '7 put /x/b=3']);
  watch.close();
  assert.equal(await nextBatch(iterator), ['end']);
});

test('an event carries what the key was before', async () => {
  const store = new MvccStore();
  put(store, '/a', '1');
  put(store, '/a', '2');
  for await (const batch of store.watch('/', 1)) {
    assert.equal(
      batch.map((event) => event.previous?.value),
      [undefined, '1'],
    );
    break;
  }
});

test('a prefix is any beginning of a key', async () => {
  const store = new MvccStore();
  const prefixes = ['', '/', '/x', '/x/', '/x/a', '/x/ab', '/y/'];
  const watches = prefixes.map((prefix) => store.watch(prefix, store.revision));
  const waiting = watches.map((watch) => nextBatch(watch[Symbol.asyncIterator]()));
  put(store, '/x/ab', '1');
  await new Promise((resolve) => setImmediate(resolve));
  await store.close();
  const told = await Promise.all(waiting);
  assert.equal(
    told.map((batch) => batch[0]),
    [...prefixes.slice(0, 6).map(() => '2 put /x/ab=1'), 'end'],
  );
});

test('a woken watch hands out what there is, be it nothing, and knows how far it is', async () => {
  const store = new MvccStore();
  const watch = store.watch('/x/', store.revision);
  const iterator = watch[Symbol.asyncIterator]();
  const waiting = nextBatch(iterator);
  await new Promise((resolve) => setImmediate(resolve));
  put(store, '/y/a', '1');
  watch.wake();
  assert.equal(await waiting, []);
  assert.is(watch.revision, store.revision);
  put(store, '/x/a', '1');
  assert.is(watch.revision, store.revision - 1);
  watch.wake();
  assert.equal(await nextBatch(iterator), ['3 put /x/a=1']);
  watch.close();
});

test('a closed store ends its watches', async () => {
  const store = new MvccStore();
  const iterator = store.watch('/', store.revision)[Symbol.asyncIterator]();
  const waiting = nextBatch(iterator);
  await store.close();
  assert.equal(await waiting, ['end']);
  assert.throws(() => put(store, '/a', ''), /closed/);
});

test('compaction forgets the past and nothing else', async () => {
  const store = new MvccStore();
  put(store, '/a', '1');
  put(store, '/b', '1');
  put(store, '/a', '2');
  store.delete('/b');
  put(store, '/a', '3');
  const lagging = store.watch('/', 2)[Symbol.asyncIterator]();
  store.compact(5);
  store.check();
  assert.is(store.get('/a')!.value, '3');
  assert.equal(
    store.range('/', { revision: 5 }).items.map((item) => item.value),
    ['2'],
  );
  assert.throws(
    () => store.range('/', { revision: 4 }),
    (error: Error) => error instanceof CompactedError,
  );
  assert.throws(
    () => store.watch('/', 4),
    (error: Error) => error instanceof CompactedError,
  );
  assert.ok(store.watch('/', 5));
  const error = await lagging.next().catch((reason: Error) => reason);
  assert.instance(error, CompactedError, 'a watch that fell behind says so');
  store.compact(6);
  store.check();
  assert.equal(keys(store.range('/').items), ['/a']);
});

test('the history is bounded by changes and by bytes', () => {
  const byCount = new MvccStore({ history: { revisions: 10, bytes: 1e9 } });
  for (let i = 0; i < 100; i++) put(byCount, `/k/${i % 7}`, 'x');
  assert.ok(byCount.revision - byCount.compactRevision <= 20);
  byCount.check();
  const byBytes = new MvccStore({ history: { revisions: 1e9, bytes: 100 } });
  for (let i = 0; i < 100; i++) put(byBytes, `/k/${i % 7}`, 'x'.repeat(30));
  assert.ok(byBytes.revision - byBytes.compactRevision <= 8);
  byBytes.check();
});

test('a random history agrees with a simple model', () => {
  let seed = 42;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  const store = new MvccStore({ history: { revisions: 50, bytes: 1e9 } });
  const states = new Map<number, Map<string, string>>([[1, new Map()]]);
  for (let i = 0; i < 2000; i++) {
    const key = `/k/${random(12)}`;
    const state = new Map(states.get(store.revision));
    if (random(3) === 0) {
      if (store.delete(key)) state.delete(key);
    } else {
      put(store, key, `${i}`);
      state.set(key, `${i}`);
    }
    states.set(store.revision, state);
    const revision = store.compactRevision + random(store.revision - store.compactRevision + 1);
    const seen = store.range('/k/', { revision }).items.map((item) => [item.key, item.value]);
    assert.equal(
      seen,
      [...states.get(revision)!].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  store.check();
});

test.run();
