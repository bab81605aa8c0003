/** Which proxy is used, and requests by way of one: CONNECT and SOCKS 5, with and without a password. */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { proxyFor } from '../../src/client/proxy-choice.ts';
import { createCredentials } from '../../src/cluster/credentials.ts';

const PROXY = 'http://proxy:3128/';
const CHOICES: [target: string, variables: Record<string, string>, proxy: string | undefined][] = [
  ['https://api.example.com:6443', { HTTPS_PROXY: PROXY }, PROXY],
  ['https://api.example.com', { https_proxy: 'proxy:3128' }, PROXY],
  ['http://api.example.com', { HTTPS_PROXY: PROXY }, undefined],
  ['http://api.example.com', { HTTP_PROXY: PROXY }, PROXY],
  ['https://localhost:6443', { HTTPS_PROXY: PROXY }, undefined],
  ['https://127.0.0.9:6443', { HTTPS_PROXY: PROXY }, undefined],
  ['https://[::1]:6443', { HTTPS_PROXY: PROXY }, undefined],
  ['https://api.example.com', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
  ['https://api.example.com', { HTTPS_PROXY: PROXY, NO_PROXY: 'other.org, example.com' }, undefined],
  ['https://example.com', { HTTPS_PROXY: PROXY, NO_PROXY: '.example.com' }, PROXY],
  ['https://api.example.com', { HTTPS_PROXY: PROXY, no_proxy: '*.example.com' }, undefined],
  ['https://notexample.com', { HTTPS_PROXY: PROXY, NO_PROXY: 'example.com' }, PROXY],
  ['https://api.example.com:6443', { HTTPS_PROXY: PROXY, NO_PROXY: 'example.com:443' }, PROXY],
  ['https://api.example.com:6443', { HTTPS_PROXY: PROXY, NO_PROXY: 'example.com:6443' }, undefined],
  ['https://10.1.2.3:6443', { HTTPS_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3:6443', { HTTPS_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, PROXY],
  ['https://10.1.2.3', { HTTPS_PROXY: PROXY, NO_PROXY: '10.1.2.3' }, undefined],
  ['https://[fd00::1]', { HTTPS_PROXY: PROXY, NO_PROXY: 'fd00::1' }, undefined],
  ['https://[fd00::1]', { HTTPS_PROXY: PROXY, NO_PROXY: '10.0.0.0/8,99.0.0.0/64' }, PROXY],
];

for (const [target, variables, proxy] of CHOICES)
  test(`${target} with ${JSON.stringify(variables)}`, () => {
    assert.is(proxyFor(new URL(target), variables)?.href, proxy);
  });

const listening = async <T extends SocketServer>(server: T): Promise<T> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
const portOf = (server: SocketServer): number => (server.address() as AddressInfo).port;

/** Opens tunnels to where `at` is, whatever is asked for; what is asked for is noted. */
async function connectProxy(at: () => number, asked: string[]): Promise<Server> {
  const proxy = createServer();
  proxy.on('connect', ({ url, headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`.trim());
    if (url!.startsWith('forbidden')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const onward = connect(at(), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on('error', () => each.destroy());
  });
  return listening(proxy);
}

async function socksProxy(at: () => number, asked: string[]): Promise<SocketServer> {
  const proxy = createSocketServer((socket) => {
    let step = 0;
    socket.on('error', () => {});
    const onData = (bytes: Buffer) => {
      step++;
      if (step === 1) return void socket.write(Buffer.from([5, bytes.includes(2, 2) ? 2 : 0]));
      if (step === 2 && bytes[0] === 1) {
        asked.push(
          bytes
            .subarray(2)
            .toString()
            .replace(/[\0-\x1f]/g, ':'),
        );
        return void socket.write(Buffer.from([1, bytes.includes('secret') ? 0 : 1]));
      }
      const host = bytes.subarray(5, 5 + bytes[4]!).toString();
      asked.push(`${host}:${bytes.readUInt16BE(5 + bytes[4]!)}`);
      if (host === 'forbidden.example') return void socket.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
      socket.off('data', onData);
      const onward = connect(at(), '127.0.0.1', () => {
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
    };
    socket.on('data', onData);
  });
  return listening(proxy);
}

const host = 'kube.example';

/** Where to, by which proxy; what the proxy is asked for, and what comes of it. */
const WAYS: [proxy: string, server: string, asked: string[], told?: string][] = [
  ['http://CONNECT', `https://${host}:6443`, [`${host}:6443`]],
  ['http://CONNECT', `http://${host}`, [`${host}:80`]],
  ['http://me:secret@CONNECT', `https://${host}`, [`${host}:443 Basic bWU6c2VjcmV0`]],
  ['http://CONNECT', 'https://forbidden.example', ['forbidden.example:443'], 'Forbidden'],
  ['http://127.0.0.1:1', `https://${host}`, [], 'proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused'],
  ['socks5://SOCKS', `https://${host}:6443`, [`${host}:6443`]],
  ['socks5://me:secret@SOCKS', `https://${host}:6443`, ['me:secret', `${host}:6443`]],
  [
    'socks5://me:wrong@SOCKS',
    `https://${host}`,
    ['me:wrong'],
    'socks connect: username/password authentication failed',
  ],
  [
    'socks5://SOCKS',
    'https://forbidden.example',
    ['forbidden.example:443'],
    'socks connect tcp PROXY->forbidden.example:443: connection not allowed by ruleset',
  ],
  [
    'socks5://127.0.0.1:1',
    `https://${host}`,
    [],
    'proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused',
  ],
];

test('requests go by way of a proxy, several on one connection, and its refusal is told', async () => {
  const { ca, server: own } = createCredentials([host], Date.now());
  const answer = (_request: unknown, response: import('node:http').ServerResponse) =>
    response.setHeader('content-type', 'application/json').end('{"major":"1","minor":"36","gitVersion":"v1.36.0"}');
  const plain = await listening(createServer(answer));
  const secure = await listening(createSecureServer({ cert: own.cert, key: own.key }, answer));
  let target = secure as SocketServer;
  const asked: string[] = [];
  const connecting = await connectProxy(() => portOf(target), asked);
  const socks = await socksProxy(() => portOf(target), asked);
  try {
    for (const [proxy, server, wanted, told] of WAYS) {
      asked.length = 0;
      target = server.startsWith('https') ? secure : plain;
      const proxyUrl = proxy
        .replace('CONNECT', `127.0.0.1:${portOf(connecting)}`)
        .replace('SOCKS', `127.0.0.1:${portOf(socks)}`);
      const transport = httpTransport({ server, ca: ca.cert, proxyUrl, insecure: false, context: '', namespace: '' });
      try {
        const client = createClient(transport.handler);
        const twice = async () => [await client.serverVersion(), await client.serverVersion()].length;
        const came = await twice().catch((error: Error) => error.message);
        const expected = told?.replace('PROXY', `127.0.0.1:${portOf(socks)}`);
        assert.is(came, expected === undefined ? 2 : `Get "${server}/version": ${expected}`, `${proxy} ${server}`);
        assert.equal(asked, wanted, `${proxy} ${server}`);
      } finally {
        transport.close();
      }
    }
  } finally {
    for (const server of [plain, secure, connecting]) server.closeAllConnections();
    for (const server of [plain, secure, connecting, socks]) server.close();
  }
});

test.run();
