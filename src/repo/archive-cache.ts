/** Downloads archives, and keeps them by their digests in the content cache that Helm uses. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isOci } from '../registry/reference.ts';
import { download } from './download.ts';
import { writeAtomic } from './repositories.ts';
import type { ChartSource } from './source.ts';

export interface FetchedArchive {
  /** As the address names it: `mysql-1.0.0.tgz`. */
  fileName: string;
  bytes: Uint8Array;
  /** Where it was asked for. */
  provenance?: Uint8Array;
}

/** The archive's path in the cache, verified by `keyring` where one is given. */
export async function fetchToCache(source: ChartSource, content: string, keyring?: string): Promise<string> {
  const known = cachedPath(source, content);
  if (known !== undefined && keyring === undefined) return known;
  const fetched = await fetchArchive(source, { content, provenance: keyring !== undefined });
  if (keyring !== undefined) {
    const { verifyArchive } = await import('../provenance/verify.ts');
    await verifyArchive(fetched.bytes, fetched.provenance!, fetched.fileName, keyring);
  }
  return writeContent(fetched, content);
}

/** Where it is found by its digest. */
function writeContent({ bytes, provenance }: FetchedArchive, content: string): string {
  const digest = sha256(bytes);
  const path = contentPath(content, digest);
  if (!holds(path, digest)) writeAtomic(path, bytes, 0o644);
  if (provenance !== undefined) writeAtomic(provenanceOf(path), provenance, 0o644);
  return path;
}

/** Puts it into the cache, where it is found by its address too when nobody can be asked. */
export function keepArchive({ url }: ChartSource, fetched: FetchedArchive, content: string): void {
  writeContent(fetched, content);
  writeAtomic(addressPath(content, url), sha256(fetched.bytes), 0o644);
}

/** What was fetched before, without asking anyone; undefined where it was not, or is damaged. */
export function keptArchive(source: ChartSource, content: string): FetchedArchive | undefined {
  const digest = checkedDigest(source.digest) || keptDigest(source.url, content);
  const path = contentPath(content, digest);
  if (digest === '' || !holds(path, digest)) return undefined;
  const bytes = readFileSync(path);
  const signed = provenanceOf(path);
  return {
    fileName: archiveNameOf(source.url),
    bytes,
    ...(existsSync(signed) && { provenance: readFileSync(signed) }),
  };
}

function keptDigest(url: string, content: string): string {
  const path = addressPath(content, url);
  const digest = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return /^[0-9a-f]{64}$/.test(digest) ? digest : '';
}

const provenanceOf = (path: string): string => path.replace(/\.chart$/, '.prov');

/** Tells the digest of what an address gave last. An address may hold a secret. */
const addressPath = (content: string, url: string): string =>
  join(content, 'addresses', createHash('sha256').update(url).digest('hex'));

export interface FetchOptions {
  /** The cache is read, not written. */
  content: string;
  /** `optional`: none is no failure. */
  provenance: boolean | 'optional';
  /** Told why there is no provenance. */
  onMissing?(reason: string): void;
}

/** Throws where the bytes are not those of the digest. */
export async function fetchArchive(source: ChartSource, options: FetchOptions): Promise<FetchedArchive> {
  const { url } = source;
  await checkScheme(source);
  const fileName = archiveNameOf(url);
  if (isOci(url)) return fetchFromRegistry(source, fileName, options);
  const known = cachedPath(source, options.content);
  const bytes = known === undefined ? await fetchBytes(source) : readFileSync(known);
  if (options.provenance === false) return { fileName, bytes };
  try {
    return { fileName, bytes, provenance: await download(`${url}.prov`, source.options) };
  } catch (cause) {
    if (options.provenance === true)
      throw new Error(`failed to fetch provenance ${JSON.stringify(`${url}.prov`)}`, { cause });
    options.onMissing?.((cause as Error).message);
    return { fileName, bytes };
  }
}

/** An index may lead to files of this machine only where it is one of them. Throws Helm's words. */
async function checkScheme({ url, options }: ChartSource): Promise<void> {
  const { owner = url, getter } = options;
  const scheme = new URL(url).protocol.slice(0, -1);
  const isOurs = ['http', 'https', 'oci'].includes(scheme) || (scheme === 'file' && owner.startsWith('file:'));
  if (!isOurs && !(await getter?.(scheme))) throw new Error(`scheme ${JSON.stringify(scheme)} not supported`);
}

async function fetchFromRegistry(
  source: ChartSource,
  fileName: string,
  options: FetchOptions,
): Promise<FetchedArchive> {
  const { fetchOci } = await import('./oci.ts');
  const { PROVENANCE } = await import('../registry/charts.ts');
  const { chart, provenance } = await fetchOci(source.url, source.options, options.provenance !== false);
  if (provenance === undefined && options.provenance === true)
    throw new Error(`failed to fetch provenance ${JSON.stringify(`${source.url}.prov`)}`);
  if (provenance === undefined && options.provenance === 'optional')
    options.onMissing?.(`manifest does not contain a layer with mediatype ${PROVENANCE}`);
  return { fileName, bytes: chart, ...(provenance && { provenance }) };
}

async function fetchBytes({ url, digest, options }: ChartSource): Promise<Uint8Array> {
  const bytes = await download(url, { ...options, accept: 'application/gzip,application/octet-stream' });
  const wanted = checkedDigest(digest);
  const actual = sha256(bytes);
  if (wanted !== '' && actual !== wanted)
    throw new Error(`download ${url}: its digest is ${actual}, the index says ${wanted}`);
  return bytes;
}

function cachedPath({ digest }: ChartSource, content: string): string | undefined {
  const wanted = checkedDigest(digest);
  const path = contentPath(content, wanted);
  return wanted !== '' && holds(path, wanted) ? path : undefined;
}

/** What was cut off or changed since counts as not there. */
const holds = (path: string, digest: string): boolean => existsSync(path) && sha256(readFileSync(path)) === digest;

/** Sixty-four digits, or '' where the index tells none. */
function checkedDigest(digest = ''): string {
  const wanted = digest.replace(/^[^:]*:/, '').toLowerCase();
  if (wanted !== '' && !/^[0-9a-f]{64}$/.test(wanted)) throw new Error(`invalid digest ${JSON.stringify(digest)}`);
  return wanted;
}

/** `…/web-1.0.0.tgz`, and `oci://host/web:1.0.0`, are both web-1.0.0.tgz; of a digest it is `web@sha256-….tgz`. */
function archiveNameOf(url: string): string {
  if (!isOci(url)) return basename(decodeURIComponent(new URL(url).pathname));
  return `${basename(url).replace(/:([^:]*)$/, '-$1')}.tgz`;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** As Helm 4 lays out its content cache. */
const contentPath = (content: string, digest: string) => join(content, digest.slice(0, 2), `${digest}.chart`);
