/** The SQL driver on a real PostgreSQL, where one is installed; expected errors are what helm 4.2.3 prints. */
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { ManualClock } from '../../src/clock.ts';
import type { ReleaseDriver } from '../../src/release/driver.ts';
import type { Release } from '../../src/release/release.ts';
import { connectDatabase, parseConnectionString } from '../../src/release/sql-connection.ts';
import { sqlDriver } from '../../src/release/sql-driver.ts';
import { releaseStorage } from '../../src/release/storage.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../support/postgres.ts';

const parsed: [text: string, parameters: Record<string, string> | string][] = [
  [
    'postgres://me:p%40ss@db.example.com:5433/helm?sslmode=disable&application_name=x',
    {
      user: 'me',
      password: 'p@ss',
      host: 'db.example.com',
      port: '5433',
      dbname: 'helm',
      sslmode: 'disable',
      application_name: 'x',
    },
  ],
  ['postgresql://[::1]/helm', { host: '::1', dbname: 'helm' }],
  ['postgres://me:5@host/helm', { user: 'me', password: '5', host: 'host', dbname: 'helm' }],
  ["host=/run port = 5433 password='it''s'", 'missing "=" after "\'s\'" in connection info string'],
  ["host=/run port = 5433 password='a \\' b' dbname=", { host: '/run', port: '5433', password: "a ' b", dbname: '' }],
  ['', {}],
  ['garbage', 'missing "=" after "garbage" in connection info string'],
  ['mysql://x', 'missing "=" after "mysql://x" in connection info string'],
  [
    'postgres://helm@127.0.0.1:544aa/helm',
    'parse "postgres://helm@127.0.0.1:544aa/helm": invalid port ":544aa" after host',
  ],
];

for (const [text, expected] of parsed)
  test(`connection string ${JSON.stringify(text)}`, () => {
    const run = () => parseConnectionString(text);
    if (typeof expected === 'string') assert.throws(run, (error: Error) => error.message === expected);
    else assert.equal(run(), expected);
  });
test.run();

const onPostgres = suite('on PostgreSQL (skipped where none is installed)');
const it = postgresPrograms() ? onPostgres : onPostgres.skip;

const release = (revision: number, more: Partial<Release> = {}): Release => ({
  name: 'web',
  namespace: 'shop',
  revision,
  info: { description: '', status: 'deployed', notes: '' },
  overrides: {},
  manifest: 'a: b\n',
  hooks: [],
  labels: { team: 'a' },
  applyMethod: 'ssa',
  ...more,
});

async function message(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => '',
    (error: Error) => error.message,
  );
}

it('records are written, found, changed and deleted; errors are told as by helm', async () => {
  const postgres: Postgres = await startPostgres();
  const open = (text: string, namespace = 'shop'): Promise<ReleaseDriver> =>
    sqlDriver({ connectionString: text, namespace, clock: new ManualClock() });
  const url = `postgres://helm@127.0.0.1:${postgres.port}/postgres`;
  const drivers: ReleaseDriver[] = [];
  const opened = async (text: string, namespace?: string) => {
    const driver = await open(text, namespace);
    drivers.push(driver);
    return driver;
  };
  try {
    const failed = 'unable to instantiate SQL driver: ';
    for (const [text, why] of [
      [url, 'pq: SSL is not enabled on the server'],
      [`${url}?sslmode=verify-full`, 'pq: SSL is not enabled on the server'],
      [
        `${url}?sslmode=bogus`,
        'pq: wrong value for "sslmode": "bogus" is not supported; supported values are disable, allow, prefer, require, verify-full, or verify-ca',
      ],
      ['postgres://helm@127.0.0.1:1/x?sslmode=disable', 'dial tcp 127.0.0.1:1: connect: connection refused'],
      [
        `host=127.0.0.1 port=${postgres.port} user=helm dbname=no sslmode=disable`,
        'pq: database "no" does not exist (3D000)',
      ],
      [
        `host=127.0.0.1 port=${postgres.port} user=no dbname=no sslmode=disable`,
        'pq: role "no" does not exist (28000)',
      ],
      [`${url}?sslmode=disable&nonsense=1`, 'pq: unrecognized configuration parameter "nonsense" (42704)'],
      ['host=/nowhere user=helm', 'dial unix /nowhere/.s.PGSQL.5432: connect: no such file or directory'],
    ])
      assert.is(await message(open(text!)), `${failed}${why}`, text);

    // Both find no tables, and make them.
    const [driver, other] = await Promise.all([opened(`${url}?sslmode=disable`), opened(`${url}?sslmode=prefer`)]);
    await opened(`${url}?sslmode=allow`);
    const all = await opened(`host=${postgres.folder} port=${postgres.port} user=helm dbname=postgres`, '');
    const storage = releaseStorage(driver);
    await storage.create(release(1));
    await storage.create(release(2, { manifest: 'x'.repeat(3_000_000), labels: {} }));
    assert.is(await message(storage.create(release(2))), 'release: already exists');
    assert.is(await message(storage.get('web', 9)), 'release: not found');
    assert.equal((await storage.get('web', 1)).labels, { team: 'a' });
    assert.is((await releaseStorage(other).last('web')).manifest.length, 3_000_000);
    await storage.update(release(1, { info: { description: '', status: 'superseded', notes: '' } }));
    assert.equal(
      (await storage.history('web')).map(({ revision, info, labels }) => [revision, info.status, labels]),
      [
        [1, 'superseded', { team: 'a' }],
        [2, 'deployed', {}],
      ],
    );
    assert.is((await storage.deployed('web')).revision, 2);
    assert.equal(
      (await releaseStorage(all).list()).map(({ namespace, labels }) => [namespace, labels]),
      [
        ['shop', { name: 'web', owner: 'helm', status: 'deployed', version: '2' }],
        ['shop', { name: 'web', owner: 'helm', status: 'superseded', version: '1' }],
      ],
    );
    assert.is((await releaseStorage(await opened(`${url}?sslmode=disable`, 'other')).list()).length, 0);
    const killer = await connectDatabase(`${url}?sslmode=disable`);
    await killer.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
    await killer.end();
    // The first to notice fails, those after it have a connection again.
    await storage.list().catch(() => storage.list());
    await storage.create(release(3), 2);
    assert.equal(
      (await storage.history('web')).map(({ revision }) => revision),
      [2, 3],
    );
    await storage.purge(await storage.history('web'));
    assert.is(await message(storage.delete('web', 2)), 'release: not found');
    assert.is(await message(storage.last('web')), 'release: not found');
  } finally {
    for (const driver of drivers) await driver.close?.();
    await postgres.stop();
  }
});
onPostgres.run();
