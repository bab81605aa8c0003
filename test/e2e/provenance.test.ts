/** Signed charts: what we sign helm verifies, and the other way round, with keys that GnuPG has made. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pair, withPair, withServer } from '../support/pair.ts';
import { realTools } from '../support/real.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));
const compared = realTools() === undefined || !isInstalled() ? test.skip : test;

function isInstalled(): boolean {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A folder with a chart, keyrings of every kind, and a stranger's. */
async function withKeys(run: (folder: string) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), 'portolan-gpg-'));
  const folder = join(root, 'work');
  const env = { ...process.env, GNUPGHOME: join(root, 'gnupg') };
  const gpg = (...args: string[]) =>
    execFileSync('gpg', ['--batch', '--yes', '--pinentry-mode', 'loopback', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    mkdirSync(env.GNUPGHOME, { mode: 0o700 });
    cpSync(join(charts, 'mysql'), join(folder, 'mysql'), { recursive: true });
    gpg('--passphrase', 'open', '--quick-gen-key', 'Test One <one@a.example>', 'rsa2048', 'sign', 'never');
    gpg('--passphrase', '', '--quick-gen-key', 'Plain Two <two@a.example>', 'rsa2048', 'sign', 'never');
    const write = (name: string, data: Uint8Array) => writeFileSync(join(folder, name), data);
    write('public.gpg', gpg('--export', 'one@a.example', 'two@a.example'));
    write('public.asc', gpg('--armor', '--export', 'one@a.example'));
    write('public.kbx', readFileSync(join(env.GNUPGHOME, 'pubring.kbx')));
    write('stranger.gpg', gpg('--export', 'two@a.example'));
    write('secret.gpg', gpg('--passphrase', 'open', '--export-secret-keys'));
    write('passphrase', Buffer.from('open\n'));
    await run(folder);
  } finally {
    execFileSync('gpgconf', ['--kill', 'all'], { env, stdio: 'ignore' });
    rmSync(root, { recursive: true, force: true });
  }
}

const SIGN = 'package mysql --sign --keyring secret.gpg --passphrase-file passphrase -d';

compared('what one signs the other verifies', async () => {
  await withKeys(async (folder) => {
    await withPair(folder, async (pair) => {
      assert.equal((await pair.ours(words(`${SIGN} ours --key one@a.example`))).stderr, '');
      assert.equal((await pair.helm(words(`${SIGN} helms --key one@a.example`))).stderr, '');
      exchange(pair, 'ours', 'ourHome', 'helmHome');
      exchange(pair, 'helms', 'helmHome', 'ourHome');
      for (const line of [
        'verify ours/mysql-1.0.0.tgz --keyring public.gpg',
        'verify helms/mysql-1.0.0.tgz --keyring public.gpg',
        'verify ours/mysql-1.0.0.tgz --keyring stranger.gpg',
        'verify ours/mysql-1.0.0.tgz --keyring nowhere.gpg',
        'verify mysql --keyring public.gpg',
        'verify nowhere.tgz --keyring public.gpg',
        `${SIGN} two --key two@a.example`,
        `${SIGN} none --key three@a.example`,
        `${SIGN} none --key a.example`,
        `${SIGN} none`,
        'package mysql --sign --key two --keyring public.gpg -d none',
        'show chart {work}/ours/mysql-1.0.0.tgz --verify --keyring {work}/public.gpg',
        'show chart {work}/ours/mysql-1.0.0.tgz --verify --keyring {work}/stranger.gpg',
      ])
        await pair.same(words(line));
      exchange(pair, 'two', 'ourHome', 'helmHome');
      await pair.same(words('verify two/mysql-1.0.0.tgz --keyring stranger.gpg'));
      for (const keyring of ['public.kbx', 'public.asc']) {
        const { code, stdout } = await pair.ours(words(`verify helms/mysql-1.0.0.tgz --keyring ${keyring}`));
        assert.is(code, 0, keyring);
        assert.match(stdout, /^Signed by: Test One <one@a.example>\nUsing Key With Fingerprint: [0-9A-F]{40}\n/);
      }
      await changed(pair);
    });
  });
});

/** Keyrings lie in the work folder. */
const words = (line: string): string[] => line.replace(/--keyring (?=\w)/, '--keyring {work}/').split(' ');

function exchange(pair: Pair, name: string, from: 'ourHome' | 'helmHome', to: 'ourHome' | 'helmHome') {
  cpSync(join(pair[from], 'work', name), join(pair[to], 'work', name), { recursive: true });
}

/** An archive that was changed, another's signature, and texts that are no signature. */
async function changed(pair: Pair) {
  const each = (name: string, change: (text: string) => string) => {
    for (const home of [pair.ourHome, pair.helmHome]) {
      const path = join(home, 'work/helms', name);
      writeFileSync(path, change(readFileSync(path, 'latin1')), 'latin1');
    }
  };
  const verify = () => pair.same(words('verify helms/mysql-1.0.0.tgz --keyring public.gpg'));
  each('mysql-1.0.0.tgz', (text) => `${text}x`);
  assert.match((await verify()).stderr, /sha256 sum does not match/);
  each('mysql-1.0.0.tgz.prov', (text) => text.replace('name: mysql', 'name: other'));
  const [ours, helm] = await Promise.all(
    [pair.ours, pair.helm].map((say) => say(words('verify helms/mysql-1.0.0.tgz --keyring public.gpg'))),
  );
  assert.is(ours!.code, 1);
  assert.match(ours!.stderr, /^Error: openpgp: invalid signature: /);
  assert.match(helm!.stderr, /^Error: openpgp: invalid signature: /);
  each('mysql-1.0.0.tgz.prov', () => 'nothing');
  assert.match((await verify()).stderr, /signature block not found/);
}

compared('signed charts are published, pulled and verified', async () => {
  await withKeys(async (folder) => {
    await withPair(folder, async (pair) => {
      const published = await pair.ours(words('publish mysql --to repo --sign --key two --keyring secret.gpg'));
      assert.equal(published, { code: 0, stdout: 'mysql 1.0.0: added\n', stderr: '' });
      const repository = join(pair.ourHome, 'work/repo');
      assert.match(readFileSync(join(repository, 'charts/mysql.html'), 'utf8'), '../mysql-1.0.0.tgz.prov');
      await withServer(
        (request, response) => {
          const path = join(repository, request.url!);
          if (existsSync(path)) response.end(readFileSync(path));
          else response.writeHead(404).end();
        },
        async (url) => {
          for (const line of [
            `pull mysql --repo ${url} --prov`,
            `pull mysql --repo ${url} --verify --keyring {work}/public.gpg`,
            `pull mysql --repo ${url} --verify --keyring {work}/public.gpg --untar`,
            `show chart mysql --repo ${url} --verify --keyring {work}/public.gpg`,
          ])
            await pair.same(words(line));
          const refused = await pair.ours(
            words(`pull mysql --repo ${url} --verify --keyring {work}/public.asc -d {work}/mysql`),
          );
          assert.is(refused.stderr, 'Error: openpgp: signature made by unknown entity\n');
          assert.not(existsSync(join(pair.ourHome, 'work/mysql/mysql-1.0.0.tgz')));
        },
      );
      pair.sameFiles('work', { ignore: /^repo\// });
    });
  });
});

test.run();
