/** Charts in a registry: pushed, found, pulled and logged in for as by helm, against Debian's docker-registry. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import bcrypt from 'bcryptjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageChart } from '../../src/action/package.ts';
import { type Pair, withPair } from '../support/pair.ts';
import { realTools } from '../support/real.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));
/** Skipped where real helm, or a registry, is not installed. */
const compared = realTools() === undefined || !isInstalled() ? test.skip : test;

function isInstalled(): boolean {
  try {
    execFileSync('docker-registry', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Two registries of one store: the second asks for a password. */
async function withRegistry(run: (host: string, locked: string, files: string) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), 'portolan-registry-'));
  const files = join(root, 'work');
  mkdirSync(files);
  writeFileSync(join(root, 'users'), `me:${bcrypt.hashSync('secret', 4)}\n`);
  const started: ChildProcess[] = [];
  const start = async (auth: string) => {
    const port = await freePort();
    const config = join(root, `${port}.yaml`);
    writeFileSync(
      config,
      `version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\nstorage: {filesystem: {rootdirectory: ${root}/store}}\nhttp: {addr: "127.0.0.1:${port}"}\n${auth}`,
    );
    started.push(spawn('docker-registry', ['serve', config], { stdio: 'ignore' }));
    for (let i = 0; i < 200; i++) {
      const up = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
      if (up !== undefined) return `127.0.0.1:${port}`;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('the registry did not start');
  };
  try {
    for (const version of ['1.0.0', '1.1.0', '2.0.0-beta.1', '1.2.0+build.7']) {
      const chart = join(root, version, 'mysql');
      cpSync(join(charts, 'mysql'), chart, { recursive: true });
      const file = join(chart, 'Chart.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^version:.*$/m, `version: ${version}`));
      await packageChart({ path: chart, destination: files });
    }
    mkdirSync(join(files, 'app'));
    const host = await start('');
    writeFileSync(
      join(files, 'app/Chart.yaml'),
      `apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- {name: mysql, version: ~1.0, repository: "oci://${host}/charts"}\n`,
    );
    await run(host, await start(`auth: {htpasswd: {realm: here, path: ${root}/users}}\n`), files);
  } finally {
    for (const child of started) {
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill();
      await ended;
    }
    rmSync(root, { recursive: true });
  }
}

compared('what helm and we say to a registry, and what it answers, is the same', async () => {
  await withRegistry(async (host, locked, files) => {
    await withPair(files, async (pair) => {
      const at = `oci://${host}/charts`;
      // Each pushes one first: the other finds the same bytes there.
      assert.equal((await pair.ours(`push mysql-1.0.0.tgz ${at} --plain-http`.split(' '))).code, 0);
      for (const version of ['1.1.0', '2.0.0-beta.1', '1.2.0+build.7'])
        assert.equal((await pair.helm(`push mysql-${version}.tgz ${at} --plain-http`.split(' '))).code, 0);
      const { stdout } = await pair.same(`push mysql-1.0.0.tgz ${at} --plain-http`.split(' '));
      const digest = /sha256:\w+/.exec(stdout)![0];
      for (const line of [
        `push mysql-1.1.0.tgz ${at} --plain-http`,
        `push mysql-2.0.0-beta.1.tgz ${at} --plain-http`,
        `push mysql-1.2.0+build.7.tgz ${at} --plain-http`,
        'push nothing.tgz oci://127.0.0.1:1/charts --plain-http',
        'push app oci://127.0.0.1:1/charts --plain-http',
        'push mysql-1.1.0.tgz http://127.0.0.1:1/charts',
        'push mysql-1.1.0.tgz charts',
        `show chart ${at}/mysql --plain-http`,
        `show chart ${at}/mysql --plain-http --devel`,
        `show chart ${at}/mysql --plain-http --version 1.0.0`,
        `show chart ${at}/mysql --plain-http --version ~1.0`,
        `show chart ${at}/mysql --plain-http --version 9.x`,
        `show chart ${at}/mysql:1.1.0 --plain-http`,
        `show chart ${at}/mysql:1.1.0 --plain-http --version 1.0.0`,
        `show chart ${at}/mysql@${digest} --plain-http`,
        `show chart ${at}/mysql:1.0.0@${digest} --plain-http`,
        `show chart ${at}/mysql:1.1.0@${digest} --plain-http`,
        `show chart ${at}/mysql --plain-http --version 7.0.0`,
        `show chart ${at}/nothing --plain-http`,
        `show chart ${at}/nothing --plain-http --version 1.0.0`,
        `show chart oci://${host}/UPPER/nothing --plain-http`,
        `show chart oci://${host} --plain-http`,
        `template ${at}/mysql --plain-http --version 1.1.0 --set auth.rootPassword=x --set auth.password=y`,
        `pull ${at}/mysql --plain-http -d {work}`,
        `pull ${at}/mysql --plain-http --version 1.2.0+build.7`,
        `pull ${at}/mysql --plain-http --version 1.0.0 --untar`,
        `pull ${at}/mysql --plain-http --version 1.1.0 --verify`,
        `pull ${at}/mysql@${digest} --plain-http`,
        `template ${at}/mysql@${digest} --plain-http --set auth.rootPassword=x --set auth.password=y`,
        'dependency update {work}/app --plain-http',
        'dependency build {work}/app --plain-http',
        'dependency list {work}/app',
        `show chart oci://${locked}/charts/mysql --plain-http --version 1.0.0`,
        `show chart oci://${locked}/charts/mysql --plain-http --version 1.0.0 --username me --password secret`,
        `registry login ${locked} --plain-http -u me -p wrong`,
        `registry login ${locked} --plain-http -u me -p secret`,
        `show chart oci://${locked}/charts/mysql --plain-http --version 1.0.0`,
        `push mysql-1.0.0.tgz oci://${locked}/charts --plain-http`,
        `registry logout ${locked}`,
        `show chart oci://${locked}/charts/mysql --plain-http --version 1.0.0`,
        'registry logout nowhere.example',
      ])
        await pair.same(line.split(' '));
      pair.sameFiles('work', { clean: (text) => text.replace(/^generated: .*$/m, 'generated: NOW') });
      pair.sameFiles('.config/helm', { ignore: /lock$/ });
      await listed(pair, at);
      await offline(pair, `oci://${locked}/charts`);
      await plugins(pair, host);
    });
  });
});

/** What helm does not do: the versions of a chart in a registry. */
async function listed(pair: Pair, at: string) {
  const rows = async (...rest: string[]) => {
    const { stdout } = await pair.ours(['search', 'repo', `${at}/mysql`, '--plain-http', '-o', 'json', ...rest]);
    return JSON.parse(stdout) as Record<string, string>[];
  };
  const versions = async (...rest: string[]) => (await rows(...rest)).map(({ version }) => version);
  assert.equal(await versions('--versions'), ['1.2.0+build.7', '1.1.0', '1.0.0']);
  assert.equal(await versions('--versions', '--devel'), ['2.0.0-beta.1', '1.2.0+build.7', '1.1.0', '1.0.0']);
  assert.equal(await versions('--version', '~1.0'), ['1.0.0']);
  const [newest] = await rows();
  assert.is(newest!.name, `${at}/mysql`);
  assert.match(newest!.description!, /^A MySQL server/);
  assert.is(newest!.app_version, '8.4.3');
  const none = await pair.ours(['search', 'repo', `${at}/nothing`, '--plain-http']);
  assert.match(none.stderr, /name unknown|not found/i);
}

/** The registry that now asks for a password is not asked at all. */
async function offline(pair: Pair, elsewhere: string) {
  const build = (...rest: string[]) => pair.ours(['dependency', 'build', '{work}/app', '--plain-http', ...rest]);
  const archive = join(pair.ourHome, 'work/app/charts/mysql-1.0.0.tgz');
  rmSync(archive);
  const { code, stderr } = await build('--offline');
  assert.is(code, 0, stderr);
  assert.ok(existsSync(archive));
  const chart = join(pair.ourHome, 'work/app/Chart.yaml');
  writeFileSync(chart, readFileSync(chart, 'utf8').replace(/oci:[^"]*/, elsewhere));
  const update = (...rest: string[]) => pair.ours(['dependency', 'update', '{work}/app', '--plain-http', ...rest]);
  assert.match((await update('--offline')).stderr, /cannot be listed offline: ask for one, not for "~1\.0"/);
}

/** Helm has no command that puts a plugin into a registry. */
async function plugins(pair: Pair, host: string) {
  for (const home of [pair.ourHome, pair.helmHome]) {
    mkdirSync(join(home, 'work/say'));
    writeFileSync(join(home, 'work/say/plugin.yaml'), 'name: say\nversion: 0.1.0\ncommand: echo said\n');
  }
  await pair.ours(['plugin', 'package', 'say', '--sign=false']);
  const name = 'plugins/say';
  const put = async (bytes: Uint8Array) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { headers } = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
    const type = { 'content-type': 'application/octet-stream' };
    await fetch(`${headers.get('location')}&digest=${digest}`, { method: 'PUT', headers: type, body: bytes });
    return { digest, size: bytes.length };
  };
  const layer = await put(readFileSync(join(pair.ourHome, 'work/say-0.1.0.tgz')));
  const config = await put(Buffer.from('{}'));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.helm.plugin.v1+json', ...config },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        ...layer,
        annotations: { 'org.opencontainers.image.title': 'say-0.1.0.tgz' },
      },
    ],
  };
  const answer = await fetch(`http://${host}/v2/${name}/manifests/0.1.0`, {
    method: 'PUT',
    headers: { 'content-type': manifest.mediaType },
    body: JSON.stringify(manifest),
  });
  assert.is(answer.status, 201);
  const source = `oci://${host}/${name}:0.1.0`;
  for (const line of [
    `plugin install ${source} --plain-http`,
    `plugin install ${source} --plain-http --verify=false`,
    'plugin list',
    'say it',
  ])
    await pair.same(line.split(' '));
  const refused = await pair.ours(
    `plugin install oci://${host}/charts/mysql:1.0.0 --plain-http --verify=false`.split(' '),
  );
  assert.match(refused.stderr, /expected config media type application\/vnd\.helm\.plugin/);
}

test.run();
