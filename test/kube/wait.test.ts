import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiHandler, ApiRequest, WatchEvent } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { failure } from '../../src/api/status.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { createClient } from '../../src/client/create-client.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';
import { type Clock, realClock } from '../../src/clock.ts';
import { buildResources } from '../../src/kube/resource.ts';
import { type ResourceStatus, WaitError, waitUntilDeleted, waitUntilReady } from '../../src/kube/wait.ts';
import { silentLog } from '../../src/log.ts';
import { MvccStore } from '../../src/store/mvcc.ts';

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const claim = (name: string) => `---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
`;

type Fault = (request: ApiRequest, next: ApiHandler) => ReturnType<ApiHandler>;

/** A server without controllers, so that nothing changes but what a test changes; `fault` stands before it. */
async function onServer(
  run: (healthy: Client, faulty: Client) => Promise<void>,
  fault: Fault = (request, next) => next(request),
): Promise<void> {
  const server = createApiServer({ store: new MvccStore(), clock: realClock, log: silentLog });
  const handler: ApiHandler = (request) => server.handler({ ...request, user: ADMIN });
  try {
    await run(
      createClient(handler),
      createClient((request) => fault(request, handler)),
    );
  } finally {
    server.stop();
  }
}

async function createClaims(client: Client, ...names: string[]) {
  const resources = await buildResources(client, names.map(claim).join(''), 'default');
  for (const { resource, object } of resources) await client.create(resource, object);
  return resources;
}

async function bind(client: Client, name: string): Promise<void> {
  const live = await client.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, name, 'default');
  await client.update(PERSISTENT_VOLUME_CLAIMS, { ...live, status: { phase: 'Bound' } }, { subresource: 'status' });
}

const isWatch = (request: ApiRequest) => request.query.get('watch') === 'true';

test('all that is waited for is told as it changes', () =>
  onServer(async (client) => {
    const resources = await createClaims(client, 'a', 'b');
    const seen: string[] = [];
    const onProgress = (statuses: ResourceStatus[]) =>
      void seen.push(statuses.map(({ readiness }) => readiness).join());
    const waiting = waitUntilReady(resources, 'ready', { client, clock: realClock, timeout: 5000, onProgress });
    await bind(client, 'b');
    await bind(client, 'a');
    await waiting;
    assert.is(seen.at(-1), 'Current,Current');
  }));

test('time runs out with a line for each', () =>
  onServer(async (client) => {
    const resources = await createClaims(client, 'a', 'b');
    await bind(client, 'a');
    const error = await waitUntilReady(resources, 'ready', { client, clock: realClock, timeout: 50 }).catch((e) => e);
    assert.instance(error, WaitError);
    assert.is(
      error.message,
      'resource PersistentVolumeClaim/default/b not ready. status: InProgress, message: PVC is not Bound. phase: Pending\ncontext deadline exceeded',
    );
    assert.equal(
      error.unready.map(({ resource }: ResourceStatus) => resource.name),
      ['b'],
    );
  }));

test('a long wait leaves no listeners behind, of which Node would warn', () =>
  onServer(async (client) => {
    const resources = await createClaims(client, 'a');
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    let asked = 0;
    const clock: Clock = { now: realClock.now, setTimeout: (fn, ms) => realClock.setTimeout(fn, ms === 2000 ? 0 : ms) };
    const options = { client, clock, timeout: 60_000, findHopeless: async () => ++asked === 20 };
    try {
      await waitUntilReady(resources, 'ready', options).catch(() => {});
      assert.is(asked, 20);
      assert.equal(warnings, []);
    } finally {
      process.off('warning', onWarning);
    }
  }));

test('an abort ends it, what is missing is not found', () =>
  onServer(async (client) => {
    const resources = await buildResources(client, claim('a'), 'default');
    const stop = new AbortController();
    const waiting = waitUntilReady(resources, 'ready', {
      client,
      clock: realClock,
      timeout: 5000,
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(), 20);
    const error = await waiting.catch((e) => e);
    assert.is(
      error.message,
      'resource PersistentVolumeClaim/default/a not ready. status: NotFound, message: Resource not found\ncontext canceled',
    );
  }));

test('deletion is waited for', () =>
  onServer(async (client) => {
    const resources = await createClaims(client, 'a');
    const waiting = waitUntilDeleted(resources, { client, clock: realClock, timeout: 5000 });
    const live = await client.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, 'a', 'default');
    await client.update(PERSISTENT_VOLUME_CLAIMS, { ...live, metadata: { ...live.metadata, finalizers: [] } });
    await client.delete(PERSISTENT_VOLUME_CLAIMS, 'a', 'default');
    await waiting;
    await waitUntilDeleted(resources, { client, clock: realClock, timeout: 5000 });
  }));

async function* cut(events: AsyncIterable<WatchEvent>, after: number): AsyncIterable<WatchEvent> {
  let count = 0;
  if (after === 0) return;
  for await (const event of events) {
    yield event;
    if (++count >= after) return;
  }
}

const FAULTS: [string, () => Fault][] = [
  [
    'a list that fails at first',
    () => {
      let failures = 1;
      return (request, next) => {
        if (!isWatch(request) && request.path.endsWith('claims') && failures-- > 0)
          throw failure(500, 'InternalError', 'etcdserver: request timed out');
        return next(request);
      };
    },
  ],
  [
    'watches that are cut',
    () => {
      let cuts = 3;
      return async (request, next) => {
        const response = await next(request);
        if (!isWatch(request) || response.body.type !== 'watch' || cuts-- <= 0) return response;
        return { ...response, body: { type: 'watch', events: cut(response.body.events, 0) } };
      };
    },
  ],
  [
    'a resource version that has expired',
    () => {
      let failures = 1;
      return (request, next) => {
        if (isWatch(request) && failures-- > 0) throw failure(410, 'Expired', 'too old resource version');
        return next(request);
      };
    },
  ],
  [
    'a connection that is lost',
    () => {
      let failures = 2;
      return (request, next) => {
        if (isWatch(request) && failures-- > 0)
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        return next(request);
      };
    },
  ],
];

for (const [name, fault] of FAULTS)
  test(`the wait bears ${name}`, () =>
    onServer(async (healthy, faulty) => {
      const resources = await createClaims(healthy, 'a');
      const waiting = waitUntilReady(resources, 'ready', { client: faulty, clock: realClock, timeout: 20_000 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await bind(healthy, 'a');
      await waiting;
    }, fault()));

test('what may not be seen fails at once', () =>
  onServer(
    async (healthy, faulty) => {
      const resources = await createClaims(healthy, 'a');
      const error = await waitUntilReady(resources, 'ready', {
        client: faulty,
        clock: realClock,
        timeout: 20_000,
      }).catch((e) => e);
      assert.is(error.reason, 'Forbidden');
    },
    (request, next) => {
      if (request.method === 'GET' && request.path.endsWith('claims')) throw failure(403, 'Forbidden', 'no');
      return next(request);
    },
  ));

test.run();
