/** Certificates as OpenSSL, which Node brings, reads them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createCertificate } from '../../src/sprig/certificate.ts';
import { generateKey, readKey, writeKey } from '../../src/sprig/private-key.ts';
import { parseAddress } from '../../src/x509/address.ts';
import { decodePem, encodePem } from '../../src/x509/pem.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

test('an authority signs certificates that verify', () => {
  const authority = createCertificate({ subject: { commonName: 'ca' }, notBefore: NOW, days: 10, isCA: true });
  for (const keyType of ['ecdsa', 'ed25519', 'rsa'] as const) {
    const pair = createCertificate({
      subject: { commonName: 'system:node', organizations: ['system:masters', 'b*'] },
      issuer: authority,
      san: { dns: ['localhost', '*.example.com'], ip: ['127.0.0.1', '::1'] },
      notBefore: NOW,
      days: 2,
      keyType,
    });
    const certificate = new X509Certificate(pair.certificate);
    const parent = new X509Certificate(authority.certificate);
    assert.ok(certificate.verify(parent.publicKey));
    assert.ok(certificate.checkIssued(parent));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(pair.key)));
    assert.is(certificate.subject, 'O=b* + O=system:masters\nCN=system:node');
    assert.is(certificate.issuer, 'CN=ca');
    assert.is(
      certificate.subjectAltName,
      'DNS:localhost, DNS:*.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    assert.is(certificate.validFrom, 'Jan  2 03:04:05 2026 GMT');
    assert.is(certificate.validTo, 'Jan  4 03:04:05 2026 GMT');
    assert.not.ok(certificate.ca);
  }
});

test('a certificate can sign itself, and outlive the year 2049', () => {
  const { certificate } = createCertificate({ subject: {}, san: { dns: ['a'] }, notBefore: NOW, days: 36_500 });
  const read = new X509Certificate(certificate);
  assert.ok(read.verify(read.publicKey));
  assert.is(read.validTo, 'Dec  9 03:04:05 2125 GMT');
});

test('an authority between others is named as it names itself', () => {
  const common = { notBefore: NOW, days: 10, isCA: true };
  const root = createCertificate({ ...common, subject: { commonName: 'root' } });
  const middle = createCertificate({ ...common, subject: { commonName: 'middle' }, issuer: root });
  const leaf = createCertificate({ ...common, subject: { commonName: 'leaf' }, issuer: middle });
  const [parent, child] = [middle, leaf].map(({ certificate }) => new X509Certificate(certificate));
  assert.is(child!.issuer, 'CN=middle');
  assert.ok(child!.checkIssued(parent!));
});

test('an issuer needs its own key', () => {
  const [a, b] = [1, 2].map(() => createCertificate({ subject: {}, notBefore: NOW, days: 1, isCA: true }));
  const issuer = { certificate: a!.certificate, key: b!.key };
  assert.throws(
    () => createCertificate({ subject: {}, issuer, notBefore: NOW, days: 1 }),
    /provided PrivateKey doesn't match parent's PublicKey/,
  );
});

test('keys are written in the form of their kind and read back', () => {
  const headers = { rsa: 'RSA PRIVATE KEY', ecdsa: 'EC PRIVATE KEY', ed25519: 'PRIVATE KEY', dsa: 'DSA PRIVATE KEY' };
  for (const [type, header] of Object.entries(headers)) {
    const text = writeKey(generateKey(type as keyof typeof headers, 1024));
    assert.is(decodePem(text)?.type, header);
    assert.is(writeKey(readKey(text)), text);
  }
});

test('PEM blocks', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const text = encodePem({ type: 'X', bytes });
  assert.equal(decodePem(`garbage\n${text}more`), { type: 'X', bytes });
  for (const broken of ['', 'x', '-----BEGIN X-----\nAA', text.replace('END X', 'END Y'), text.replace('AAEC', '!!!!')])
    assert.is(decodePem(broken), undefined);
});

const ADDRESSES: [string, string | undefined][] = [
  ['1.2.3.4', '01020304'],
  ['01.2.3.4', undefined],
  ['1.2.3', undefined],
  ['1.2.3.256', undefined],
  ['::', '0'.repeat(32)],
  ['::ffff:1.2.3.4', '01020304'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['1::8', '0001000000000000000000000000' + '0008'],
  ['64:ff9b::1.2.3.4', '0064ff9b000000000000000001020304'],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7::8', undefined],
  ['12345::', undefined],
  ['::1.2.3', undefined],
  ['', undefined],
];

for (const [address, hex] of ADDRESSES)
  test(`the address "${address}"`, () => {
    const bytes = parseAddress(address);
    assert.is(bytes && Buffer.from(bytes).toString('hex'), hex);
  });

test.run();
