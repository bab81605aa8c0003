/** A server that listens on every address is reached on this machine, and known to others by its own. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { otherHosts, reachableHost } from '../../src/cluster/addresses.ts';
import { serveCluster } from '../../src/cluster/serve.ts';

const statusOf = (url: string, ca: string) =>
  new Promise<number>((resolve, reject) => {
    const call = request(`${url}/healthz`, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    call.on('error', reject);
    call.end();
  });

test('every address of the machine', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'portolan-addresses-'));
  try {
    const { state, credentials, stop } = await serveCluster({ dataDir, host: '0.0.0.0' });
    try {
      assert.is(state.url, `https://127.0.0.1:${state.port}`);
      assert.is(await statusOf(state.url, credentials.ca.cert), 200);
      const certificate = new X509Certificate(credentials.server.cert);
      for (const host of otherHosts('0.0.0.0'))
        assert.ok(isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host), certificate.subjectAltName);
    } finally {
      await stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('what is one address is that', () => {
  assert.equal(['127.0.0.1', '10.0.0.7', '::'].map(reachableHost), ['127.0.0.1', '10.0.0.7', '::1']);
  assert.equal(otherHosts('localhost'), []);
  assert.equal(otherHosts('10.0.0.7'), ['10.0.0.7']);
});

test.run();
