/** Repositories that mean harm: what they say is refused, and nothing of it is written anywhere. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pullChart } from '../../src/action/pull.ts';
import { packArchive, REPRODUCIBLE_TIME } from '../../src/archive/pack.ts';
import { silentLog } from '../../src/log.ts';
import { fetchToCache } from '../../src/repo/archive-cache.ts';
import { parseIndex } from '../../src/repo/index-file.ts';
import { newRepository } from '../../src/repo/repositories.ts';
import { updateIndex } from '../../src/repo/repository.ts';
import { withServer } from '../support/pair.ts';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-hostile-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  );

const ENTRY = '  - {name: web, version: 1.0.0, urls: [URL], digest: DIGEST}\n';
const INDEX = `apiVersion: v1\nentries:\n  web:\n${ENTRY}`;

const INDEXES: [name: string, text: string, refused: RegExp][] = [
  ['empty', '', /empty index\.yaml file/],
  [
    'a page of HTML',
    '<!doctype html><html><body>Log in</body></html>',
    /cannot unmarshal string into Go value of type repo.IndexFile/,
  ],
  ['cut off', INDEX.slice(0, -30), /yaml|did not find/],
  ['bytes of no text', '\u0000\u0001\u0002', /control characters|yaml/],
  ['deep', `apiVersion: v1\nentries: ${'['.repeat(200_000)}`, /depth|deep|exceeded|yaml/],
  ['deep in JSON', `{"apiVersion":"v1","entries":${'['.repeat(200_000)}`, /depth|deep|exceeded|JSON|nest/],
  [
    'a bomb of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 8 }, (_, i) => `${'bcdefghi'[i]}: &${'bcdefghi'[i]} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]\n`).join('')}apiVersion: v1\n`,
    /alias/,
  ],
];

test('an index that is broken or a trap is refused, and the cache keeps what it has', async () => {
  await inFolder(async (folder) => {
    let answer = INDEX;
    await withServer(
      (_, response) => response.end(answer),
      async (url) => {
        const repository = newRepository('one', url);
        await updateIndex(repository, folder, { log: silentLog });
        for (const [name, text, refused] of INDEXES) {
          answer = text;
          assert.match(await failure(updateIndex(repository, folder, { log: silentLog })), refused, name);
        }
        answer = 'x'.repeat(2000);
        assert.match(await failure(updateIndex(repository, folder, { log: silentLog, maxBytes: 1000 })), /larger than/);
        assert.is(readFileSync(join(folder, 'one-index.yaml'), 'utf8'), INDEX);
        assert.equal(readdirSync(folder).sort(), ['one-charts.txt', 'one-index.yaml']);
      },
    );
  });
});

test('names of charts reach no prototype and no path', () => {
  const text =
    'apiVersion: v1\nentries:\n  __proto__:\n  - {name: __proto__, version: 1.0.0}\n  constructor:\n  - {name: ../../x, version: 1.0.0}\n';
  const { entries } = parseIndex(text, 'x');
  assert.is(Object.getPrototypeOf(entries), null);
  assert.is(({} as Record<string, unknown>).version, undefined);
  assert.equal(entries.constructor, [] as never);
});

const archive = (files: Record<string, string>) =>
  packArchive(
    Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) })),
    { mtime: REPRODUCIBLE_TIME },
  );
const GOOD = { 'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n' };

const ARCHIVES: [name: string, index: string, files: Record<string, string>, refused: RegExp][] = [
  ['another digest', INDEX.replace('DIGEST', 'f'.repeat(64)), GOOD, /its digest is [0-9a-f]{64}, the index says ffff/],
  ['a digest that is a path', INDEX.replace('DIGEST', '../../../x'), GOOD, /invalid digest/],
  ['a way out', INDEX, { ...GOOD, 'web/../../out': 'x' }, /illegally references parent directory/],
  ['an absolute path', INDEX, { ...GOOD, 'web//etc/out': 'x' }, /illegally contains absolute paths/],
  ['a name that is a path', INDEX, { 'web/Chart.yaml': 'apiVersion: v2\nname: ../out\nversion: 1.0.0\n' }, /invalid/],
  ['a file on this machine', INDEX.replace('URL', 'file:///etc/hostname'), GOOD, /scheme "file" not supported/],
  ['another scheme', INDEX.replace('URL', '"javascript:alert(1)"'), GOOD, /scheme "javascript" not supported/],
];

test('archives that lie or lead elsewhere are refused, and leave nothing', async () => {
  for (const [name, index, files, refused] of ARCHIVES)
    await inFolder(async (folder) => {
      const bytes = await archive(files);
      const text = index.replace('URL', 'web-1.0.0.tgz').replace(', digest: DIGEST', '');
      await withServer(
        (request, response) => response.end(request.url === '/index.yaml' ? text : bytes),
        async (url) => {
          const directory = join(folder, 'deep/work');
          mkdirSync(directory, { recursive: true });
          const options = {
            places: { config: join(folder, 'x'), cache: join(folder, 'cache'), content: join(folder, 'content') },
            repoUrl: url,
            directory,
            destination: '.',
            untar: true,
            untarDir: '.',
            log: silentLog,
          };
          assert.match(await failure(pullChart('web', options)), refused, name);
          assert.equal(readdirSync(directory), [], name);
          assert.equal(readdirSync(join(folder, 'deep')), ['work'], name);
        },
      );
    });
});

test('a cached archive that is not what its digest says is fetched anew', async () => {
  await inFolder(async (folder) => {
    const bytes = await archive(GOOD);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const cached = join(folder, digest.slice(0, 2), `${digest}.chart`);
    mkdirSync(dirname(cached));
    writeFileSync(cached, bytes.subarray(0, 20));
    await withServer(
      (_, response) => response.end(bytes),
      async (url) => {
        assert.is(await fetchToCache({ url: `${url}/web-1.0.0.tgz`, digest, options: {} }, folder), cached);
        assert.equal(readFileSync(cached), Buffer.from(bytes));
      },
    );
  });
});

test('what an address calls an archive is a name, not a path', async () => {
  await inFolder(async (folder) => {
    const bytes = await archive(GOOD);
    const target = join(folder, 'deep/work');
    mkdirSync(target, { recursive: true });
    await withServer(
      (_, response) => response.end(bytes),
      async (url) => {
        const options = {
          places: { config: join(folder, 'x'), cache: join(folder, 'cache'), content: join(folder, 'content') },
          directory: target,
          destination: '.',
          untar: false,
          untarDir: '.',
          log: silentLog,
        };
        await pullChart(`${url}/..%2f..%2fout.tgz`, options);
        assert.equal(readdirSync(target), ['out.tgz']);
        assert.not.equal(await failure(pullChart(`${url}/%2e%2e%2f..`, options)), 'no failure');
        assert.equal(readdirSync(join(folder, 'deep')), ['work']);
      },
    );
  });
});

test.run();
