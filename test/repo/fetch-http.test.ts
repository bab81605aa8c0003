/** Downloads where the network, the server or somebody in between does not do what one would like. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { acceleratedClock } from '../../src/clock.ts';
import { type DownloadOptions, download } from '../../src/repo/download.ts';
import { createCertificate } from '../../src/x509/certificate.ts';

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''));
const clock = acceleratedClock(1000);
const fetched = async (url: string, options: DownloadOptions = {}) =>
  Buffer.from(await download(url, { clock, ...options }));
const failure = (url: string, options: DownloadOptions = {}) =>
  fetched(url, options).then(
    () => 'no failure',
    (error: Error) => error.message,
  );

async function listening<T>(server: Server, run: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Each request is answered by the next of `answers`, the last over and over. */
async function serving(answers: RequestListener[], run: (url: string, seen: IncomingMessage[]) => Promise<void>) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answers[Math.min(seen.length, answers.length) - 1]!(request, response);
  });
  await listening(server, (port) => run(`http://127.0.0.1:${port}`, seen));
}

const whole: RequestListener = (_, response) => response.end(CONTENT);
const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code).end();
const lost: RequestListener = (request) => request.socket.destroy();

/** Breaks off after `bytes`. */
const cut =
  (bytes: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length, ...headers });
    response.write(CONTENT.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };

function rest(request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]);
  response.writeHead(206, { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` });
  response.end(CONTENT.subarray(from));
}

test('a server that fails for a moment is asked again', async () => {
  for (const answers of [
    [status(503), whole],
    [lost, whole],
    [status(500), status(502), lost, whole],
    [status(429), whole],
  ])
    await serving(answers, async (url, seen) => {
      assert.equal(await fetched(url), CONTENT);
      assert.is(seen.length, answers.length);
    });
});

test('one that goes on failing is given up, one that says no is not asked again', async () => {
  await serving([status(503)], async (url, seen) => {
    assert.is(await failure(`${url}/x`), `failed to fetch ${url}/x : 503 Service Unavailable`);
    assert.is(seen.length, 4);
  });
  for (const code of [400, 401, 403, 404, 410])
    await serving([status(code)], async (url, seen) => {
      assert.match(await failure(url), new RegExp(`failed to fetch .* : ${code} `));
      assert.is(seen.length, 1);
    });
});

test('a transfer that breaks off goes on where it was', async () => {
  await serving([cut(20_000, { etag: '"one"' }), rest], async (url, seen) => {
    assert.equal(await fetched(url), CONTENT);
    assert.is(seen[1]!.headers['if-range'], '"one"');
    assert.match(seen[1]!.headers.range!, /^bytes=[1-9]\d*-$/);
  });
});

const RESTARTS: [name: string, answers: RequestListener[]][] = [
  ['no validator', [cut(20_000), whole]],
  ['a weak validator', [cut(20_000, { etag: 'W/"one"' }), whole]],
  ['another content meanwhile', [cut(20_000, { etag: '"one"' }), whole]],
  ['a part that was not asked for', [cut(20_000, { etag: '"one"' }), wrongPart, whole]],
  ['a range that is refused', [cut(20_000, { etag: '"one"' }), status(416), whole]],
];

function wrongPart(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(206, { 'content-range': `bytes 7-${CONTENT.length - 1}/${CONTENT.length}` });
  response.end(CONTENT.subarray(7));
}

test('where it cannot it begins anew, and parts are never mixed', async () => {
  for (const [name, answers] of RESTARTS)
    await serving(answers, async (url, seen) => {
      assert.equal(await fetched(url), CONTENT, name);
      assert.is(seen.length, answers.length, name);
    });
});

test('a compressed answer is unpacked, and one that is too large is refused', async () => {
  const packed: RequestListener = (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(CONTENT));
  await serving([packed], async (url) => {
    assert.equal(await fetched(url), CONTENT);
    assert.match(await failure(url, { maxBytes: 1000 }), /the answer is larger than 1000 bytes/);
  });
});

test('a server that never ends its answer costs no more than the time allowed', async () => {
  const silent: RequestListener = (_, response) => void response.writeHead(200).write('x');
  await serving([silent], async (url) => {
    assert.match(await failure(url, { timeout: 200 }), /^Get "http/);
  });
});

test('redirects end, and lead to web servers alone', async () => {
  const to =
    (location: string): RequestListener =>
    (_, response) =>
      response.writeHead(302, { location }).end();
  await serving([to('/again')], async (url, seen) => {
    assert.match(await failure(url), /stopped after 10 redirects/);
    assert.is(seen.length, 10);
  });
  await serving([to('file:///etc/passwd')], async (url) => {
    assert.match(await failure(url), /unsupported protocol scheme "file"/);
  });
});

test('credentials in an address are sent to its host, not shown, and not taken along', async () => {
  const basic = `Basic ${Buffer.from('me:se/cret').toString('base64')}`;
  await serving([whole], async (other, seenByOther) => {
    const move: RequestListener = (_, response) => response.writeHead(307, { location: other }).end();
    await serving([move, status(404), lost], async (url, seen) => {
      const address = url.replace('//', '//me:se%2Fcret@');
      assert.equal(await fetched(address), CONTENT);
      assert.is(seen[0]!.headers.authorization, basic);
      assert.is(seenByOther[0]!.headers.authorization, undefined);
      await failure(address);
      assert.not.match(await failure(address), /cret/);
    });
  });
});

const notBefore = Date.now() - 60_000;
const pair = (commonName: string, rest: Partial<Parameters<typeof createCertificate>[0]> = {}) =>
  createCertificate({ commonName, notBefore, days: 1, ...rest });

/** Files of an authority, of a server's pair and of a client's. */
async function withCertificates(
  run: (files: Record<string, string>, server: { cert: string; key: string; ca: string }) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-tls-'));
  try {
    const issuer = pair('authority', { isAuthority: true });
    const server = pair('server', { issuer, ips: ['127.0.0.1'], dns: ['charts.test'], usage: ['serverAuth'] });
    const client = pair('client', { issuer, usage: ['clientAuth'] });
    const texts = { ca: issuer.cert, cert: client.cert, key: client.key, other: pair('other').cert };
    const files = Object.fromEntries(Object.keys(texts).map((name) => [name, join(folder, `${name}.pem`)]));
    for (const [name, text] of Object.entries(texts)) writeFileSync(files[name]!, text);
    await run(files, { ...server, ca: issuer.cert });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const unknown = (url: string) =>
  `Get "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`;

test('a server is trusted by its authority, and knows us by our certificate', async () => {
  await withCertificates(async ({ ca, cert, key, other }, tls) => {
    const server = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true }, whole);
    await listening(server, async (port) => {
      const url = `https://127.0.0.1:${port}/x`;
      const known = { certFile: cert, keyFile: key };
      assert.equal(await fetched(url, { ...known, caFile: ca }), CONTENT);
      assert.equal(await fetched(url, { ...known, insecureSkipTlsVerify: true }), CONTENT);
      assert.is(await failure(url, known), unknown(url));
      assert.is(await failure(url, { ...known, caFile: other }), unknown(url));
      assert.match(await failure(url, { caFile: ca }), /^Get "https:/);
      assert.match(
        await failure(url, { caFile: '/nowhere/ca.pem' }),
        /can't create TLS config for client: can't read CA file: "\/nowhere\/ca.pem": open \/nowhere\/ca.pem: no such/,
      );
    });
  });
});

/** A proxy that takes every name to this machine; what it was asked for. */
function proxy(port: number, asked: string[]): Server {
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    response.end(CONTENT);
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.url!.startsWith('refused')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.pipe(socket).pipe(onward);
    onward.on('error', () => socket.destroy());
    return socket.on('error', () => onward.destroy());
  });
  return server;
}

test('proxies are asked for whole addresses, and for tunnels that nobody looks into', async () => {
  await withCertificates(async ({ ca }, tls) => {
    await listening(createSecureServer(tls, whole), async (secure) => {
      const asked: string[] = [];
      await listening(proxy(secure, asked), async (port) => {
        const variables = {
          HTTP_PROXY: `http://me:secret@127.0.0.1:${port}`,
          https_proxy: `127.0.0.1:${port}`,
          NO_PROXY: 'direct.test',
        };
        assert.equal(await fetched('http://charts.test/a?b', { variables }), CONTENT);
        assert.equal(await fetched('http://charts.test:8080/a', { variables }), CONTENT);
        assert.equal(await fetched('https://charts.test/a', { variables, caFile: ca }), CONTENT);
        assert.match(await failure('https://refused.test/', { variables }), /Forbidden/);
        assert.match(await failure('http://direct.test/', { variables }), /direct\.test/);
        const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
        assert.equal(asked, [
          `GET http://charts.test/a?b ${basic}`,
          `GET http://charts.test:8080/a ${basic}`,
          'CONNECT charts.test:443',
          'CONNECT refused.test:443',
        ]);
        await serving([whole], async (url) => assert.equal(await fetched(url, { variables }), CONTENT));
        assert.is(asked.length, 4, 'this machine is asked directly');
      });
    });
  });
});

/** A SOCKS proxy that takes every name to this machine. */
function socks(port: number, asked: string[]) {
  return createSocketServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request) => {
        asked.push(`${request.subarray(5, -2)}:${request.readUInt16BE(request.length - 2)}`);
        const onward = connect(port, '127.0.0.1', () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
        onward.pipe(socket).pipe(onward);
        onward.on('error', () => socket.destroy());
      });
    });
    socket.on('error', () => {});
  });
}

test('a proxy that speaks SOCKS is asked for connections', async () => {
  await withCertificates(async ({ ca }, tls) => {
    const asked: string[] = [];
    await listening(createServer(whole), (plain) =>
      listening(createSecureServer(tls, whole), (secure) =>
        listening(socks(plain, asked), (http) =>
          listening(socks(secure, asked), async (https) => {
            const variables = { HTTP_PROXY: `socks5://127.0.0.1:${http}`, HTTPS_PROXY: `socks5://127.0.0.1:${https}` };
            assert.equal(await fetched('http://charts.test:81/a', { variables }), CONTENT);
            assert.equal(await fetched('https://charts.test/a', { variables, caFile: ca }), CONTENT);
            assert.equal(asked, ['charts.test:81', 'charts.test:443']);
          }),
        ),
      ),
    );
  });
});

test.run();
