/** Two operations at once on one release: the second is refused, also from another machine. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionContext } from '../../src/action/context.ts';
import { guarded } from '../../src/action/guard.ts';
import { recordedRelease, releaseHistory } from '../../src/action/history.ts';
import { type ListOptions, listReleases } from '../../src/action/list.ts';
import type { ApiHandler, ApiRequest } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { failure } from '../../src/api/status.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { createClient } from '../../src/client/create-client.ts';
import { LEASES } from '../../src/client/resources.ts';
import { ManualClock } from '../../src/clock.ts';
import { lineLog } from '../../src/log.ts';
import { memoryDriver } from '../../src/release/memory-driver.ts';
import { releaseStorage } from '../../src/release/storage.ts';
import { MvccStore } from '../../src/store/mvcc.ts';

const LIST: ListOptions = { statuses: [], selector: '', byDate: false, reverse: false, limit: 0, offset: 0 };
const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

interface Scene {
  clock: ManualClock;
  requests: ApiRequest[];
  log: string[];
  handler: ApiHandler;
  as(holder: string, more?: Partial<ActionContext>): ActionContext;
  leases(): Promise<string[]>;
}

async function onServer(run: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = new ManualClock();
  const log: string[] = [];
  const logger = lineLog((line) => void log.push(line), 'debug');
  const server = createApiServer({ store: new MvccStore(), clock, log: logger });
  const requests: ApiRequest[] = [];
  const direct: ApiHandler = (request) => server.handler({ ...request, user: ADMIN });
  const handler: ApiHandler = (request) => {
    requests.push(request);
    return direct(request);
  };
  const as = (holder: string, more: Partial<ActionContext> = {}): ActionContext => ({
    client: createClient(handler),
    releases: releaseStorage(memoryDriver()),
    namespace: 'default',
    clock,
    log: logger,
    signal: new AbortController().signal,
    holder,
    ...more,
  });
  const leases = async () =>
    (await createClient(direct).list(LEASES, { namespace: 'default' })).items.map((item) => item.spec?.holderIdentity);
  try {
    await run({ clock, requests, log, handler, as, leases });
  } finally {
    server.stop();
  }
}

/** An operation that goes on until it is told to end. */
function working(context: ActionContext, name = 'web') {
  let end = () => {};
  let begun = () => {};
  const over = new Promise<void>((resolve) => (end = resolve));
  const started = new Promise<void>((resolve) => (begun = resolve));
  const done = guarded(context, name, () => {
    begun();
    return over;
  });
  return {
    started,
    end: () => {
      end();
      return done;
    },
  };
}

/** A second after the other, until the work is done. */
async function whileTimePasses<T>(
  clock: ManualClock,
  work: Promise<T>,
  each: (second: number) => Promise<void> = async () => {},
): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  for (let second = 1; !isDone && second < 60; second++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isDone) break;
    await clock.advance(1000);
    await each(second);
  }
  return done;
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => '',
    (error: Error) => error.message,
  );
const HELD = 'another operation (install/upgrade/rollback) is in progress: the release is held by ';
const nothing = async () => {};

test('while one works the others are refused with its name, and after it none', () =>
  onServer(async ({ as, clock, leases, requests }) => {
    const ada = working(as('ada@one:1'));
    await ada.started;
    assert.is(await refusal(guarded(as('bob@two:2'), 'web', nothing)), `${HELD}ada@one:1`);
    await clock.advance(60_000);
    assert.is(await refusal(guarded(as('bob@two:2'), 'web', nothing)), `${HELD}ada@one:1`, 'it is renewed');
    await guarded(as('bob@two:2'), 'other', nothing);
    await ada.end();
    assert.equal(await leases(), []);
    requests.length = 0;
    await guarded(as('bob@two:2'), 'web', nothing);
    assert.equal(
      requests.map(({ method }) => method),
      ['POST', 'DELETE'],
    );
  }));

test('what an operation sets off itself on its release is not refused', () =>
  onServer(async ({ as, leases }) => {
    const inner = await guarded(as('ada@one:1'), 'web', (context) => guarded(context, 'web', leases));
    assert.equal(inner, ['ada@one:1']);
  }));

test('an operation that throws gives the release back', () =>
  onServer(async ({ as, leases }) => {
    const failing = guarded(as('ada@one:1'), 'web', () => Promise.reject(new Error('no')));
    assert.is(await refusal(failing), 'no');
    assert.equal(await leases(), []);
  }));

test('a lease that has run out, or whose holder is known to be gone, is taken over and that is told', () =>
  onServer(async ({ as, clock, log, leases, handler }) => {
    const killed = () => {
      let isDead = false;
      const dying: ApiHandler = (request) => (isDead ? Promise.reject(new Error('killed')) : handler(request));
      const operation = working(as('ada@one:1', { client: createClient(dying) }));
      return { ...operation, kill: () => void (isDead = true) };
    };
    const first = killed();
    await first.started;
    first.kill();
    await clock.advance(14_000);
    assert.is(await refusal(guarded(as('bob@two:2'), 'web', nothing)), `${HELD}ada@one:1`);
    await clock.advance(2_000);
    const taking = guarded(as('bob@two:2'), 'web', async ({ guard }) => guard?.takenFrom);
    assert.is(await whileTimePasses(clock, taking), 'ada@one:1');
    assert.match(log.join('\n'), /level=WARN msg="a release is taken over .*" name=web holder=ada@one:1/);
    assert.equal(await leases(), []);
    await first.end();

    const second = killed();
    await second.started;
    second.kill();
    const isAbandoned = (holder: string | undefined) => holder === 'ada@one:1';
    assert.is(
      await guarded(as('eve@one:3', { isAbandoned }), 'web', async ({ guard }) => guard?.takenFrom),
      'ada@one:1',
    );
    await second.end();
  }));

test('who was taken over does not take away the lease of who took over', () =>
  onServer(async ({ as, clock, leases, log }) => {
    const ada = working(as('ada@one:1'));
    await ada.started;
    const bob = working(as('bob@two:2', { isAbandoned: () => true }));
    await bob.started;
    await clock.advance(6_000);
    assert.match(log.join('\n'), /another operation has taken over the release/);
    await ada.end();
    assert.equal(await leases(), ['bob@two:2']);
    await bob.end();
    assert.equal(await leases(), []);
  }));

test('where leases cannot be written the operation goes on, and says so: aloud where that is no rule', () =>
  onServer(async ({ as, handler, log }) => {
    const refuse =
      (code: number, reason: string): ApiHandler =>
      async (request) => {
        if (request.path.includes('/leases')) throw failure(code, reason, 'no leases for you');
        return handler(request);
      };
    for (const [code, reason, level] of [
      [403, 'Forbidden', 'DEBUG'],
      [404, 'NotFound', 'DEBUG'],
      [500, 'InternalError', 'WARN'],
    ] as const) {
      log.length = 0;
      const client = createClient(refuse(code, reason));
      assert.is(await guarded(as('ada@one:1', { client }), 'web', async () => 'done'), 'done');
      assert.equal(log, [
        `level=${level} msg="the release is not guarded against operations at the same time" name=web error="no leases for you"`,
      ]);
    }
  }));

/** How far the holder's clock is from ours, in seconds; whether it still renews; and whether it is taken over. */
const SKEWS: [seconds: number, isAlive: boolean, isTaken: boolean][] = [
  [-10, true, false],
  [-10, false, false],
  [10, false, false],
  [-60, true, false],
  [-60, false, true],
  [60, true, false],
  [60, false, true],
  [3600, true, false],
  [3600, false, true],
  [-3600, false, true],
];

for (const [seconds, isAlive, isTaken] of SKEWS)
  test(`a holder ${isAlive ? 'at work' : 'that is gone'}, its clock ${seconds} seconds from ours, is ${isTaken ? '' : 'not '}taken over`, () =>
    onServer(async ({ as, clock, handler }) => {
      const client = createClient(handler);
      const time = () => new Date(clock.now() + seconds * 1000).toISOString().replace('Z', '000Z');
      let lease: KubeObject = await client.create<KubeObject>(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'portolan.release.web', namespace: 'default' },
        spec: { holderIdentity: 'ada@one:1', leaseDurationSeconds: 15, renewTime: time() },
      });
      const outcome = guarded(as('bob@two:2'), 'web', async () => 'taken').catch((error: Error) => error.message);
      const came = await whileTimePasses(clock, outcome, async (second) => {
        if (isAlive && second === 3)
          lease = await client.update(LEASES, { ...lease, spec: { ...lease.spec, renewTime: time() } });
      });
      assert.is(came, isTaken ? 'taken' : `${HELD}ada@one:1`);
    }));

test('who only reads takes no lease', () =>
  onServer(async ({ as, requests }) => {
    const reader = as('ada@one:1', { releases: releaseStorage(memoryDriver()) });
    await recordedRelease(reader, 'web').catch(() => {});
    await releaseHistory(reader, 'web').catch(() => {});
    await listReleases(reader, LIST);
    assert.equal(
      requests.filter(({ path }) => path.includes('/leases')),
      [],
    );
  }));

test('a namespace that is yet to be created is no reason to warn', () =>
  onServer(async ({ as, log }) => {
    assert.is(await guarded(as('ada@one:1', { namespace: 'new' }), 'web', async () => 'done'), 'done');
    assert.equal(log, []);
  }));

test.run();
