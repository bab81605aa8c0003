/** Registries that ask, redirect, lie and break off. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchOciChart, listTags } from '../../src/registry/charts.ts';
import { loadCredential, removeCredential, saveCredential } from '../../src/registry/credentials.ts';
import { parseReference } from '../../src/registry/reference.ts';
import { withServer } from '../support/pair.ts';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

const manifestOf = (layer: string, rest: object = {}) =>
  JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf('{}'), size: 2 },
    layers: [{ mediaType: CHART, digest: digestOf(layer), size: layer.length, ...rest }],
  });

interface Seen {
  path: string;
  authorization?: string;
}

const noting =
  (seen: Seen[], answer: RequestListener): RequestListener =>
  (request, response) => {
    seen.push({ path: request.url!, authorization: request.headers.authorization });
    answer(request, response);
  };

const isBlob = (request: IncomingMessage) => request.url!.includes('/blobs/');
const host = (url: string) => url.replace('http://', '');
const options = { plainHttp: true, credentialFiles: [], username: 'me', password: 'secret' };
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
const chartAt = (url: string) => parseReference(`${host(url)}/charts/web:1.0.0`);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  );

test('credentials are sent where they are asked for, and not where a blob lies elsewhere', async () => {
  const elsewhere: Seen[] = [];
  const here: Seen[] = [];
  const store = noting(elsewhere, (_, response) => response.end('layer'));
  await withServer(store, async (other) => {
    const registry = noting(here, (request, response) => {
      if (request.headers.authorization !== basic)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
      else if (isBlob(request)) response.writeHead(307, { location: `${other}/blob` }).end();
      else response.end(manifestOf('layer'));
    });
    await withServer(registry, async (url) => {
      const { chart } = await fetchOciChart(chartAt(url), options);
      assert.is(Buffer.from(chart).toString(), 'layer');
      assert.equal(
        here.map(({ authorization }) => authorization),
        [undefined, basic, basic],
      );
      assert.equal(elsewhere, [{ path: '/blob', authorization: undefined }]);
    });
  });
});

test('a token is fetched once for a repository', async () => {
  const seen: Seen[] = [];
  let base = '';
  const registry = noting(seen, (request, response) => {
    if (request.url!.startsWith('/token')) response.end(JSON.stringify({ token: 'T' }));
    else if (request.headers.authorization !== 'Bearer T')
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${base}/token",service="s"` }).end();
    else response.end(isBlob(request) ? 'layer' : manifestOf('layer'));
  });
  await withServer(registry, async (url) => {
    base = url;
    await fetchOciChart(chartAt(url), options);
    assert.equal(
      seen.map(({ path }) => path.replace(/sha256:\w+/, 'DIGEST')),
      [
        '/v2/charts/web/manifests/1.0.0',
        '/token?service=s&scope=repository%3Acharts%2Fweb%3Apull',
        '/v2/charts/web/manifests/1.0.0',
        '/v2/charts/web/blobs/DIGEST',
      ],
    );
  });
});

const LIES: [name: string, manifest: string, blob: string, expected: RegExp][] = [
  ['other bytes', manifestOf('layer'), 'LAYER', /a layer's digest is sha256:\w+, the manifest says sha256:/],
  ['more bytes', manifestOf('layer'), 'layer and more', /the answer is larger than 5 bytes/],
  ['a digest that is a path', manifestOf('layer', { digest: '../../x' }), '', /names a layer of digest "..\/..\/x"/],
  [
    'a size beyond all',
    manifestOf('layer', { size: 1e15 }),
    '',
    /names a layer of digest .* and size 1000000000000000/,
  ],
  ['no chart', manifestOf('layer', { mediaType: 'x/y' }), '', /manifest does not contain a layer with mediatype/],
  ['no configuration', '{}', '', /could not load config with mediatype/],
  ['no JSON', 'x', '', /JSON/],
];

test('what a registry gets wrong is refused', async () => {
  for (const [name, manifest, blob, expected] of LIES)
    await withServer(
      (request, response) => response.end(isBlob(request) ? blob : manifest),
      async (url) => assert.match(await failure(fetchOciChart(chartAt(url), options)), expected, name),
    );
  await withServer(
    (_, response) => response.end(manifestOf('layer')),
    async (url) => {
      const reference = { ...chartAt(url), tag: '', digest: digestOf('another') };
      assert.match(await failure(fetchOciChart(reference, options)), /the manifest's digest is sha256:/);
    },
  );
});

test('redirects and pages end', async () => {
  await withServer(
    (_, response) => response.writeHead(302, { location: '/again' }).end(),
    async (url) => assert.match(await failure(fetchOciChart(chartAt(url), options)), /stopped after 5 redirects/),
  );
  const pages = [['1.0.0', '1.1.0'], ['2.0.0']];
  await withServer(
    (request, response) => {
      const page = request.url!.includes('last=') ? 1 : 0;
      const link = { link: '</v2/charts/web/tags/list?last=1.1.0>; rel="next"' };
      response.writeHead(200, page === 0 ? link : {}).end(JSON.stringify({ tags: pages[page] }));
    },
    async (url) => assert.equal(await listTags(chartAt(url), options), pages.flat()),
  );
});

const REFERENCES: [string, object | RegExp][] = [
  ['oci://h:5/a/b:1.0.0+x', { registry: 'h:5', repository: 'a/b', tag: '1.0.0_x', digest: '' }],
  [`h/a@${digestOf('')}`, { registry: 'h', repository: 'a', tag: '', digest: digestOf('') }],
  ['h', /missing registry or repository/],
  ['h/A', /invalid repository "A"/],
  ['h/../a', /invalid repository/],
  ['h/a:b c', /invalid tag "b c"/],
  ['h/a@sha256:x', /invalid digest "sha256:x"/],
  ['h@evil/a', /missing registry or repository/],
  ['h?x=/a', /invalid registry/],
];

test('references', () => {
  for (const [text, expected] of REFERENCES)
    if (expected instanceof RegExp) assert.throws(() => parseReference(text), expected);
    else assert.equal(parseReference(text), expected);
});

test('credentials are kept for their owner alone, beside what else is in the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-credentials-'));
  const path = join(folder, 'config.json');
  try {
    writeFileSync(path, '{"auths":{"other":{"auth":"eDp5"}},"else":1}');
    saveCredential(path, 'h:5', { username: 'me', password: 'a:b' });
    assert.equal(loadCredential([join(folder, 'none'), path], 'h:5'), { username: 'me', password: 'a:b' });
    assert.is(loadCredential([path], '__proto__'), undefined);
    assert.is(statSync(path).mode & 0o777, 0o600);
    removeCredential(path, 'h:5');
    assert.equal(JSON.parse(readFileSync(path, 'utf8')), { auths: { other: { auth: 'eDp5' } }, else: 1 });
    writeFileSync(path, '{"credHelpers":{"h":"../../bin/sh"}}');
    assert.throws(() => loadCredential([path], 'h'), /has no proper name/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
