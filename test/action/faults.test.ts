/** Operations that die at every single request: what is left must be consistent, and the next command must work. */
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

const install = (context: ActionContext) => installRelease(context, 'web', chart, {}, OPTIONS);
const upgrade = (context: ActionContext) => upgradeRelease(context, 'web', chart, { a: 2 }, UPGRADE);
const rollback = (context: ActionContext) =>
  rollbackRelease(context, 'web', { ...UPGRADE, revision: 0, serverSide: 'auto' });
const uninstall = (context: ActionContext) => uninstallRelease(context, 'web', { waiting: OPTIONS.waiting });

type Operation = (context: ActionContext) => Promise<unknown>;

/** Before, the operation that dies, and what a user would do next. */
const CASES: { name: string; before: Operation[]; dying: Operation; next: Operation; left: string[] }[] = [
  { name: 'install', before: [], dying: install, next: install, left: ['hook', 'one', 'two'] },
  { name: 'upgrade', before: [install], dying: upgrade, next: upgrade, left: ['hook', 'one', 'three'] },
  { name: 'rollback', before: [install, upgrade], dying: rollback, next: upgrade, left: ['hook', 'one', 'three'] },
  { name: 'uninstall', before: [install, upgrade], dying: uninstall, next: uninstall, left: ['hook'] },
];

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
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

/** Serves `count` changes, then nothing more: as if the process had been killed. */
function dyingAfter(handler: ApiHandler, count: number): { handler: ApiHandler; served(): number } {
  let changes = 0;
  return {
    served: () => changes,
    async handler(request) {
      if (isChange(request) && ++changes > count) throw new Error('killed');
      if (changes > count) throw new Error('killed');
      return handler(request);
    },
  };
}

for (const { name, before, dying, next, left } of CASES)
  test(`${name}, killed before any of its changes, does not stop the next command`, async () => {
    for (let count = 0; ; count++) {
      const server = startServer();
      try {
        const healthy = contextOn(server.handler);
        for (const operation of before) await operation(healthy);
        const faulty = dyingAfter(server.handler, count);
        const died = await dying(contextOn(faulty.handler)).then(
          () => false,
          () => true,
        );
        const last = await healthy.releases.last('web').catch(() => undefined);
        const isOver = last === undefined ? name === 'uninstall' : last.info.status === 'deployed' && !died;
        // All is done but, at most, giving the release back.
        if (!died && isOver) break;
        if (!isOver) await next(healthy);
        await checkConsistent(healthy, `${name} after ${count} changes`, left);
      } finally {
        server.stop();
      }
    }
  });

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

test.run();
