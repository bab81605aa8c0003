import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSameToken, loadCredentials } from '../../src/cluster/credentials.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const HOSTS = ['localhost', '127.0.0.1'];

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-credentials-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('made on first use, kept for its owner alone, and the same from then on', () => {
  inFolder((folder) => {
    const made = loadCredentials(folder, HOSTS, NOW);
    const ca = new X509Certificate(made.ca.cert);
    for (const pair of [made.server, made.admin]) assert.ok(new X509Certificate(pair.cert).verify(ca.publicKey));
    assert.is(new X509Certificate(made.admin.cert).subject, 'O=system:masters\nCN=kubernetes-admin');
    assert.is(statSync(join(folder, 'credentials.json')).mode & 0o777, 0o600);
    assert.equal(loadCredentials(folder, HOSTS, NOW), made);
    assert.ok(made.token.length >= 40);
  });
});

test('a file that others may read is refused', () => {
  inFolder((folder) => {
    loadCredentials(folder, HOSTS, NOW);
    chmodSync(join(folder, 'credentials.json'), 0o644);
    assert.throws(() => loadCredentials(folder, HOSTS, NOW), /other users may read it; run: chmod 600/);
  });
});

test('certificates near their end are renewed under the same authority, new hosts get a new server certificate', () => {
  inFolder((folder) => {
    const made = loadCredentials(folder, HOSTS, NOW);
    const later = loadCredentials(folder, HOSTS, NOW + 340 * DAY);
    assert.is(later.ca.cert, made.ca.cert);
    assert.is(later.token, made.token);
    assert.is.not(later.server.cert, made.server.cert);
    assert.is.not(later.admin.cert, made.admin.cert);
    const moved = loadCredentials(folder, [...HOSTS, '192.0.2.7'], NOW + 340 * DAY);
    assert.is(new X509Certificate(moved.server.cert).checkIP('192.0.2.7'), '192.0.2.7');
    assert.is(moved.admin.cert, later.admin.cert);
    const text = readFileSync(join(folder, 'credentials.json'), 'utf8');
    loadCredentials(folder, [], NOW + 340 * DAY);
    assert.is(readFileSync(join(folder, 'credentials.json'), 'utf8'), text, 'asked for less, nothing changes');
  });
});

test('an authority at its end is replaced with all it signed', () => {
  inFolder((folder) => {
    const made = loadCredentials(folder, HOSTS, NOW);
    const decade = loadCredentials(folder, HOSTS, NOW + 3649 * DAY);
    assert.is.not(decade.ca.cert, made.ca.cert);
    assert.ok(new X509Certificate(decade.admin.cert).verify(new X509Certificate(decade.ca.cert).publicKey));
  });
});

test('tokens are compared whole', () => {
  assert.ok(isSameToken('abc', 'abc'));
  for (const other of ['', 'ab', 'abd', 'abcd']) assert.not(isSameToken(other, 'abc'));
});

test.run();
