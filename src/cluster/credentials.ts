/** Who may talk to the server: an authority, the server's certificate, the administrator's certificate and a token. */
import { randomBytes, timingSafeEqual, X509Certificate } from 'node:crypto';
import { createCertificate, newKey } from '../x509/certificate.ts';
import { ADMIN } from './administrator.ts';
import { pathsIn, readPrivate, writePrivate } from './folders.ts';

export interface Credentials {
  ca: KeyPair;
  server: KeyPair;
  admin: KeyPair;
  token: string;
  /** PEM text of the key that signs service account tokens. */
  serviceAccountKey: string;
}

/** PEM texts. */
export interface KeyPair {
  cert: string;
  key: string;
}

const DAY = 24 * 60 * 60 * 1000;
const YEARS_OF_AUTHORITY = 10;
const RENEW_BEFORE = 30 * DAY;

/** Those kept in `dataDir`, made on first use; certificates near their end are renewed under the same authority. */
export function loadCredentials(dataDir: string, hosts: string[], now: number): Credentials {
  const path = pathsIn(dataDir).credentials;
  const text = readPrivate(path);
  const known = text === undefined ? undefined : parseCredentials(text, path);
  const ca = known !== undefined && isFresh(known.ca, now) ? known.ca : createAuthority(now);
  const kept = known?.ca === ca ? known : undefined;
  const credentials: Credentials = {
    ca,
    server:
      kept && isFresh(kept.server, now) && covers(kept.server, hosts) ? kept.server : createServer(ca, hosts, now),
    admin: kept && isFresh(kept.admin, now) ? kept.admin : createAdmin(ca, now),
    token: known?.token ?? newToken(),
    serviceAccountKey: known?.serviceAccountKey ?? newKey(),
  };
  const next = JSON.stringify(credentials);
  if (next !== text) writePrivate(path, next);
  return credentials;
}

/** New ones, kept nowhere. */
export function createCredentials(hosts: string[], now: number): Credentials {
  const ca = createAuthority(now);
  return {
    ca,
    server: createServer(ca, hosts, now),
    admin: createAdmin(ca, now),
    token: newToken(),
    serviceAccountKey: newKey(),
  };
}

/** The authority's certificate, where `dataDir` has credentials. */
export function readAuthority(dataDir: string): string | undefined {
  const path = pathsIn(dataDir).credentials;
  const text = readPrivate(path);
  return text === undefined ? undefined : parseCredentials(text, path).ca.cert;
}

function parseCredentials(text: string, path: string): Credentials {
  try {
    const known = JSON.parse(text) as Credentials;
    for (const { cert } of [known.ca, known.server, known.admin]) new X509Certificate(cert);
    return known;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`read credentials: "${path}" is damaged (${why}); remove it, and new ones are made`, { cause });
  }
}

export function isSameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const newToken = () => randomBytes(32).toString('base64url');

const isFresh = ({ cert }: KeyPair, now: number) => Date.parse(new X509Certificate(cert).validTo) > now + RENEW_BEFORE;
const covers = ({ cert }: KeyPair, hosts: string[]) => {
  const certificate = new X509Certificate(cert);
  return hosts.every((host) => (isAddress(host) ? certificate.checkIP(host) : certificate.checkHost(host)));
};
const isAddress = (host: string) => /^[\d.]+$|:/.test(host);

const createAuthority = (now: number): KeyPair =>
  createCertificate({
    commonName: 'portolan-ca',
    notBefore: now - DAY,
    days: 365 * YEARS_OF_AUTHORITY,
    isAuthority: true,
  });

const createServer = (ca: KeyPair, hosts: string[], now: number): KeyPair =>
  createCertificate({
    commonName: 'kube-apiserver',
    issuer: ca,
    notBefore: now - DAY,
    days: 365,
    dns: hosts.filter((host) => !isAddress(host)),
    ips: hosts.filter(isAddress),
    usage: ['serverAuth'],
  });

const createAdmin = (ca: KeyPair, now: number): KeyPair =>
  createCertificate({
    commonName: ADMIN.name,
    organizations: ['system:masters'],
    issuer: ca,
    notBefore: now - DAY,
    days: 365,
    usage: ['clientAuth'],
  });
