import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { WatchEvent } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { configMap, type TestServer, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

type Events = AsyncIterator<WatchEvent<KubeObject>>;

const labelled = (name: string, tier?: string) => configMap(name, {}, tier === undefined ? {} : { labels: { tier } });

const create = ({ ask }: TestServer, name: string, tier?: string) =>
  ask(`POST ${MAPS}`, { body: labelled(name, tier) });
const relabel = ({ ask }: TestServer, name: string, tier: string | null) =>
  ask(`PATCH ${MAPS}/${name}`, {
    body: { metadata: { labels: { tier } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });

/** The next `count` events as `ADDED a`. */
async function take(events: Events, count: number): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await events.next();
    seen.push(`${value.type} ${value.object.metadata?.name ?? value.object['code'] ?? ''}`.trim());
  }
  return seen;
}

test('without a version a watch begins with what there is', () =>
  withServer(async (server) => {
    await create(server, 'a');
    const events = await server.watch(`GET ${MAPS}?watch=1`);
    await create(server, 'b');
    await relabel(server, 'a', 'x');
    await server.ask(`DELETE ${MAPS}/b`);
    assert.equal(await take(events, 4), ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    await events.return?.();
  }));

test('from a version a watch tells what came after it', () =>
  withServer(async (server) => {
    const { body } = await create(server, 'a');
    await create(server, 'b');
    const events = await server.watch(`GET ${MAPS}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    assert.equal(await take(events, 1), ['ADDED b']);
    await events.return?.();
  }));

test('an object that comes to match is added, one that ceases to is deleted', () =>
  withServer(async (server) => {
    await create(server, 'a', 'front');
    const events = await server.watch(`GET ${MAPS}?watch=1&labelSelector=tier%3Dfront`);
    await create(server, 'b', 'back');
    await relabel(server, 'b', 'front');
    await relabel(server, 'a', 'back');
    await relabel(server, 'a', null);
    await relabel(server, 'a', 'front');
    assert.equal(await take(events, 4), ['ADDED a', 'ADDED b', 'DELETED a', 'ADDED a']);
    await events.return?.();
  }));

test('a deletion carries its own version', () =>
  withServer(async (server) => {
    const { body } = await create(server, 'a');
    const events = await server.watch(`GET ${MAPS}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    await server.ask(`DELETE ${MAPS}/a`);
    const { value } = await events.next();
    assert.is(value.type, 'DELETED');
    assert.is(Number(value.object.metadata.resourceVersion), server.store.revision);
    assert.is(value.object.metadata.uid, body.metadata.uid);
    await events.return?.();
  }));

test('a streamed list marks its end with a bookmark', () =>
  withServer(async (server) => {
    await create(server, 'a');
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = await server.watch(`GET ${MAPS}?${query}`);
    assert.equal(await take(events, 1), ['ADDED a']);
    const { value } = await events.next();
    assert.is(value.type, 'BOOKMARK');
    assert.equal(value.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
    await events.return?.();
  }));

test('bookmarks come while nothing else does', () =>
  withServer(async (server) => {
    const events = await server.watch(`GET ${MAPS}?watch=1&resourceVersion=1&allowWatchBookmarks=true`);
    const next = events.next();
    await new Promise((resolve) => setImmediate(resolve));
    await server.clock.advance(60_000);
    const { value } = await next;
    assert.equal([value.type, value.object.kind], ['BOOKMARK', 'ConfigMap']);
    assert.is(Number(value.object.metadata.resourceVersion), server.store.revision);
    await events.return?.();
  }));

test('a bookmark tells no version that is still to be told', () =>
  withServer(async (server) => {
    const events = await server.watch(`GET ${MAPS}?watch=1&allowWatchBookmarks=true`);
    const first = events.next();
    await create(server, 'a');
    assert.is((await first).value.object.metadata.name, 'a');
    // Both fall due while the client reads nothing.
    await server.clock.advance(60_000);
    await create(server, 'b');
    const versions: number[] = [];
    for (const expected of ['BOOKMARK', 'ADDED']) {
      const { value } = await events.next();
      assert.is(value.type, expected);
      versions.push(Number(value.object.metadata.resourceVersion));
    }
    assert.ok(versions[0]! < versions[1]!);
    await events.return?.();
  }));

test('a watch ends with its time, with its client and with the server', () =>
  withServer(async (server) => {
    const timed = await server.watch(`GET ${MAPS}?watch=1&timeoutSeconds=5`);
    const end = timed.next();
    await new Promise((resolve) => setImmediate(resolve));
    await server.clock.advance(5000);
    assert.is((await end).done, true);
    const over = await server.watch(`GET ${MAPS}?watch=maybe&timeoutSeconds=-4`);
    assert.is((await over.next()).done, true);
    const leaving = new AbortController();
    const left = await server.watch(`GET ${MAPS}?watch=1`, { signal: leaving.signal });
    const gone = left.next();
    leaving.abort();
    assert.is((await gone).done, true);
    const endless = await server.watch(`GET ${MAPS}?watch=1`);
    const ended = endless.next();
    await server.clock.advance(3_600_000);
    assert.is((await ended).done, true);
  }));

test('a version no longer kept is told as an event', () =>
  withServer(async (server) => {
    const { body } = await create(server, 'a');
    await create(server, 'b');
    server.store.compact(server.store.revision);
    const events = await server.watch(`GET ${MAPS}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    const { value } = await events.next();
    assert.equal([value.type, value.object['code'], value.object['reason']], ['ERROR', 410, 'Expired']);
    assert.is((await events.next()).done, true);
  }));

test('a watcher that does not read is cut off, and no one else waits for it', () =>
  withServer(
    async (server) => {
      const slow = await server.watch(`GET ${MAPS}?watch=1`);
      const begun = slow.next();
      for (let i = 0; i < 300; i++) await create(server, `c${i}`);
      const first = await begun;
      assert.is(first.value.object.metadata.name, 'c0');
      let last: WatchEvent<KubeObject> = first.value;
      for (let next = await slow.next(); !next.done; next = await slow.next()) last = next.value;
      assert.equal([last.type, last.object['code']], ['ERROR', 410]);
    },
    { history: { revisions: 50, bytes: 1 << 20 } },
  ));

test('a watch of a table names its columns once', () =>
  withServer(async (server) => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const events = await server.watch(`GET ${MAPS}?watch=1`, { headers });
    await create(server, 'a');
    await create(server, 'b');
    const [first, second] = [(await events.next()).value.object, (await events.next()).value.object];
    assert.equal([first.kind, first['columnDefinitions'].length, first['rows'][0].cells[0]], ['Table', 3, 'a']);
    assert.equal([second['columnDefinitions'], second['rows'][0].cells[0]], [null, 'b']);
    await events.return?.();
  }));

test.run();
