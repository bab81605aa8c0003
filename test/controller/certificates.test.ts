import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../../src/client/resources.ts';
import { ManualClock } from '../../src/clock.ts';
import { createCertificate, newKey } from '../../src/x509/certificate.ts';
import * as der from '../../src/x509/der.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { parseSigningRequest } from '../../src/x509/signing-request.ts';
import { type Plane, startTestPlane } from './plane.ts';

interface Asked {
  organization: string;
  name: string;
  dns?: string;
}

function requestFor({ organization, name, dns }: Asked, forge = false): string {
  const key = createPrivateKey(newKey());
  const attribute = (type: string, text: string) => der.set(der.sequence(der.oid(type), der.text(text)));
  const names = der.sequence(der.tagged(2, Buffer.from(dns ?? ''), false));
  const extensions = der.sequence(der.sequence(der.oid('2.5.29.17'), der.octets(names)));
  const body = der.sequence(
    der.integer(Buffer.from([0])),
    der.sequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', name)),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der.tagged(0, dns ? der.sequence(der.oid('1.2.840.113549.1.9.14'), der.set(extensions)) : Buffer.alloc(0), true),
  );
  const signature = sign('sha256', body, forge ? createPrivateKey(newKey()) : key);
  const bytes = der.sequence(body, der.sequence(der.oid('1.2.840.10045.4.3.2')), der.bits(signature));
  return encodePem({ type: 'CERTIFICATE REQUEST', bytes });
}

const CLIENT = 'kubernetes.io/kube-apiserver-client';
const NODE = `${CLIENT}-kubelet`;
const SERVING = 'kubernetes.io/kubelet-serving';
const ann: Asked = { organization: 'devs', name: 'ann' };
const node: Asked = { organization: 'system:nodes', name: 'system:node:a' };

const CASES: [title: string, signer: string, asked: Asked, usages: string[], refused?: string][] = [
  ['a user', CLIENT, ann, ['client auth', 'digital signature']],
  ['a server', CLIENT, ann, ['server auth'], 'invalid usage for client certificate: server auth'],
  ['nobody', CLIENT, ann, ['digital signature'], 'missing required usage for client certificate: client auth'],
  ['a node', NODE, node, ['client auth', 'digital signature']],
  ['no node', NODE, ann, ['client auth', 'digital signature'], 'subject organization is not system:nodes'],
  [
    'a node with names',
    NODE,
    { ...node, dns: 'a' },
    ['client auth', 'digital signature'],
    'DNS subjectAltNames are not allowed',
  ],
  ['what a node serves', SERVING, { ...node, dns: 'a' }, ['server auth', 'digital signature', 'key encipherment']],
  ['a node without names', SERVING, node, ['server auth', 'digital signature'], 'DNS or IP subjectAltName is required'],
];

const clock = () => new ManualClock(Date.UTC(2026, 5, 1));
const authority = createCertificate({
  commonName: 'ca',
  notBefore: Date.UTC(2026, 0, 1),
  days: 3650,
  isAuthority: true,
});

test('approved requests are signed, unfit ones fail with the reason', async () => {
  const plane = await startTestPlane({
    clock: clock(),
    authority,
    only: ['certificatesigningrequest-signing-controller'],
  });
  try {
    for (const [i, [title, signerName, asked, usages, refused]] of CASES.entries()) {
      const created = await plane.client.create(CERTIFICATE_SIGNING_REQUESTS, {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: `r${i}` },
        spec: {
          request: Buffer.from(requestFor(asked)).toString('base64'),
          signerName,
          usages,
          expirationSeconds: 3600,
        },
      });
      await plane.settled();
      assert.is((await read(plane, i)).status?.certificate, undefined, `${title}: not before it is approved`);
      const status = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }] };
      await plane.client.update(CERTIFICATE_SIGNING_REQUESTS, { ...created, status }, { subresource: 'approval' });
      await plane.settled();
      const { certificate, conditions } = (await read(plane, i)).status;
      const failed = conditions.find(({ type }: KubeObject & { type: string }) => type === 'Failed');
      assert.is(failed?.message, refused, title);
      if (refused === undefined) checkSigned(certificate, asked);
    }
  } finally {
    await plane.stop();
  }
});

const read = (plane: Plane, i: number) => plane.client.get<KubeObject>(CERTIFICATE_SIGNING_REQUESTS, `r${i}`);

function checkSigned(certificate: string, { organization, name, dns }: Asked): void {
  const signed = new X509Certificate(Buffer.from(certificate, 'base64'));
  assert.ok(signed.checkIssued(new X509Certificate(authority.cert)));
  assert.ok(signed.verify(new X509Certificate(authority.cert).publicKey));
  assert.is(signed.subject, `O=${organization}\nCN=${name}`);
  assert.is(signed.subjectAltName, dns && `DNS:${dns}`);
  assert.equal(
    [signed.validFrom, signed.validTo].map((text) => new Date(text).toISOString()),
    ['2026-05-31T23:55:00.000Z', '2026-06-01T01:00:00.000Z'],
  );
}

test('requests that are broken or signed by another key are not read', () => {
  const good = requestFor(ann);
  assert.equal(parseSigningRequest(good).organizations, ['devs']);
  for (const [pem, message] of [
    [requestFor(ann, true), /unable to verify certificate request signature/],
    ['', /PEM block type must be CERTIFICATE REQUEST/],
    [encodePem({ type: 'CERTIFICATE REQUEST', bytes: Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]) }), /cut off/],
    [encodePem({ type: 'CERTIFICATE REQUEST', bytes: Buffer.from([0x30, 0x03, 0x02, 0x01, 0x00]) }), /cut off/],
  ] as const)
    assert.throws(() => parseSigningRequest(pem), message);
});

test.run();
