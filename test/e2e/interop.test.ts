/**
 * Every status a release can have, in every storage, written by one and read and worked on by the other: ours with
 * helm 4.2.3 and with helm 3.18.0, both ways.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { connectDatabase } from '../../src/release/sql-connection.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../support/postgres.ts';
import { realTools } from '../support/real.ts';
import { type Commands, type Ran, startTestCluster, type TestCluster } from './cluster.ts';

const BUSY = /another operation \(install\/upgrade\/rollback\) is in progress\n$/;
const NONE = /UPGRADE FAILED: "\S+" has no deployed releases\n$/;

/** What ours is refused as helm is, what the other one does, and the statuses that leaves; no status: nothing is left. */
const STATES: { status: string; refused?: [words: string, told: RegExp]; done: string; left: string[] }[] = [
  { status: 'deployed', done: 'upgrade', left: ['superseded', 'deployed'] },
  { status: 'superseded', done: 'upgrade', left: ['superseded', 'deployed'] },
  { status: 'failed', done: 'upgrade', left: ['superseded', 'deployed'] },
  { status: 'uninstalled', refused: ['upgrade', NONE], done: 'install --replace', left: ['superseded', 'deployed'] },
  { status: 'uninstalling', refused: ['upgrade', NONE], done: 'uninstall', left: [] },
  { status: 'pending-install', refused: ['upgrade', BUSY], done: 'uninstall', left: [] },
  { status: 'pending-upgrade', refused: ['upgrade', BUSY], done: 'rollback', left: ['pending-upgrade', 'deployed'] },
  { status: 'pending-rollback', refused: ['upgrade', BUSY], done: 'uninstall', left: [] },
  { status: 'unknown', refused: ['upgrade', NONE], done: 'uninstall', left: [] },
];

const CHART: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {a: {{ .Values.a | quote }}}\n',
};

interface Party {
  run(...words: string[]): Promise<Ran>;
  list: string[];
}

const ours = ({ portolan }: Commands): Party => ({ run: portolan, list: ['list'] });
const HELMS: Record<string, (commands: Commands) => Party> = {
  'helm 4.2.3': ({ helm }) => ({ run: helm, list: ['list'] }),
  'helm 3.18.0': ({ olderHelm }) => ({ run: olderHelm, list: ['list', '--all'] }),
};

/** Reads and writes the text of a record: base64 of compressed JSON. */
interface Records {
  driver: string;
  variables: Record<string, string>;
  change(key: string, namespace: string, status: string, edit: (text: string) => string): Promise<void>;
}

const objectRecords = (cluster: TestCluster, driver: 'secret' | 'configmap'): Records => ({
  driver,
  variables: { HELM_DRIVER: driver },
  async change(key, namespace, status, edit) {
    const resource = { group: '', version: 'v1', resource: `${driver}s` };
    const object = structuredClone(await cluster.client.get<KubeObject>(resource, key, namespace));
    const [decode, encode] =
      driver === 'secret'
        ? [
            (data: string) => Buffer.from(data, 'base64').toString(),
            (text: string) => Buffer.from(text).toString('base64'),
          ]
        : [String, String];
    object.data.release = encode(edit(decode(object.data.release)));
    object.metadata.labels = { ...object.metadata.labels, status };
    await cluster.client.update(resource, object);
  },
});

function sqlRecords({ port }: Postgres): Records {
  const connection = `postgres://helm@127.0.0.1:${port}/postgres?sslmode=disable`;
  return {
    driver: 'sql',
    variables: { HELM_DRIVER: 'sql', HELM_DRIVER_SQL_CONNECTION_STRING: connection },
    async change(key, namespace, status, edit) {
      const database = await connectDatabase(connection);
      const { rows } = await database.query('SELECT body FROM releases_v1 WHERE key = $1 AND namespace = $2', [
        key,
        namespace,
      ]);
      await database.query('UPDATE releases_v1 SET body = $3, status = $4 WHERE key = $1 AND namespace = $2', [
        key,
        namespace,
        edit(String(rows[0]!.body)),
        status,
      ]);
      await database.end();
    },
  };
}

/** The record with another status, everything else as its writer wrote it. */
const withStatus = (status: string) => (text: string) => {
  const json = gunzipSync(Buffer.from(text, 'base64')).toString();
  return gzipSync(json.replace(/("info":\{[^}]*?"status":")[^"]*/, `$1${status}`)).toString('base64');
};

const ok = (ran: Ran, what: string): string => {
  assert.is(ran.code, 0, `${what}: ${ran.stderr}`);
  return ran.stdout;
};

/** One writes a release of each status, the other reads them and goes on with them, and the first sees what came of it. */
async function pass(namespace: string, writer: Party, reader: Party, us: Party, records: Records): Promise<void> {
  const at = ['-n', namespace];
  const listed = async ({ run, list }: Party): Promise<[string, string][]> =>
    JSON.parse(ok(await run(...list, ...at, '-o', 'json'), 'list')).map((row: Record<string, string>) => [
      row.name,
      row.status,
    ]);
  const operate = ({ run }: Party, words: string, name: string): Promise<Ran> => {
    const [verb, ...flags] = words.split(' ');
    const chart = /upgrade|install$/.test(verb!) && verb !== 'uninstall' ? ['./web', '--set', `a=${verb}`] : [];
    return run(verb!, name, ...chart, ...flags, ...at);
  };
  for (const { status } of STATES) {
    ok(await operate(writer, 'install', status), `install ${status}`);
    const revision = status === 'pending-upgrade' ? 2 : 1;
    if (revision === 2) ok(await operate(writer, 'upgrade', status), `upgrade ${status}`);
    await records.change(`sh.helm.release.v1.${status}.v${revision}`, namespace, status, withStatus(status));
  }
  const expected = STATES.map(({ status }) => [status, status]).filter(([status]) => status !== 'unknown');
  const inOrder = (rows: string[][]) => rows.sort(([a], [b]) => (a! < b! ? -1 : 1));
  assert.equal(await listed(reader), inOrder(expected));
  const values = JSON.parse(ok(await reader.run('get', 'values', 'pending-upgrade', '-o', 'json', ...at), namespace));
  assert.equal(values, { a: 'upgrade' });
  for (const { status, refused, done } of STATES) {
    const what = `${status} in ${namespace}`;
    if (refused && reader.run === us.run) {
      const ran = await operate(reader, refused[0], status);
      assert.is(ran.code, 1, what);
      assert.match(ran.stderr, refused[1], what);
    }
    ok(await operate(reader, done, status), `${done} ${what}`);
  }
  const left = STATES.flatMap(({ status, left: statuses }) => (statuses.length > 0 ? [[status, statuses.at(-1)]] : []));
  assert.equal(await listed(writer), inOrder(left as string[][]), namespace);
  for (const { status, left: statuses } of STATES.filter(({ left: some }) => some.length > 0)) {
    const rows = JSON.parse(ok(await us.run('history', status, '-o', 'json', ...at), status));
    assert.equal(rows.map((row: { status: string }) => row.status).slice(-2), statuses, `${status} in ${namespace}`);
  }
}

const test = suite('every status in every storage (linux-x64 only; SQL where PostgreSQL is installed)');
const it = realTools() && realTools('older') ? test : test.skip;

it('what one writes the other reads and goes on with', async () => {
  const postgres = postgresPrograms() ? await startPostgres() : undefined;
  const cluster = await startTestCluster();
  try {
    for (const [path, text] of Object.entries(CHART)) {
      mkdirSync(join(cluster.folder, 'web/templates'), { recursive: true });
      writeFileSync(join(cluster.folder, 'web', path), text);
    }
    const storages = [objectRecords(cluster, 'secret'), objectRecords(cluster, 'configmap')];
    if (postgres) storages.push(sqlRecords(postgres));
    // Two helms that make the tables at the same time are in each other's way.
    for (const { variables } of storages) ok(await cluster.with(variables).helm('list'), 'list');
    const passes: Parameters<typeof pass>[] = [];
    for (const records of storages)
      for (const [name, helm] of Object.entries(HELMS)) {
        const commands = cluster.with(records.variables);
        const namespace = `${records.driver}-${name.replace(/\W+/g, '-')}`;
        for (const [suffix, writer, reader] of [
          ['from-us', ours(commands), helm(commands)],
          ['to-us', helm(commands), ours(commands)],
        ] as const) {
          ok(await cluster.kubectl('create', 'namespace', `${namespace}-${suffix}`), 'namespace');
          passes.push([`${namespace}-${suffix}`, writer, reader, ours(commands), records]);
        }
      }
    const failures = (await Promise.allSettled(passes.map((each) => pass(...each)))).flatMap((each) =>
      each.status === 'rejected' ? [each.reason as Error] : [],
    );
    assert.equal(
      failures.map(({ message }) => message),
      [],
    );
  } finally {
    await cluster.stop();
    await postgres?.stop();
  }
});
test.run();
