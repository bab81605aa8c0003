/** Records larger than an object can be: split, read back, killed between any two writes, looked at by real helm. */
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiHandler } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { createClient } from '../../src/client/create-client.ts';
import { CONFIG_MAPS, SECRETS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';
import { ManualClock } from '../../src/clock.ts';
import { lineLog, silentLog } from '../../src/log.ts';
import { encodeRelease } from '../../src/release/encode.ts';
import { configMapDriver, secretDriver } from '../../src/release/object-driver.ts';
import type { Release } from '../../src/release/release.ts';
import { type ReleaseStorage, releaseStorage } from '../../src/release/storage.ts';
import { MvccStore } from '../../src/store/mvcc.ts';

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

interface Scene {
  handler: ApiHandler;
  client: Client;
  storage: ReleaseStorage;
  log: string[];
  /** The names of the release's objects of a resource. */
  names(): Promise<string[]>;
}

const DRIVERS = { Secret: [secretDriver, SECRETS], ConfigMap: [configMapDriver, CONFIG_MAPS] } as const;

/** Small, that the tests are fast. */
const LIMIT = 16 * 1024;

async function onServer(
  kind: keyof typeof DRIVERS,
  run: (scene: Scene) => Promise<void>,
  limit = LIMIT,
): Promise<void> {
  const clock = new ManualClock();
  const server = createApiServer({ store: new MvccStore(), clock, log: silentLog });
  const [driver, resource] = DRIVERS[kind];
  const handler: ApiHandler = (request) => server.handler({ ...request, user: ADMIN });
  const client = createClient(handler);
  const log: string[] = [];
  const options = { client, namespace: 'default', clock, ...(limit > 0 && { limit }) };
  const storage = releaseStorage(
    driver(options),
    lineLog((line) => void log.push(line)),
  );
  const names = async () =>
    (await client.list(resource, { namespace: 'default' })).items
      .map(({ metadata }) => metadata.name)
      .filter((name) => /release/.test(name))
      .sort();
  try {
    await run({ handler, client, storage, log, names });
  } finally {
    server.stop();
  }
}

/** Text that no compression makes smaller than three quarters of it. */
const noise = (bytes: number): string => randomBytes((bytes * 3) / 4).toString('base64');

interface Sizes {
  files?: number;
  manifest?: number;
  values?: number;
  hook?: number;
}

const release = (revision: number, { files = 0, manifest = 0, values = 0, hook = 0 }: Sizes = {}): Release => ({
  name: 'web',
  namespace: 'default',
  revision,
  info: { description: 'first', status: 'deployed', notes: 'Read me.' },
  chart: {
    metadata: { name: 'web', version: '1.0.0', annotations: { a: 'b' } },
    lock: null,
    templates: [{ name: 'templates/a.yaml', data: noise(files) }],
    values: { a: 1 },
    schema: null,
    schemamodtime: '0001-01-01T00:00:00Z',
    files: [],
  },
  overrides: { text: noise(values) },
  manifest: `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata: {a: ${noise(manifest)}}\n`,
  hooks: [
    {
      name: 'h',
      kind: 'ConfigMap',
      path: 'web/templates/h.yaml',
      manifest: `kind: ConfigMap\ndata: {a: ${noise(hook)}}`,
      events: ['test'],
      weight: 0,
      deletePolicies: [],
      outputLogPolicies: [],
      lastRun: { phase: 'Succeeded' },
    },
  ],
  labels: { team: 'a' },
  applyMethod: 'ssa',
});

/** Of text this long nobody wants to read a comparison. */
const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const same = (actual: unknown, expected: unknown): void => assert.is(digest(actual), digest(expected));

/** How many parts, and whether the record itself still has the manifest. */
const SIZES: [what: string, sizes: Sizes, parts: number, isManifestThere: boolean][] = [
  ['all fits', { files: LIMIT / 2 }, 0, true],
  ['the files of the chart are too large', { files: 1.5 * LIMIT }, 2, true],
  ['the manifest is too large', { manifest: 3 * LIMIT }, 4, false],
  ['a hook is too large', { hook: 2 * LIMIT }, 3, false],
  ['the values are too large', { values: 2 * LIMIT }, 3, false],
];

for (const kind of ['Secret', 'ConfigMap'] as const)
  for (const [what, sizes, parts, isManifestThere] of SIZES)
    test(`${kind}: ${what}`, () =>
      onServer(kind, async ({ storage, names }) => {
        const written = release(1, sizes);
        await storage.create(written);
        assert.is((await names()).length, 1 + parts);
        const withSystemLabels = { ...written, labels: (await storage.last('web')).labels };
        same(await storage.get('web', 1), written);
        same(await storage.last('web'), withSystemLabels);
        same(await storage.deployed('web'), withSystemLabels);
        same((await storage.history('web')).at(-1), withSystemLabels);
        const [listed] = await storage.list();
        const told = listed!.decode()!;
        assert.equal([listed!.status, told.info.description, told.chart!.metadata!.name], ['deployed', 'first', 'web']);
        assert.is(told.manifest === written.manifest, isManifestThere);
        assert.equal(told.chart!.metadata!.annotations, { a: 'b' });

        await storage.update({ ...written, info: { ...written.info, status: 'superseded' } });
        assert.is((await names()).length, 1 + parts, 'a new status needs no new parts');
        same((await storage.get('web', 1)).manifest, written.manifest);
        await storage.delete('web', 1);
        assert.equal(await names(), []);
      }));

test('a record that fits is that of Helm, and more than a Secret can hold is split at its limit', () =>
  onServer(
    'Secret',
    async ({ storage, names, client }) => {
      const [fitting, large] = [release(1, { manifest: 700_000 }), release(2, { manifest: 3_500_000 })];
      await storage.create(fitting);
      const secret = await client.get<KubeObject>(SECRETS, 'sh.helm.release.v1.web.v1', 'default');
      same(Buffer.from(secret.data.release, 'base64').toString(), encodeRelease(fitting));
      assert.is((await names()).length, 1);
      await storage.create(large);
      assert.is((await names()).length, 6);
      same(await storage.get('web', 2), large);
    },
    0,
  ));

test('parts have nothing by which Helm would take them for records', () =>
  onServer('Secret', async ({ storage, client }) => {
    await storage.create(release(1, { manifest: 2 * LIMIT }));
    const { items } = await client.list(SECRETS, { namespace: 'default', labelSelector: 'owner=helm' });
    assert.equal(
      items.map(({ metadata }) => metadata.name),
      ['sh.helm.release.v1.web.v1'],
    );
    const all = (await client.list(SECRETS, { namespace: 'default' })).items as KubeObject[];
    for (const { metadata, type } of all.filter(({ metadata }) => metadata.name.startsWith('portolan.')))
      assert.equal(
        [type, metadata.labels],
        ['portolan.dev/release-part.v1', { name: 'web', owner: 'portolan', version: '1' }],
      );
  }));

/** What is done to a part, and what is told. */
const DAMAGES: [what: string, damage: (client: Client, part: KubeObject) => Promise<unknown>, told: RegExp][] = [
  [
    'missing',
    (client, { metadata }) => client.delete(SECRETS, metadata.name, 'default'),
    /part 2 of 3, Secret "portolan\.release\.web\.v2\.[0-9a-f]{12}\.2", is missing/,
  ],
  [
    'cut in half',
    (client, part) => client.update(SECRETS, { ...part, data: { release: part.data.release.slice(0, LIMIT / 2) } }),
    /its parts do not hold what was written: their SHA-256 differs/,
  ],
];

for (const [what, damage, told] of DAMAGES)
  test(`a part that is ${what} is told, and the revision before counts`, () =>
    onServer('Secret', async ({ storage, client, names, log }) => {
      await storage.create(release(1));
      await storage.create(release(2, { manifest: 2 * LIMIT }));
      const part = (await names()).find((name) => name.endsWith('.2'))!;
      await damage(client, await client.get<KubeObject>(SECRETS, part, 'default'));
      const error = await storage.get('web', 2).catch((cause: Error) => cause);
      assert.match((error as Error).message, told);
      assert.is((await storage.last('web')).revision, 1);
      assert.match(log.join('\n'), /a revision cannot be read and is passed over" name=web revision=2 error=/);
      assert.match(log.join('\n').replaceAll('\\"', '"'), told);
      assert.is(storage.nextRevision('web'), 3);
      assert.equal(
        (await storage.list()).map((record) => record.decode()?.info.status),
        ['deployed', 'deployed'],
      );
      await storage.purge(await storage.history('web'));
      assert.equal(await names(), []);
    }));

test('a record that Helm copied keeps the parts that it refers to', async () => {
  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ] as const)
    await onServer('Secret', async ({ storage, client, names }) => {
      const written = release(1, { manifest: 2 * LIMIT });
      await storage.create(written);
      const secret = await client.get<KubeObject>(SECRETS, 'sh.helm.release.v1.web.v1', 'default');
      const { name, owner, status } = secret.metadata.labels!;
      const metadata = { name: 'sh.helm.release.v1.web.v2', labels: { name, owner, status, version: '2' } };
      await client.create(SECRETS, { ...secret, metadata: { ...metadata, namespace: 'default' } } as KubeObject);
      await storage.last('web');
      await storage.delete('web', first);
      same((await storage.get('web', second)).manifest, written.manifest);
      await storage.delete('web', second);
      assert.equal(await names(), []);
    });
});

test('the parts of a record that cannot be read stay, as it may be mended', () =>
  onServer('Secret', async ({ storage, client, names }) => {
    await storage.create(release(1));
    const written = release(2, { manifest: 2 * LIMIT });
    await storage.create(written);
    const key = 'sh.helm.release.v1.web.v2';
    const damage = async (data: object) => {
      const secret = await client.get<KubeObject>(SECRETS, key, 'default');
      await client.update(SECRETS, { ...secret, data });
      return secret.data;
    };
    const data = await damage({ release: 'AAAA' });
    await storage.last('web');
    await storage.create(release(3));
    assert.is((await names()).length, 6);
    await damage(data);
    same((await storage.get('web', 2)).manifest, written.manifest);
  }));

test('what an operation wants of files that are gone it can do without', () =>
  onServer('Secret', async ({ storage, client, names }) => {
    const written = release(1, { files: 2 * LIMIT });
    await storage.create(written);
    for (const name of (await names()).filter((name) => name.startsWith('portolan.')))
      await client.delete(SECRETS, name, 'default');
    const { manifest, chart } = await storage.last('web');
    same([manifest, chart!.templates], [written.manifest, null]);
  }));

test('a record that is cut in half is passed over, and its number is not taken again', () =>
  onServer('Secret', async ({ storage, client }) => {
    await storage.create(release(1));
    await storage.create(release(2));
    const secret = await client.get<KubeObject>(SECRETS, 'sh.helm.release.v1.web.v2', 'default');
    const { release: data } = secret.data;
    await client.update(SECRETS, { ...secret, data: { release: data.slice(0, Math.floor(data.length / 8) * 4) } });
    assert.is((await storage.last('web')).revision, 1);
    assert.is(storage.nextRevision('web'), 3);
  }));

/** Serves `count` changes, then nothing more: as if the process had been killed. */
function dyingAfter(handler: ApiHandler, count: number): ApiHandler {
  let changes = 0;
  return async (request) => {
    if (request.method !== 'GET') changes++;
    if (changes > count) throw new Error('killed');
    return handler(request);
  };
}

type Step = (storage: ReleaseStorage) => Promise<unknown>;
const superseded = (of: Release): Release => ({ ...of, info: { ...of.info, status: 'superseded' } });
const big = release(2, { manifest: 2 * LIMIT });
const bigger = release(2, { manifest: 2 * LIMIT });
const KILLED: { what: string; step: Step; before: Release[]; after: Release[] }[] = [
  { what: 'create', step: (s) => s.create(big), before: [release(1)], after: [big] },
  { what: 'a new status', step: (s) => s.update(superseded(big)), before: [big], after: [superseded(big)] },
  { what: 'another manifest', step: (s) => s.update(bigger), before: [big], after: [bigger] },
  { what: 'shrinking', step: (s) => s.update(release(2)), before: [big], after: [release(2)] },
  { what: 'delete', step: (s) => s.delete('web', 2), before: [release(1), big], after: [release(1)] },
];

for (const { what, step, before, after } of KILLED)
  test(`killed at any write: ${what}`, async () => {
    let isOver = false;
    for (let count = 0; !isOver; count++)
      await onServer('Secret', async ({ storage, handler, names }) => {
        for (const each of before) await storage.create(each);
        const client = createClient(dyingAfter(handler, count));
        const options = { client, namespace: 'default', clock: new ManualClock(), limit: LIMIT };
        const dying = releaseStorage(secretDriver(options));
        await dying.last('web').catch(() => undefined);
        isOver = await step(dying).then(
          () => true,
          () => false,
        );
        const last = await storage.last('web');
        const found = [...before, ...after].find(
          (each) =>
            each.revision === last.revision && each.manifest === last.manifest && each.info.status === last.info.status,
        );
        assert.ok(found, `${what} after ${count} writes`);
        // The next command leaves nothing that no record refers to.
        await storage.create(release(3));
        for (const { revision } of await storage.history('web')) await storage.delete('web', revision);
        assert.equal(await names(), [], `${what} after ${count} writes`);
      });
  });

test.run();
