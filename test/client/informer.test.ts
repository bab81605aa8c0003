import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiHandler, ResponseBody, WatchEvent } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { failure } from '../../src/api/status.ts';
import { createClient } from '../../src/client/create-client.ts';
import { Informer, isNewer } from '../../src/client/informer.ts';
import { createInformers } from '../../src/client/informers.ts';
import { PODS } from '../../src/client/resources.ts';
import { ManualClock } from '../../src/clock.ts';

const pod = (name: string, version: number, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: String(version), ...more },
});

/** A server of one resource whose watch is fed by the test. */
function scripted(pages: KubeObject[][], version = '10') {
  let push: (event: WatchEvent | 'end') => void = () => {};
  const lists: string[] = [];
  const watches: string[] = [];
  async function* events(signal?: AbortSignal): AsyncGenerator<WatchEvent> {
    const queue: (WatchEvent | 'end')[] = [];
    let wake = () => {};
    push = (event) => {
      queue.push(event);
      wake();
    };
    signal?.addEventListener('abort', () => push('end'));
    for (;;) {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const event = queue.shift()!;
      if (event === 'end') return;
      yield event;
    }
  }
  const handler: ApiHandler = async ({ query, signal }) => {
    const watching = query.get('watch') === 'true';
    if (watching) watches.push(query.get('resourceVersion') ?? '');
    else lists.push(query.get('continue') ?? '');
    const at = Number(query.get('continue') ?? 0);
    const more = at + 1 < (pages.length || 1) ? { continue: String(at + 1) } : {};
    const body: ResponseBody = watching
      ? { type: 'watch', events: events(signal) }
      : {
          type: 'object',
          object: {
            kind: 'PodList',
            apiVersion: 'v1',
            metadata: { resourceVersion: version, ...more },
            items: pages[at] ?? [],
          },
        };
    return { status: 200, headers: {}, body };
  };
  return { handler, send: (event: WatchEvent | 'end') => push(event), lists, watches };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function started(pages: KubeObject[][]) {
  const server = scripted(pages);
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const informer = new Informer(PODS, { client: createClient(server.handler), clock, onError: (e) => errors.push(e) });
  const changes: string[] = [];
  informer.onChange(({ type, object }) =>
    changes.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
  );
  await informer.synced();
  await turn();
  return { ...server, clock, informer, changes, errors };
}

test('lists page by page, then watches from there', async () => {
  const { informer, changes, lists, watches, send } = await started([[pod('a', 3)], [pod('b', 4)]]);
  assert.equal(lists, ['', '1']);
  assert.equal(watches, ['10']);
  send({ type: 'ADDED', object: pod('c', 11) });
  send({ type: 'MODIFIED', object: pod('a', 12) });
  send({ type: 'DELETED', object: pod('b', 13) });
  await turn();
  assert.equal(changes, ['added a@3', 'added b@4', 'added c@11', 'modified a@12', 'deleted b@13']);
  assert.equal(
    informer.list('ns').map(({ metadata }) => metadata.name),
    ['a', 'c'],
  );
  await informer.stop();
});

test('a stream that ends is taken up where it ended', async () => {
  const { informer, watches, lists, send } = await started([[]]);
  send({ type: 'ADDED', object: pod('a', 21) });
  send({ type: 'BOOKMARK', object: pod('', 25) });
  send('end');
  await turn();
  assert.equal(watches, ['10', '25']);
  assert.is(lists.length, 1);
  await informer.stop();
});

test('an expired version means listing again, and what is gone is told', async () => {
  const pages = [[pod('a', 3), pod('b', 4)]];
  const { informer, changes, lists, send } = await started(pages);
  pages[0] = [pod('a', 3)];
  send({ type: 'ERROR', object: failure(410, 'Expired', 'too old').status });
  await turn();
  assert.is(lists.length, 2);
  assert.equal(changes.slice(2), ['deleted b@4']);
  await informer.stop();
});

test('a write is seen at once, and its event changes nothing', async () => {
  const { informer, changes, send } = await started([[pod('a', 3)]]);
  informer.observe(pod('a', 15));
  assert.is(informer.get('a', 'ns')!.metadata.resourceVersion, '15');
  send({ type: 'MODIFIED', object: pod('a', 12) });
  send({ type: 'MODIFIED', object: pod('a', 15) });
  await turn();
  assert.equal(changes, ['added a@3', 'modified a@15']);
  await informer.stop();
});

test('a late answer does not bring back what was deleted', async () => {
  const { informer, changes, send } = await started([[pod('a', 3)]]);
  send({ type: 'DELETED', object: pod('a', 20) });
  await turn();
  informer.observe(pod('a', 19));
  assert.is(informer.get('a', 'ns'), undefined);
  assert.equal(changes, ['added a@3', 'deleted a@20']);
  await informer.stop();
});

test('an object made anew under the same name is both deleted and added', async () => {
  const { informer, changes, send } = await started([[pod('a', 3)]]);
  send({ type: 'ADDED', object: pod('a', 30, { uid: 'other' }) });
  await turn();
  assert.equal(changes, ['added a@3', 'deleted a@3', 'added a@30']);
  await informer.stop();
});

test('indices follow the objects', async () => {
  const { informer, send } = await started([[pod('a', 3, { labels: { app: 'x' } })]]);
  informer.addIndex('app', ({ metadata }) => [metadata.labels?.app ?? '']);
  assert.is(informer.byIndex('app', 'x').length, 1);
  send({ type: 'MODIFIED', object: pod('a', 12, { labels: { app: 'y' } }) });
  await turn();
  assert.equal([informer.byIndex('app', 'x').length, informer.byIndex('app', 'y').length], [0, 1]);
  await informer.stop();
});

test('a handler that throws does not stop the others', async () => {
  const { informer, errors, send } = await started([[]]);
  const seen: string[] = [];
  informer.onChange(() => {
    throw new Error('handler');
  });
  informer.onChange(({ object }) => seen.push(object.metadata.name));
  send({ type: 'ADDED', object: pod('a', 11) });
  await turn();
  assert.equal(seen, ['a']);
  assert.is((errors[0] as Error).message, 'handler');
  await informer.stop();
});

test('the informers see what their client writes and deletes', async () => {
  const { handler } = scripted([[]]);
  const answers: Record<string, KubeObject> = {
    POST: pod('a', 11),
    PATCH: pod('a', 12),
    DELETE: { ...pod('x', 1), kind: 'Status' },
  };
  const informers = createInformers({
    client: createClient(async (request) =>
      request.method === 'GET'
        ? handler(request)
        : { status: 200, headers: {}, body: { type: 'object', object: answers[request.method] } },
    ),
    clock: new ManualClock(),
  });
  const informer = informers.for(PODS);
  await informers.synced();
  await informers.client.create(PODS, pod('a', 0));
  assert.is(informer.get('a', 'ns')!.metadata.resourceVersion, '11');
  await informers.client.patch(PODS, 'a', 'ns', {}, { type: 'merge' });
  assert.is(informer.get('a', 'ns')!.metadata.resourceVersion, '12');
  await informers.client.delete(PODS, 'a', 'ns');
  assert.is(informer.get('a', 'ns'), undefined);
  await informers.stop();
});

test('versions are compared as numbers of any length', () => {
  assert.ok(isNewer('10', '9'));
  assert.not(isNewer('9', '10'));
  assert.not(isNewer('10', '10'));
  assert.ok(isNewer('100000000000000000000', '99999999999999999999'));
});

test.run();
