import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serveRepository } from '../../src/action/serve-repository.ts';

/** Not `fetch`, which tidies paths. */
const get = (url: string, path: string, method = 'GET') =>
  new Promise<{ status?: number; type?: string; body: string }>((resolve, reject) => {
    const outgoing = request(url, { path, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

const CASES: [path: string, status: number, body?: string][] = [
  ['/', 200, 'page'],
  ['/index.html?x=1#y', 200, 'page'],
  ['/index.yaml', 200, 'index'],
  ['/charts/a%2B1.tgz', 200, 'archive'],
  ['/charts/', 404],
  ['/charts', 404],
  ['/nothing', 404],
  ['/../secret', 404],
  ['/%2e%2e/secret', 404],
  ['/..%2fsecret', 404],
  ['/charts/..%5c..%5csecret', 404],
  ['/outside', 404],
  ['/.publish.lock', 404],
  ['/%00', 404],
  ['/%zz', 404],
  ['//secret', 404],
];

test('a folder is served, and nothing outside of it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'portolan-serve-'));
  const directory = join(root, 'repo');
  mkdirSync(join(directory, 'charts'), { recursive: true });
  for (const [name, text] of [
    ['index.html', 'page'],
    ['index.yaml', 'index'],
    ['charts/a+1.tgz', 'archive'],
    ['.publish.lock', 'lock'],
    ['../secret', 'secret'],
  ] as const)
    writeFileSync(join(directory, name), text);
  symlinkSync(join(root, 'secret'), join(directory, 'outside'));
  const served = await serveRepository({ directory, port: 0 });
  try {
    for (const [path, status, body] of CASES) {
      const answer = await get(served.url, path);
      assert.is(answer.status, status, path);
      if (body !== undefined) assert.is(answer.body, body, path);
    }
    assert.is((await get(served.url, '/index.yaml')).type, 'application/yaml; charset=utf-8');
    assert.equal((await get(served.url, '/', 'HEAD')).body, '');
    assert.is((await get(served.url, '/', 'PUT')).status, 405);
  } finally {
    await served.stop();
    rmSync(root, { recursive: true });
  }
});

test('what is no folder is refused', async () => {
  const refusal = await serveRepository({ directory: '/nowhere', port: 0 }).catch((error: Error) => error.message);
  assert.is(refusal, 'serve "/nowhere": there is no such folder');
});

test.run();
