import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchToCache } from '../../src/repo/archive-cache.ts';
import { download, resolveUrl } from '../../src/repo/download.ts';

const RESOLVED: [base: string, reference: string, result: string][] = [
  ['https://a.example/charts', 'index.yaml', 'https://a.example/charts/index.yaml'],
  ['https://a.example/charts/', 'web-1.tgz', 'https://a.example/charts/web-1.tgz'],
  ['https://a.example/charts?token=x', 'web-1.tgz', 'https://a.example/charts/web-1.tgz?token=x'],
  ['https://a.example/charts', 'https://b.example/web.tgz', 'https://b.example/web.tgz'],
  ['file:///srv/repo', 'web-1.tgz', 'file:///srv/repo/web-1.tgz'],
];

interface Site {
  url: string;
  seen: { path: string; authorization?: string }[];
}

async function withSite(run: (site: Site, other: Site) => Promise<void>): Promise<void> {
  const start = (redirect?: string) =>
    new Promise<Site & { close(): void }>((resolve) => {
      const seen: Site['seen'] = [];
      const server = createServer((request, response) => {
        seen.push({ path: request.url!, authorization: request.headers.authorization });
        if (request.url === '/moved' && redirect) response.writeHead(302, { location: `${redirect}/archive` }).end();
        else if (request.url === '/nope') response.writeHead(404).end();
        else response.end('bytes');
      });
      server.listen(0, '127.0.0.1', () =>
        resolve({
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          seen,
          close: () => server.close(),
        }),
      );
    });
  const other = await start();
  const site = await start(other.url.replace('127.0.0.1', 'localhost'));
  try {
    await run(site, other);
  } finally {
    site.close();
    other.close();
  }
}

test('references are seen from the repository', () => {
  for (const [base, reference, result] of RESOLVED) assert.is(resolveUrl(base, reference), result);
});

test('credentials go to the repository that they are for, and nowhere else', async () => {
  const credentials = { username: 'me', password: 'secret' };
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  await withSite(async (site, other) => {
    await download(`${site.url}/a`, { ...credentials, owner: site.url });
    await download(`${other.url}/b`, { ...credentials, owner: site.url });
    await download(`${other.url}/c`, { ...credentials, owner: site.url, passCredentialsAll: true });
    await download(`${site.url}/moved`, { ...credentials, owner: site.url });
    assert.equal(
      site.seen.map(({ authorization }) => authorization),
      [basic, basic],
    );
    assert.equal(
      other.seen.map(({ path, authorization }) => [path, authorization]),
      [
        ['/b', undefined],
        ['/c', basic],
        ['/archive', undefined],
      ],
    );
  });
});

test('failures tell the address', async () => {
  await withSite(async (site) => {
    const failed = (url: string) =>
      download(url).then(
        () => 'no failure',
        (error: Error) => error.message,
      );
    assert.is(await failed(`${site.url}/nope`), `failed to fetch ${site.url}/nope : 404 Not Found`);
    assert.is(await failed('ftp://x/y'), 'could not find protocol handler for: ftp');
    assert.is(
      await failed('http://127.0.0.1:1/'),
      'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });
});

test('an archive is kept by its digest, and one with another digest is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-download-'));
  try {
    await withSite(async (site) => {
      const digest = '277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9';
      const path = await fetchToCache({ url: `${site.url}/a`, digest, options: {} }, folder);
      assert.is(readFileSync(path, 'utf8'), 'bytes');
      assert.is(await fetchToCache({ url: `${site.url}/a`, digest: `sha256:${digest}`, options: {} }, folder), path);
      assert.is(site.seen.length, 1, 'the second time it comes from the cache');
      const wrong = await fetchToCache({ url: `${site.url}/a`, digest: 'f'.repeat(64), options: {} }, folder).catch(
        (error: Error) => error.message,
      );
      assert.match(String(wrong), /its digest is 277089d9.*, the index says ffff/);
      const odd = await fetchToCache({ url: `${site.url}/a`, digest: '../../x', options: {} }, folder).catch(
        (error: Error) => error.message,
      );
      assert.match(String(odd), /invalid digest/);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
