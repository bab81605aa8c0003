import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CertificatePair, createCertificate } from '../../src/x509/certificate.ts';

const notBefore = Date.UTC(2026, 0, 1);
const authority = (key?: string) =>
  createCertificate({ commonName: 'ca', notBefore, days: 10, isAuthority: true, key });
const parsed = ({ cert }: CertificatePair) => new X509Certificate(cert);

test('an authority signs itself', () => {
  const ca = parsed(authority());
  assert.is(ca.subject, 'CN=ca');
  assert.ok(ca.ca);
  assert.ok(ca.verify(ca.publicKey));
  assert.is(new Date(ca.validFrom).getTime(), notBefore);
  assert.is(new Date(ca.validTo).getTime(), notBefore + 10 * 86_400_000);
});

test('a server certificate names its hosts and is signed by the authority', () => {
  const ca = authority();
  const server = parsed(
    createCertificate({
      commonName: 'srv',
      issuer: ca,
      notBefore,
      days: 1,
      dns: ['localhost', 'a.example'],
      ips: ['127.0.0.1', '::1', '2001:db8::7'],
      usage: ['serverAuth'],
    }),
  );
  assert.is(
    server.subjectAltName,
    'DNS:localhost, DNS:a.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:7',
  );
  assert.ok(server.checkIssued(parsed(ca)));
  assert.ok(server.verify(parsed(ca).publicKey));
  assert.not(server.ca);
  assert.is(server.checkHost('other'), undefined);
});

test('organisations stand in the subject', () => {
  const ca = authority();
  const admin = parsed(
    createCertificate({ commonName: 'me', organizations: ['one', 'two'], issuer: ca, notBefore, days: 1 }),
  );
  assert.is(admin.subject, 'O=one\nO=two\nCN=me');
});

test('every kind of key signs and is signed', () => {
  const keys = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    generateKeyPairSync('ed25519').privateKey,
  ].map((key) => key.export({ type: 'pkcs8', format: 'pem' }) as string);
  for (const key of keys) {
    const ca = authority(key);
    const leaf = parsed(createCertificate({ commonName: 'leaf', issuer: ca, notBefore, days: 1, key: keys[0] }));
    assert.ok(leaf.verify(parsed(ca).publicKey));
  }
});

test('dates after 2049 and long names are encoded', () => {
  const late = parsed(createCertificate({ commonName: 'x'.repeat(300), notBefore: Date.UTC(2051, 5, 1), days: 1 }));
  assert.match(late.validFrom, /2051/);
  assert.is(late.subject.length, 303);
});

test.run();
