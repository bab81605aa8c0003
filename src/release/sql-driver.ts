/** Records in a PostgreSQL database, in the tables that Helm makes: either can use what the other has written. */
import type { Clock } from '../clock.ts';
import { decodeRelease } from './decode.ts';
import { type ReleaseDriver, ReleaseExistsError, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { encodeRelease } from './encode.ts';
import { withoutSystemLabels } from './labels.ts';
import type { Release } from './release.ts';
import { connectDatabase, type Database, worded } from './sql-connection.ts';

export interface SqlDriverOptions {
  /** A URL or `key=value` pairs; `sslmode` is `require` where it is not given. */
  connectionString: string;
  /** The environment, of which PGHOST and its like are read. */
  variables?: Record<string, string | undefined>;
  /** '' lists and queries all namespaces; it cannot write. */
  namespace: string;
  clock: Clock;
}

/** Connects, and makes the tables that are missing. The driver is to be closed. */
export async function sqlDriver(options: SqlDriverOptions): Promise<ReleaseDriver> {
  try {
    const database = await connectDatabase(options.connectionString, options.variables);
    try {
      await migrate(database);
    } catch (error) {
      await database.end();
      throw worded(error);
    }
    return driverOn(database, options);
  } catch (error) {
    throw new Error(`unable to instantiate SQL driver: ${(error as Error).message}`, { cause: error });
  }
}

const UNIQUE_VIOLATION = '23505';
/** A table, or the type that goes with it. */
const DUPLICATES = ['42P07', '42710'];

const isOutrun = (error: unknown): boolean =>
  [UNIQUE_VIOLATION, ...DUPLICATES].includes((error as { code?: string }).code ?? '');

/** Applied in this order, each once, and noted by name in a table of its own, as Helm does it. */
const MIGRATIONS: [id: string, statements: string][] = [
  [
    'custom_labels',
    `CREATE TABLE custom_labels_v1 (
       releaseKey VARCHAR(64), releaseNamespace VARCHAR(67), key VARCHAR(317), value VARCHAR(63)
     );
     CREATE INDEX ON custom_labels_v1 (releaseKey, releaseNamespace);
     GRANT ALL ON custom_labels_v1 TO PUBLIC;
     ALTER TABLE custom_labels_v1 ENABLE ROW LEVEL SECURITY;`,
  ],
  [
    'init',
    `CREATE TABLE releases_v1 (
       key VARCHAR(90), type VARCHAR(64) NOT NULL, body TEXT NOT NULL, name VARCHAR(64) NOT NULL,
       namespace VARCHAR(64) NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL,
       createdAt INTEGER NOT NULL, modifiedAt INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(key, namespace)
     );
     CREATE INDEX ON releases_v1 (key, namespace);
     CREATE INDEX ON releases_v1 (version);
     CREATE INDEX ON releases_v1 (status);
     CREATE INDEX ON releases_v1 (owner);
     CREATE INDEX ON releases_v1 (createdAt);
     CREATE INDEX ON releases_v1 (modifiedAt);
     GRANT ALL ON releases_v1 TO PUBLIC;
     ALTER TABLE releases_v1 ENABLE ROW LEVEL SECURITY;`,
  ],
];

/** Another may make the same at the same time: at each step one is the first, and the other looks again. */
async function migrate(database: Database, attempts = 2 * MIGRATIONS.length): Promise<void> {
  try {
    await applyMissing(database);
  } catch (error) {
    if (attempts === 0 || !isOutrun(error)) throw error;
    await migrate(database, attempts - 1);
  }
}

async function applyMissing(database: Database): Promise<void> {
  const { rows: made } = await database.query(`SELECT to_regclass('gorp_migrations') IS NOT NULL AS made`);
  const { rows } = made[0]?.made ? await database.query('SELECT id FROM gorp_migrations') : { rows: [] };
  const applied = new Set(rows.map(({ id }) => id));
  if (MIGRATIONS.every(([id]) => applied.has(id))) return;
  await database.query(
    'CREATE TABLE IF NOT EXISTS gorp_migrations (id TEXT NOT NULL PRIMARY KEY, applied_at TIMESTAMP WITH TIME ZONE)',
  );
  for (const [id, statements] of MIGRATIONS)
    if (!applied.has(id))
      await inTransaction(database, async () => {
        await database.query(statements);
        await database.query('INSERT INTO gorp_migrations (id, applied_at) VALUES ($1, now())', [id]);
      });
}

async function inTransaction(database: Database, work: () => Promise<void>): Promise<void> {
  await database.query('BEGIN');
  try {
    await work();
    await database.query('COMMIT');
  } catch (error) {
    await database.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** The labels that have a column of their own. */
const COLUMNS = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

function driverOn(database: Database, { namespace, clock }: SqlDriverOptions): ReleaseDriver {
  const query = async (text: string, values: unknown[] = []) => {
    try {
      return await database.query(text, values);
    } catch (error) {
      throw worded(error);
    }
  };
  const now = () => Math.floor(clock.now() / 1000);
  const isOwn = 'key = $1 AND namespace = $2';

  async function customLabels(key: string): Promise<Record<string, string>> {
    const { rows } = await query(
      'SELECT key, value FROM custom_labels_v1 WHERE releaseKey = $1 AND releaseNamespace = $2',
      [key, namespace],
    );
    return withoutSystemLabels(Object.fromEntries(rows.map(({ key: name, value }) => [name, value])));
  }

  return {
    name: 'SQL',

    async get(key) {
      const { rows } = await query(`SELECT body FROM releases_v1 WHERE ${isOwn}`, [key, namespace]);
      if (!rows[0]) throw new ReleaseNotFoundError();
      return { ...decodeRelease(String(rows[0].body)), labels: await customLabels(key) };
    },

    async query(labels) {
      const wanted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
      const unknown = wanted.find(([label]) => !COLUMNS.includes(label));
      if (unknown) throw new Error(`unknown label ${unknown[0]}`);
      const conditions = wanted.map(([label], i) => `${label} = $${i + 1}`);
      const values = wanted.map(([, value]) => value);
      if (namespace !== '') conditions.push(`namespace = $${values.push(namespace)}`);
      const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
      const { rows } = await query(
        `SELECT key, body, name, namespace, version, status FROM releases_v1${where}`,
        values,
      );
      const custom = await labelsOf(rows);
      return rows.map((row) => stored(row, custom.get(`${row.key}`) ?? {}, labels.name !== undefined));
    },

    async create(key, release) {
      const labels = Object.entries(withoutSystemLabels(release.labels));
      await inTransaction(database, async () => {
        await database.query(
          `INSERT INTO releases_v1 (key, type, body, name, namespace, version, status, owner, createdAt)
           VALUES ($1, 'helm.sh/release.v1', $2, $3, $4, $5, $6, 'helm', $7)`,
          [key, encodeRelease(release), release.name, namespace, release.revision, release.info.status, now()],
        );
        for (const [label, value] of labels)
          await database.query(
            'INSERT INTO custom_labels_v1 (releaseKey, releaseNamespace, key, value) VALUES ($1, $2, $3, $4)',
            [key, namespace, label, value],
          );
      }).catch((error: unknown) => {
        throw (error as { code?: string }).code === UNIQUE_VIOLATION ? new ReleaseExistsError() : worded(error);
      });
    },

    async update(key, release) {
      await query(
        `UPDATE releases_v1 SET body = $3, name = $4, version = $5, status = $6, owner = 'helm', modifiedAt = $7
         WHERE ${isOwn}`,
        [key, namespace, encodeRelease(release), release.name, release.revision, release.info.status, now()],
      );
    },

    async delete(key) {
      await inTransaction(database, async () => {
        const { rowCount } = await query(`DELETE FROM releases_v1 WHERE ${isOwn}`, [key, namespace]);
        if (rowCount === 0) throw new ReleaseNotFoundError();
        await query('DELETE FROM custom_labels_v1 WHERE releaseKey = $1 AND releaseNamespace = $2', [key, namespace]);
      });
    },

    close: () => database.end(),
  };

  /** The users' labels of the records, by key. Over all namespaces there are none, as with Helm. */
  async function labelsOf(rows: Record<string, unknown>[]): Promise<Map<string, Record<string, string>>> {
    const labels = new Map<string, Record<string, string>>();
    if (namespace === '' || rows.length === 0) return labels;
    const found = await query(
      'SELECT releaseKey, key, value FROM custom_labels_v1 WHERE releaseNamespace = $1 AND releaseKey = ANY($2)',
      [namespace, rows.map(({ key }) => key)],
    );
    for (const { releasekey, key, value } of found.rows) {
      const of = `${releasekey}`;
      labels.set(of, { ...labels.get(of), [`${key}`]: `${value}` });
    }
    return labels;
  }
}

/** Of the records of one release Helm tells the users' labels alone. */
function stored(row: Record<string, unknown>, found: Record<string, string>, isOfOne: boolean): StoredRelease {
  const custom = withoutSystemLabels(found);
  const labels = {
    ...custom,
    name: `${row.name}`,
    owner: 'helm',
    status: `${row.status}`,
    version: `${row.version}`,
  };
  const read = (): Release => ({ ...decodeRelease(`${row.body}`), labels: isOfOne ? custom : { ...labels } });
  return {
    name: labels.name,
    namespace: `${row.namespace}`,
    revision: Number(row.version),
    status: labels.status,
    labels,
    decode() {
      try {
        return read();
      } catch {
        return undefined;
      }
    },
    read: async () => read(),
  };
}
