/** Which certificates of a server are trusted without Node's own verification, and that all others are left to it. */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSignedFor } from '../../src/client/direct-trust.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { createCredentials } from '../../src/cluster/credentials.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const ours = createCredentials(['kube.example', '127.0.0.1'], NOW);
const theirs = createCredentials(['kube.example', '127.0.0.1'], NOW);
const shown = new X509Certificate(ours.server.cert);

const CASES: [what: string, certificate: X509Certificate, ca: string, host: string, now: number, trusted: boolean][] = [
  ['a name', shown, ours.ca.cert, 'kube.example', NOW, true],
  ['an address', shown, ours.ca.cert, '127.0.0.1', NOW, true],
  ['one of two authorities', shown, theirs.ca.cert + ours.ca.cert, 'kube.example', NOW, true],
  ['another authority of the same name', shown, theirs.ca.cert, 'kube.example', NOW, false],
  ['another name', shown, ours.ca.cert, 'other.example', NOW, false],
  ['another address', shown, ours.ca.cert, '10.0.0.1', NOW, false],
  ['before its time', shown, ours.ca.cert, 'kube.example', NOW - 30 * DAY, false],
  ['after its time', shown, ours.ca.cert, 'kube.example', NOW + 20 * 365 * DAY, false],
  ['a certificate for clients', new X509Certificate(ours.admin.cert), ours.ca.cert, 'kube.example', NOW, false],
  ['signed by a certificate that is no authority', shown, ours.server.cert, 'kube.example', NOW, false],
  ['a bundle', shown, ours.ca.cert.repeat(4), 'kube.example', NOW, false],
  ['no authority at all', shown, '', 'kube.example', NOW, false],
];

test('what the authority signed for the host is trusted', () => {
  for (const [what, certificate, ca, host, now, trusted] of CASES)
    assert.is(isSignedFor(certificate, ca, { host, now }), trusted, what);
});

test('a server of another authority gets no request', async () => {
  const made = createCredentials(['127.0.0.1'], Date.now());
  const asked: string[] = [];
  const server = createServer({ cert: made.server.cert, key: made.server.key }, (request, response) => {
    asked.push(request.url!);
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ask = async (ca: string, rest: object = {}) => {
      const transport = httpTransport({ server: url, ca, insecure: false, context: '', namespace: '', ...rest });
      try {
        const request = { method: 'GET' as const, path: '/version', query: new URLSearchParams(), headers: {} };
        return (await transport.handler(request)).status;
      } catch (error) {
        return (error as Error).message.replace(/^Get "[^"]*": /, '');
      } finally {
        transport.close();
      }
    };
    assert.is(await ask(made.ca.cert), 200);
    // A bundle is left to Node, which finds the way in it.
    assert.is(await ask(made.ca.cert.repeat(4)), 200);
    assert.match(String(await ask(ours.ca.cert)), /certificate/);
    assert.match(
      String(await ask(made.ca.cert, { tlsServerName: 'other.example' })),
      /x509: certificate is not valid for any names, but wanted to match other\.example$/,
    );
    assert.equal(asked, ['/version', '/version']);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test.run();
