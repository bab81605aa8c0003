/**
 * Operations that something happens to at each of their requests in turn: they are killed or interrupted, a request is
 * refused, its answer is lost, the server is gone for a while. Whatever is left must be consistent, and the next command
 * must work.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionContext } from '../../src/action/context.ts';
import { type InstallOptions, installRelease } from '../../src/action/install.ts';
import { rollbackRelease } from '../../src/action/rollback.ts';
import { uninstallRelease } from '../../src/action/uninstall.ts';
import { upgradeRelease } from '../../src/action/upgrade.ts';
import type { ApiHandler, ApiRequest } from '../../src/api/http.ts';
import { failure } from '../../src/api/status.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import type { Chart } from '../../src/chart/chart.ts';
import { loadFiles } from '../../src/chart/load-files.ts';
import { createClient } from '../../src/client/create-client.ts';
import { CONFIG_MAPS, DEPLOYMENTS, SECRETS } from '../../src/client/resources.ts';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { secretDriver } from '../../src/release/object-driver.ts';
import { releaseStorage } from '../../src/release/storage.ts';
import { MvccStore } from '../../src/store/mvcc.ts';

const config = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "{{ .Values.a }}"}\n`;
const chart: Chart = loadFiles(
  Object.entries({
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    'values.yaml': 'a: 1\n',
    'templates/one.yaml': config('one'),
    'templates/two.yaml': `{{ if eq .Values.a 1.0 }}${config('two')}{{ else }}${config('three')}{{ end }}`,
    'templates/hook.yaml': config('hook').replace(
      'metadata: {',
      'metadata: {annotations: {helm.sh/hook: "pre-install,pre-upgrade,pre-rollback,pre-delete"}, ',
    ),
  }).map(([name, text]) => ({ name, data: new TextEncoder().encode(text) })),
);

const OPTIONS: InstallOptions = {
  waiting: { strategy: 'watcher', timeout: 5000 },
  dryRun: 'none',
  hideSecret: false,
  noHooks: false,
  forceReplace: false,
  forceConflicts: false,
  takeOwnership: false,
  rollbackOnFailure: false,
  description: '',
  labels: {},
  subNotes: false,
  skipSchemaValidation: false,
  skipCrds: false,
  enableDns: false,
  validate: true,
  serverSide: true,
  createNamespace: false,
  replace: false,
};
const UPGRADE = { ...OPTIONS, serverSide: 'auto', values: 'default' as const, maxHistory: 10, cleanupOnFail: false };

/** What the user of a release that failed to be installed does, as its name is taken. */
const installAgain = async (context: ActionContext) => {
  const last = await context.releases.last('web').catch(() => undefined);
  if (last?.info.status === 'failed') return upgradeRelease(context, 'web', chart, {}, UPGRADE);
  return install(context);
};
const install = (context: ActionContext) => installRelease(context, 'web', chart, {}, OPTIONS);
const upgrade = (context: ActionContext) => upgradeRelease(context, 'web', chart, { a: 2 }, UPGRADE);
const rollback = (context: ActionContext) =>
  rollbackRelease(context, 'web', { ...UPGRADE, revision: 0, serverSide: 'auto' });
const uninstall = (context: ActionContext) => uninstallRelease(context, 'web', { waiting: OPTIONS.waiting });

type Operation = (context: ActionContext) => Promise<unknown>;

interface Case {
  name: string;
  before: Operation[];
  /** What the fault happens to, and the objects that are left when it succeeds all the same. */
  dying: Operation;
  done: string[];
  /** What a user would do next, and the objects that are left then. */
  next: Operation;
  left: string[];
}

const [ONE, TWO] = [
  ['hook', 'one', 'two'],
  ['hook', 'one', 'three'],
];
const CASES: Case[] = [
  { name: 'install', before: [], dying: install, done: ONE, next: installAgain, left: ONE },
  { name: 'upgrade', before: [install], dying: upgrade, done: TWO, next: upgrade, left: TWO },
  { name: 'rollback', before: [install, upgrade], dying: rollback, done: ONE, next: upgrade, left: TWO },
  { name: 'uninstall', before: [install, upgrade], dying: uninstall, done: ['hook'], next: uninstall, left: ['hook'] },
];

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

function startServer(): { handler: ApiHandler; stop(): void } {
  const server = createApiServer({ store: new MvccStore(), clock: realClock, log: silentLog });
  return { handler: (request) => server.handler({ ...request, user: ADMIN }), stop: () => server.stop() };
}

function contextOn(handler: ApiHandler): ActionContext {
  const client = createClient(handler);
  return {
    client,
    releases: releaseStorage(secretDriver({ client, namespace: 'default', clock: realClock })),
    namespace: 'default',
    clock: realClock,
    log: silentLog,
    signal: new AbortController().signal,
    isAbandoned: () => true,
  };
}

const isChange = ({ method }: ApiRequest) => method !== 'GET' && method !== 'HEAD';

interface Fault {
  what: string;
  /** Happens at the request with which `strikes` is called; `strikes` answers how many requests ago the fault began. */
  happen(handler: ApiHandler, request: ApiRequest, ago: number, interrupt: () => void): ReturnType<ApiHandler>;
}

const refusal = (code: number, reason: string): Fault => ({
  what: `refused once with ${code} ${reason}`,
  happen: async (handler, request, ago) => {
    if (ago === 0) throw failure(code, reason, 'not now');
    return handler(request);
  },
});

const FAULTS: Fault[] = [
  { what: 'killed', happen: () => Promise.reject(new Error('killed')) },
  {
    what: 'interrupted',
    happen(handler, request, _ago, interrupt) {
      interrupt();
      return handler(request);
    },
  },
  refusal(409, 'Conflict'),
  refusal(429, 'TooManyRequests'),
  refusal(500, 'InternalError'),
  {
    what: 'without the answer to one request',
    async happen(handler, request, ago) {
      const response = await handler(request);
      if (ago === 0) throw new Error('EOF');
      return response;
    },
  },
  {
    what: 'without the server for six requests',
    async happen(handler, request, ago) {
      if (ago < 6) throw new Error('dial tcp 127.0.0.1:6443: connect: connection refused');
      return handler(request);
    },
  },
];

/** The handler to which the fault happens at the change that follows `count` others. */
function faulty(fault: Fault, handler: ApiHandler, count: number, interrupt: () => void) {
  let changes = 0;
  let ago = -1;
  return {
    hasStruck: () => ago >= 0,
    async handler(request: ApiRequest) {
      if (isChange(request)) changes++;
      if (changes > count) return fault.happen(handler, request, ++ago, interrupt);
      return handler(request);
    },
  };
}

for (const { name, before, dying, done, next, left } of CASES)
  for (const fault of FAULTS)
    test(`${name}, ${fault.what}: whatever the request, the next command works`, async () => {
      for (let count = 0, isOver = false; !isOver; count++) {
        const server = startServer();
        try {
          const healthy = contextOn(server.handler);
          for (const operation of before) await operation(healthy);
          const interruption = new AbortController();
          const faultyServer = faulty(fault, server.handler, count, () => interruption.abort());
          const context = { ...contextOn(faultyServer.handler), signal: interruption.signal };
          const error = await dying(context).then(
            () => undefined,
            (cause: Error) => cause,
          );
          isOver = !faultyServer.hasStruck();
          const what = `${name}, ${fault.what} after ${count} changes`;
          const history = await healthy.releases.history('web').catch(() => []);
          const statuses = history.map(({ info }) => info.status);
          if (fault.what === 'interrupted') checkInterrupted(what, error, statuses.at(-1));
          const isSound = statuses.filter((status) => status === 'deployed').length === 1;
          const isDone =
            statuses.length === 0 ? name === 'uninstall' : !error && isSound && statuses.at(-1) === 'deployed';
          if (isDone) await checkConsistent(healthy, what, done);
          else {
            await next(healthy);
            await checkConsistent(healthy, `next after ${what}`, left);
          }
        } finally {
          server.stop();
        }
      }
    });

/** It ends as told, and is told in the record. */
function checkInterrupted(what: string, error: Error | undefined, status: string | undefined): void {
  if (error) assert.match(error.message, /context canceled$/, what);
  assert.not.match(status ?? '', /^pending/, what);
}

async function checkConsistent(context: ActionContext, what: string, left: string[]): Promise<void> {
  const history = await context.releases.history('web').catch(() => []);
  const statuses = history.map(({ info }) => info.status);
  if (!left.includes('one')) assert.equal(statuses, [], what);
  else {
    assert.is(statuses.filter((status) => status === 'deployed').length, 1, `${what}: ${statuses}`);
    assert.is(statuses.at(-1), 'deployed', `${what}: ${statuses}`);
    assert.not(
      statuses.some((status) => status.startsWith('pending')),
      `${what}: ${statuses}`,
    );
  }
  const objects = await context.client.list(CONFIG_MAPS, { namespace: 'default' });
  assert.equal(objects.items.map(({ metadata }) => metadata.name).sort(), left, what);
}

test('one object that is refused among many fails the release and nothing else', async () => {
  const server = startServer();
  try {
    const refusing: ApiHandler = async (request) => {
      if (request.method === 'PATCH' && request.path.endsWith('/two'))
        throw failure(403, 'Forbidden', 'admission webhook "no.example.com" denied the request: no');
      return server.handler(request);
    };
    const context = contextOn(refusing);
    const error = await install(context).catch((cause: Error) => cause);
    assert.is(
      (error as Error).message,
      'server-side apply failed for object default/two /v1, Kind=ConfigMap: admission webhook "no.example.com" denied the request: no',
    );
    assert.is((await context.releases.last('web')).info.status, 'failed');
    await upgrade(contextOn(server.handler));
    await checkConsistent(contextOn(server.handler), 'after the refusal', ['hook', 'one', 'three']);
  } finally {
    server.stop();
  }
});

const toFirst = (context: ActionContext) =>
  rollbackRelease(context, 'web', { ...UPGRADE, revision: 1, serverSide: 'auto' });

/** After a record was cut in half: what the next command leaves, revisions with their statuses. */
const CUT: { before: Operation[]; next: Operation; objects: string[]; revisions: [number, string][] }[] = [
  { before: [install], next: install, objects: ONE, revisions: [[2, 'deployed']] },
  {
    before: [install, upgrade],
    next: upgrade,
    objects: TWO,
    revisions: [
      [1, 'superseded'],
      [3, 'deployed'],
    ],
  },
  // What only the revision had that nobody can read is not taken away.
  {
    before: [install, upgrade],
    next: toFirst,
    objects: ['hook', 'one', 'three', 'two'],
    revisions: [
      [1, 'superseded'],
      [3, 'deployed'],
    ],
  },
  { before: [install, upgrade], next: uninstall, objects: ['hook', 'three'], revisions: [] },
];

test('a record cut in half stops no command, and nothing is lost', async () => {
  for (const { before, next, objects, revisions } of CUT) {
    const server = startServer();
    try {
      const context = contextOn(server.handler);
      for (const operation of before) await operation(context);
      const key = `sh.helm.release.v1.web.v${before.length}`;
      const secret = structuredClone(await context.client.get(SECRETS, key, 'default'));
      const { release } = secret.data;
      secret.data.release = release.slice(0, Math.floor(release.length / 8) * 4);
      await context.client.update(SECRETS, secret);
      await next(context);
      const what = `${before.length} ${next}`;
      const history = await context.releases.history('web').catch(() => []);
      assert.equal(
        history.map(({ revision, info }) => [revision, info.status]),
        revisions,
        what,
      );
      const left = await context.client.list(CONFIG_MAPS, { namespace: 'default' });
      assert.equal(left.items.map(({ metadata }) => metadata.name).sort(), [...objects].sort(), what);
      await uninstall(context).catch(() => {});
      const { items } = await context.client.list(SECRETS, { namespace: 'default' });
      assert.equal(
        items.map(({ metadata }) => metadata.name),
        [],
        what,
      );
    } finally {
      server.stop();
    }
  }
});

const chartOf = (template: string): Chart =>
  loadFiles(
    Object.entries({ 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n', 'templates/a.yaml': template }).map(
      ([name, text]) => ({ name, data: new TextEncoder().encode(text) }),
    ),
  );
const POD_TEMPLATE =
  'template: {metadata: {labels: {a: b}}, spec: {restartPolicy: RESTART, containers: [{name: c, image: c}]}}';

test('a hook that never ends fails its release in time, and the next command works', async () => {
  const endless = chartOf(`apiVersion: batch/v1
kind: Job
metadata: {name: endless, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {${POD_TEMPLATE.replace('RESTART', 'Never')}}
`);
  const server = startServer();
  try {
    const context = contextOn(server.handler);
    const options = { ...OPTIONS, waiting: { strategy: 'hookOnly' as const, timeout: 50 } };
    const ended = (work: Promise<unknown>) => work.then(String, (error: Error) => error.message);
    const late = /resource Job\/default\/endless not ready\. status: InProgress.*\n?.*context deadline exceeded$/s;
    assert.match(await ended(installRelease(context, 'web', endless, {}, options)), /^failed pre-install: /);
    assert.is((await context.releases.last('web')).info.status, 'failed');
    const again = await ended(upgradeRelease(context, 'web', endless, {}, { ...UPGRADE, waiting: options.waiting }));
    assert.match(again, /^pre-upgrade hooks failed: /);
    assert.match(again, late);
    await upgrade(context);
    await checkConsistent(context, 'after the hook', TWO);
  } finally {
    server.stop();
  }
});

test('a wait outlives watches that are cut, that fail and that have expired', async () => {
  const deployment = chartOf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {selector: {matchLabels: {a: b}}, ${POD_TEMPLATE.replace('RESTART', 'Always')}}
`);
  const server = startServer();
  try {
    const healthy = contextOn(server.handler);
    const makeReady = async () => {
      const live = structuredClone(await healthy.client.get(DEPLOYMENTS, 'web', 'default'));
      const condition = (type: string, reason: string) => ({ type, status: 'True', reason });
      live.status = {
        observedGeneration: live.metadata.generation,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        conditions: [
          condition('Available', 'MinimumReplicasAvailable'),
          condition('Progressing', 'NewReplicaSetAvailable'),
        ],
      };
      await healthy.client.update(DEPLOYMENTS, live, { subresource: 'status' });
    };
    const events = async function* (object?: unknown) {
      if (object) yield { type: 'ERROR' as const, object: object as never };
    };
    const expired = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', code: 410 };
    let watches = 0;
    const context = contextOn(async (request) => {
      if (!request.query.has('watch')) return server.handler(request);
      switch (++watches) {
        case 1:
          return { status: 200, headers: {}, body: { type: 'watch', events: events() } };
        case 2:
          return { status: 200, headers: {}, body: { type: 'watch', events: events(expired) } };
        case 3:
          await makeReady();
          throw new Error('EOF');
        default:
          return server.handler(request);
      }
    });
    const release = await installRelease(
      context,
      'web',
      deployment,
      {},
      {
        ...OPTIONS,
        waiting: { strategy: 'watcher', timeout: 20_000 },
      },
    );
    assert.is(release.info.status, 'deployed');
    assert.ok(watches >= 3);
  } finally {
    server.stop();
  }
});

test.run();
