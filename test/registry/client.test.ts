/** Registries that ask, redirect, lie and break off. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { acceleratedClock } from '../../src/clock.ts';
import { fetchOciChart, listTags, pushOciChart } from '../../src/registry/charts.ts';
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

test('a registry that fails for a moment is asked again', async () => {
  const clock = acceleratedClock(1000);
  for (const failing of [503, 0, 429]) {
    let asked = 0;
    await withServer(
      (request, response) => {
        if (++asked % 2 === 0) response.end(isBlob(request) ? 'layer' : manifestOf('layer'));
        else if (failing === 0) request.socket.destroy();
        else response.writeHead(failing).end();
      },
      async (url) => {
        const { chart } = await fetchOciChart(chartAt(url), { ...options, clock });
        assert.is(Buffer.from(chart).toString(), 'layer');
        assert.is(asked, 4);
      },
    );
  }
  await withServer(
    (_, response) => response.writeHead(502).end(),
    async (url) => assert.match(await failure(listTags(chartAt(url), { ...options, clock })), /502: Bad Gateway/),
  );
});

const pushed = { chart: Buffer.from('chart'), config: Buffer.from('{}'), annotations: {} };

test('an upload that breaks off leaves nothing that could be pulled', async () => {
  for (const broken of [/^PUT .*uploads/, /^POST/, /^PUT .*manifests/]) {
    const seen: string[] = [];
    await withServer(
      (request, response) => {
        const line = `${request.method} ${request.url}`;
        seen.push(line);
        if (broken.test(line)) return request.socket.destroy();
        if (request.method === 'HEAD') return response.writeHead(404).end();
        if (request.method === 'POST') return response.writeHead(202, { location: '/v2/charts/web/uploads/1' }).end();
        request.resume();
        return response.writeHead(201).end();
      },
      async (url) => {
        assert.match(await failure(pushOciChart(chartAt(url), pushed, options)), /: EOF$/);
        assert.is(
          seen.filter((line) => /^PUT .*\/manifests\//.test(line)).length,
          broken.source.includes('man') ? 1 : 0,
        );
      },
    );
  }
});

test('credentials do not follow an upload to another host', async () => {
  const elsewhere: Seen[] = [];
  const taking = noting(elsewhere, (request, response) =>
    request.resume().on('end', () => response.writeHead(201).end()),
  );
  await withServer(taking, async (other) => {
    await withServer(
      (request, response) => {
        if (request.headers.authorization !== basic)
          return response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
        if (request.method === 'HEAD') return response.writeHead(404).end();
        if (request.method === 'POST') return response.writeHead(202, { location: `${other}/take?x=1` }).end();
        return request.resume().on('end', () => response.writeHead(201).end());
      },
      async (url) => {
        await pushOciChart(chartAt(url), pushed, options);
        assert.is(elsewhere.length, 2);
        for (const { path, authorization } of elsewhere) {
          assert.match(path, /^\/take\?x=1&digest=sha256%3A/);
          assert.is(authorization, undefined);
        }
      },
    );
  });
});

/** Runs with helpers of docker's kind in $PATH: shell scripts. */
async function withHelpers(scripts: Record<string, string>, run: (config: string) => Promise<void> | void) {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-helpers-'));
  const before = process.env.PATH;
  try {
    for (const [name, script] of Object.entries(scripts))
      writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env.PATH = `${folder}:${before}`;
    await run(join(folder, 'config.json'));
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  }
}

test("docker's helpers are asked: that of the registry, else that for all", async () => {
  const scripts = {
    own: 'read host; echo "{\\"Username\\":\\"own\\",\\"Secret\\":\\"for $host $1\\"}"',
    all: 'echo \'{"Username":"all","Secret":"s"}\'',
    ignorant: 'echo "credentials not found in native keychain"; exit 1',
    broken: 'echo {',
  };
  await withHelpers(scripts, (config) => {
    const known = (content: object, registry: string) => {
      writeFileSync(config, JSON.stringify(content));
      return loadCredential([config], registry);
    };
    const helpers = { credsStore: 'all', credHelpers: { 'h:5': 'own' } };
    assert.equal(known(helpers, 'h:5'), { username: 'own', password: 'for h:5 get' });
    assert.equal(known(helpers, 'other'), { username: 'all', password: 's' });
    for (const credsStore of ['ignorant', 'broken', 'missing']) assert.is(known({ credsStore }, 'h'), undefined);
    assert.equal(known({ credHelpers: { 'https://index.docker.io/v1/': 'all' } }, 'docker.io')?.username, 'all');
  });
});

test('an identity token is exchanged for one that the registry takes', async () => {
  await withHelpers({ id: 'echo \'{"Username":"<token>","Secret":"identity"}\'' }, async (config) => {
    for (const content of [{ credsStore: 'id' }, { auths: { HOST: { identitytoken: 'identity' } } }]) {
      const forms: string[] = [];
      await withServer(
        (request, response) => {
          const bearer = `Bearer realm="http://${request.headers.host}/token",service="s"`;
          if (request.url === '/token' && request.method === 'POST')
            request
              .on('data', (chunk) => forms.push(String(chunk)))
              .on('end', () => response.end('{"access_token":"t"}'));
          else if (request.headers.authorization !== 'Bearer t')
            response.writeHead(401, { 'www-authenticate': bearer }).end();
          else response.end('{"tags":["1.0.0"]}');
        },
        async (url) => {
          writeFileSync(config, JSON.stringify(content).replace('HOST', host(url)));
          assert.equal(await listTags(chartAt(url), { plainHttp: true, credentialFiles: [config] }), ['1.0.0']);
          const form = new URLSearchParams(forms.join(''));
          assert.is(form.get('refresh_token'), 'identity');
          assert.is(form.get('scope'), 'repository:charts/web:pull');
        },
      );
    }
  });
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
