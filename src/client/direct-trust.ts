/**
 * TLS to a server whose certificate the kubeconfig's own authority has signed, as those of clusters are. Node compares no
 * certificate before it has read the hundred and more authorities of the web, which takes longer than most commands; so
 * the plain case is checked here, and whatever is not plainly right is left to Node.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { contentOf, valuesIn } from '../x509/der.ts';
import { limitConnecting } from './patience.ts';

export interface ServerIdentity {
  /** Name or address that the certificate must be for. */
  host: string;
  now: number;
}

type Connected = (error: Error | null, socket?: TLSSocket) => void;

/** Connects, and answers the socket once the server has shown a certificate that `ca` (PEM) has signed for its host. */
export function connectTrusting(
  ca: string,
  options: ConnectionOptions & { host?: string },
  { host, now }: ServerIdentity,
  done: Connected,
): void {
  const socket = connect({ ...options, ca: [], rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  limitConnecting(socket);
  socket.once('error', done);
  socket.once('secureConnect', () => {
    socket.off('error', done);
    const shown = socket.getPeerX509Certificate();
    if (shown && isSignedFor(shown, ca, { host, now })) return done(null, socket);
    socket.destroy();
    done(null, connect({ ...options, ca, ALPNProtocols: ['http/1.1'] }));
  });
}

/** Whether one of the authorities has signed it itself, for this host, and both are valid now. */
export function isSignedFor(shown: X509Certificate, ca: string, { host, now }: ServerIdentity): boolean {
  const isFor = isIP(host) ? shown.checkIP(host) : shown.checkHost(host, { subject: 'never' });
  if (isFor === undefined || !isPlain(shown) || !isValid(shown, now) || !mayServe(shown)) return false;
  return authoritiesIn(ca).some(
    (authority) =>
      authority.ca &&
      isPlain(authority) &&
      isValid(authority, now) &&
      shown.checkIssued(authority) &&
      shown.verify(authority.publicKey),
  );
}

/** More are a bundle, in which Node finds the way. */
const MOST_AUTHORITIES = 3;

function authoritiesIn(pem: string): X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return texts.length > MOST_AUTHORITIES ? [] : texts.map((text) => new X509Certificate(text));
}

const isValid = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const mayServe = ({ keyUsage }: X509Certificate): boolean => keyUsage === undefined || keyUsage.includes(SERVER_AUTH);

/** What a signature may be made with: the object identifiers' bytes. */
const SIGNATURES = [
  '2a8648ce3d040302', // ecdsa-with-SHA256
  '2a8648ce3d040303', // ecdsa-with-SHA384
  '2a864886f70d01010b', // sha256WithRSAEncryption
  '2a864886f70d01010c', // sha384WithRSAEncryption
  '2a864886f70d01010d', // sha512WithRSAEncryption
  '2b6570', // Ed25519
].map((oid) => Buffer.from(oid, 'hex'));
/** Extensions that narrow what a certificate is for: constraints on names and policies, and policies. */
const NARROWING = ['551d1e', '551d24', '551d20'].map((oid) => Buffer.from(`0603${oid}`, 'hex'));
const SMALLEST_RSA = 2048;

/** Signed with what nobody doubts, with a key that is long enough, and without constraints to follow. */
function isPlain(certificate: X509Certificate): boolean {
  const { raw, publicKey } = certificate;
  const { modulusLength = SMALLEST_RSA } = publicKey.asymmetricKeyDetails ?? {};
  const [, algorithm] = valuesIn(raw);
  const [oid] = valuesIn(algorithm!);
  const isStrong = SIGNATURES.some((known) => known.equals(contentOf(oid!)));
  return isStrong && modulusLength >= SMALLEST_RSA && !NARROWING.some((oid) => raw.includes(oid));
}
