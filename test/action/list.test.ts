/** Many releases are listed by asking for those alone that are shown. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listReleases } from '../../src/action/list.ts';
import type { ApiHandler } from '../../src/api/http.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { createClient } from '../../src/client/create-client.ts';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { secretDriver } from '../../src/release/object-driver.ts';
import type { Release, ReleaseStatus } from '../../src/release/release.ts';
import { releaseStorage } from '../../src/release/storage.ts';
import { MvccStore } from '../../src/store/mvcc.ts';

const ADMIN = { name: 'admin', groups: ['system:masters'] };
const ALL = { statuses: [], selector: '', byDate: false, reverse: false, limit: 0, offset: 0 };

const record = (name: string, revision: number, status: ReleaseStatus): Release => ({
  name,
  namespace: 'default',
  revision,
  info: { status, description: '', notes: '' },
  overrides: {},
  manifest: '',
  hooks: [],
  labels: {},
  applyMethod: 'ssa',
});

test('of many revisions the newest are read, and others where they are the newest', async () => {
  const server = createApiServer({ store: new MvccStore(), clock: realClock, log: silentLog });
  const asked: string[] = [];
  const handler: ApiHandler = (request) => {
    asked.push(`${request.method} ${request.path.replace(/.*\//, '')} ${request.query.get('labelSelector') ?? ''}`);
    return server.handler({ ...request, user: ADMIN });
  };
  try {
    const client = createClient(handler);
    const releases = releaseStorage(secretDriver({ client, namespace: 'default', clock: realClock }));
    for (let i = 0; i < 30; i++)
      for (let revision = 1; revision <= 10; revision++) {
        const isNewest = revision === 10;
        const status = i === 7 || !isNewest ? 'superseded' : i === 9 ? 'failed' : 'deployed';
        await releases.create(record(`app-${String(i).padStart(2, '0')}`, revision, status));
      }
    const context = {
      client,
      releases,
      namespace: 'default',
      clock: realClock,
      log: silentLog,
      signal: new AbortController().signal,
    };
    const list = async (more: object) => {
      asked.length = 0;
      return (await listReleases(context, { ...ALL, ...more })).map(
        ({ name, revision, info }) => `${name} ${revision} ${info.status}`,
      );
    };
    const all = await list({});
    assert.is(all.length, 30);
    assert.equal(all.slice(6, 10), [
      'app-06 10 deployed',
      'app-07 10 superseded',
      'app-08 10 deployed',
      'app-09 10 failed',
    ]);
    assert.equal(asked.sort(), [
      'GET secrets owner=helm',
      'GET secrets owner=helm',
      'GET secrets owner=helm,status!=superseded',
      'GET sh.helm.release.v1.app-07.v10 ',
      'GET version ',
    ]);
    assert.equal(await list({ limit: 2, offset: 8, reverse: true }), ['app-21 10 deployed', 'app-20 10 deployed']);
    assert.equal(await list({ statuses: ['failed'] }), ['app-09 10 failed']);
    assert.is((await list({ statuses: ['superseded'] })).length, 271);
    assert.equal(await list({ filter: (name: string) => name === 'app-03' }), ['app-03 10 deployed']);
  } finally {
    server.stop();
  }
});

test.run();
