/** Repositories over networks as they are: caches that both tools share, TLS, proxies, passwords typed at a terminal. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serveRepository } from '../../src/action/serve-repository.ts';
import { createCertificate } from '../../src/x509/certificate.ts';
import { type Pair, withPair, withServer } from '../support/pair.ts';
import { realTools } from '../support/real.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));
const program = fileURLToPath(new URL('../../src/bin.ts', import.meta.url));
const compared = realTools() === undefined ? test.skip : test;

const say = (pair: Pair, line: string) => pair.ours(line.replaceAll('{work}', join(pair.ourHome, 'work')).split(' '));

/** A repository with one chart, served; what was asked of it. */
async function withRepository(run: (pair: Pair, url: string, folder: string) => Promise<void>) {
  await withPair(undefined, async (pair) => {
    const folder = join(pair.ourHome, 'work/repository');
    cpSync(join(charts, 'mysql'), join(pair.ourHome, 'work/mysql'), { recursive: true });
    assert.is((await say(pair, 'publish {work}/mysql --to {work}/repository')).code, 0);
    const served = await serveRepository({ directory: folder, port: 0 });
    try {
      await run(pair, served.url, folder);
    } finally {
      await served.stop();
    }
  });
}

test('an index that has not changed is not fetched again, whoever wrote the cache', async () => {
  await withRepository(async (pair, url, folder) => {
    const cached = join(pair.ourHome, '.cache/helm/repository/one-index.yaml');
    const update = async () => {
      assert.is((await say(pair, 'repo update')).code, 0);
      return statSync(cached).ino;
    };
    await say(pair, `repo add one ${url}`);
    const first = statSync(cached).ino;
    assert.is(await update(), first, 'the file stays as it is');
    writeFileSync(cached, 'apiVersion: v1\nentries: {}\n');
    assert.is.not(await update(), first, 'another tool has written it since');
    assert.match(readFileSync(cached, 'utf8'), 'mysql');
    const second = statSync(cached).ino;
    writeFileSync(
      join(folder, 'index.yaml'),
      readFileSync(join(folder, 'index.yaml'), 'utf8').replace('1.0.0', '1.0.1'),
    );
    utimesSync(join(folder, 'index.yaml'), 2_000_000_000, 2_000_000_000);
    assert.is.not(await update(), second, 'the repository has another index');
    await say(pair, 'repo remove one');
    assert.throws(() => statSync(cached));
    assert.throws(() => statSync(cached.replace('index.yaml', 'validators.json')));
  });
});

compared('helm reads the cache that we keep, and goes on with it', async () => {
  await withRepository(async (pair, url) => {
    await say(pair, `repo add one ${url}`);
    for (const folder of ['.cache', '.config'])
      cpSync(join(pair.ourHome, folder), join(pair.helmHome, folder), { recursive: true });
    await pair.same(['search', 'repo', 'mysql']);
    await pair.same(['repo', 'update']);
    await pair.same(['show', 'chart', 'one/mysql']);
  });
});

compared('certificates are checked and shown as by helm', async () => {
  await withRepository(async (pair, _, folder) => {
    const notBefore = Date.now() - 60_000;
    const make = (commonName: string, rest: object = {}) =>
      createCertificate({ commonName, notBefore, days: 1, ...rest });
    const issuer = make('authority', { isAuthority: true });
    const server = make('server', { issuer, ips: ['127.0.0.1'], usage: ['serverAuth'] });
    const client = make('client', { issuer, usage: ['clientAuth'] });
    const files = { 'ca.pem': issuer.cert, 'cert.pem': client.cert, 'key.pem': client.key };
    for (const home of [pair.ourHome, pair.helmHome])
      for (const [name, text] of Object.entries(files)) writeFileSync(join(home, 'work', name), text);
    const https = createSecureServer(
      { cert: server.cert, key: server.key, ca: issuer.cert, requestCert: true },
      (request, response) => response.end(readFileSync(join(folder, request.url!.slice(1)))),
    );
    https.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    try {
      const url = `https://127.0.0.1:${(https.address() as AddressInfo).port}`;
      const own = '--cert-file {work}/cert.pem --key-file {work}/key.pem';
      for (const line of [
        `repo add one ${url}`,
        `repo add one ${url} ${own}`,
        `repo add one ${url} --ca-file {work}/nowhere.pem`,
        `repo add one ${url} --cert-file {work}/nowhere.pem --key-file {work}/key.pem`,
        `repo add one ${url} --ca-file {work}/ca.pem ${own}`,
        `repo add two ${url} --insecure-skip-tls-verify ${own}`,
        'repo update one',
        'repo update two',
        'show chart one/mysql',
        'pull two/mysql',
        `show chart mysql --repo ${url} --ca-file {work}/ca.pem ${own}`,
      ])
        await pair.same(line.split(' '));
    } finally {
      https.closeAllConnections();
      await new Promise((resolve) => https.close(resolve));
    }
  });
});

compared('both go through the proxy that the environment names', async () => {
  await withRepository(async (pair, url) => {
    const asked: string[] = [];
    await withServer(
      (request, response) => {
        asked.push(request.url!);
        void fetch(`${url}${new URL(request.url!).pathname}`).then(async (answer) =>
          response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
        );
      },
      async (proxy) => {
        const environment = { HTTP_PROXY: proxy, NO_PROXY: 'other.test' };
        const line = ['show', 'chart', 'mysql', '--repo', 'http://charts.test/x/..'];
        const [ours, helms] = [await pair.ours(line, '', environment), await pair.helm(line, '', environment)];
        assert.equal(ours, helms);
        assert.is(ours.code, 0, ours.stderr);
        assert.equal(asked.slice(0, asked.length / 2), asked.slice(asked.length / 2));
      },
    );
  });
});

test('dependencies come from the cache when nobody can be asked, and local charts get theirs first', async () => {
  await withRepository(async (pair, url) => {
    const work = join(pair.ourHome, 'work');
    const chart = (name: string, dependency: string) => {
      mkdirSync(join(work, name), { recursive: true });
      writeFileSync(
        join(work, name, 'Chart.yaml'),
        `apiVersion: v2\nname: ${name}\nversion: 0.1.0\ndependencies:\n- ${dependency}\n`,
      );
    };
    chart('inner', `{name: mysql, version: ^1.0.0, repository: "${url}"}`);
    chart('outer', '{name: inner, version: 0.x, repository: "file://../inner"}');
    chart('loop', '{name: loop, version: 0.x, repository: "file://../loop"}');
    assert.is((await say(pair, 'dependency update {work}/inner --offline')).code, 1);
    assert.is((await say(pair, 'dependency update {work}/inner')).code, 0);
    await say(pair, `repo add one ${url}`);
    assert.is((await say(pair, 'dependency update {work}/inner')).code, 0);
    const before = readFileSync(join(work, 'inner/charts/mysql-1.0.0.tgz'));
    for (const verb of ['update', 'build']) {
      const { rmSync } = await import('node:fs');
      rmSync(join(work, 'inner/charts'), { recursive: true });
      const { code, stdout, stderr } = await say(pair, `dependency ${verb} {work}/inner --offline`);
      assert.is(code, 0, stderr);
      assert.not.match(stdout, 'Getting updates');
      assert.equal(readFileSync(join(work, 'inner/charts/mysql-1.0.0.tgz')), before);
    }
    const recursive = await say(pair, 'dependency update {work}/outer --recursive');
    assert.is(recursive.code, 0, recursive.stderr);
    assert.match((await say(pair, 'show all {work}/outer/charts/inner-0.1.0.tgz')).stdout, 'name: mysql');
    assert.match(
      (await say(pair, 'dependency update {work}/loop --recursive')).stderr,
      /charts depend on each other: /,
    );
  });
});

/** `script` gives the command a terminal of its own; what is typed is sent once the question stands there. */
function atTerminal(command: string, home: string, typed: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: { PATH: process.env.PATH, HOME: home } });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      const asks = !/Password: /.test(shown);
      shown += chunk;
      if (asks && /Password: /.test(shown)) child.stdin.write(`${typed}\r`);
    });
    child.on('error', reject);
    child.on('close', () => resolve(shown));
  });
}

test('a password is asked for at the terminal, and not shown while it is typed', async () => {
  await withPair(undefined, async (pair) => {
    const seen: (string | undefined)[] = [];
    await withServer(
      (request, response) => {
        seen.push(request.headers.authorization);
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        else response.end('{}');
      },
      async (url) => {
        const registry = url.replace('http://', '');
        const command = `${process.execPath} --import tsx ${program} registry login ${registry} -u me --plain-http`;
        const shown = await atTerminal(command, pair.ourHome, 'se cret');
        assert.match(shown, /Password: \r?\n.*Login Succeeded/s);
        assert.not.match(shown, 'cret');
        assert.is(seen.at(-1), `Basic ${Buffer.from('me:se cret').toString('base64')}`);
        const kept = join(pair.ourHome, '.config/helm/registry/config.json');
        assert.is(statSync(kept).mode & 0o777, 0o600);
        assert.match(readFileSync(kept, 'utf8'), Buffer.from('me:se cret').toString('base64'));
      },
    );
  });
});

test.run();
