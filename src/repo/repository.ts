/** One repository: its index downloaded into the cache and read from there, its charts found and fetched. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../log.ts';
import { type DownloadOptions, download, resolveUrl } from './download.ts';
import { type ChartVersion, findVersion, parseIndex, type RepositoryIndex } from './index-file.ts';
import { type Repository, writeAtomic } from './repositories.ts';

export interface RepositoryPlaces {
  /** repositories.yaml. */
  config: string;
  /** The folder of cached indexes. */
  cache: string;
  /** The folder of downloaded archives, by digest. */
  content: string;
}

export const indexPath = (cache: string, name: string): string => join(cache, `${name}-index.yaml`);
const chartsPath = (cache: string, name: string) => join(cache, `${name}-charts.txt`);

export const downloadOptions = (repository: Repository, rest: DownloadOptions = {}): DownloadOptions => ({
  username: repository.username,
  password: repository.password,
  owner: repository.url,
  passCredentialsAll: repository.pass_credentials_all,
  certFile: repository.certFile,
  keyFile: repository.keyFile,
  caFile: repository.caFile,
  insecureSkipTlsVerify: repository.insecure_skip_tls_verify,
  ...rest,
});

/** Fetches the index and, when it is a good one, puts it into the cache. */
export async function updateIndex(
  repository: Repository,
  cache: string,
  options: DownloadOptions & { log: Logger },
): Promise<RepositoryIndex> {
  const url = resolveUrl(repository.url, 'index.yaml');
  const bytes = await download(url, downloadOptions(repository, options));
  const text = new TextDecoder().decode(bytes);
  const index = parseIndex(text, repository.url, options.log);
  writeAtomic(
    chartsPath(cache, repository.name),
    Object.keys(index.entries)
      .map((name) => `${name}\n`)
      .join(''),
    0o644,
  );
  writeAtomic(indexPath(cache, repository.name), bytes, 0o644);
  return index;
}

/** The cached index. Throws Helm's advice where there is none. */
export function cachedIndex(repository: Repository, cache: string, log: Logger): RepositoryIndex {
  const path = indexPath(cache, repository.name);
  try {
    return parseIndex(readFileSync(path, 'utf8'), path, log);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? `open ${path}: no such file or directory`
        : `error loading ${path}: ${(error as Error).message}`;
    throw new Error(`no cached repo found. (try 'helm repo update'): ${why}`, { cause: error });
  }
}

export function removeCached(name: string, cache: string): void {
  for (const path of [indexPath(cache, name), chartsPath(cache, name)]) rmSync(path, { force: true });
}

/** The chart's version in the cached index of its repository, and the address of its archive. */
export function findInRepository(
  repository: Repository,
  name: string,
  version: string,
  cache: string,
  log: Logger,
): { entry: ChartVersion; url: string } {
  const index = cachedIndex(repository, cache, log);
  let entry: ChartVersion;
  try {
    entry = findVersion(index, name, version, log);
  } catch (cause) {
    throw new Error(
      `chart "${name}" matching ${version} not found in ${repository.name} index. (try 'helm repo update'): ${(cause as Error).message}`,
      { cause },
    );
  }
  if (entry.urls.length === 0) throw new Error(`chart "${name}" has no downloadable URLs`);
  return { entry, url: resolveUrl(repository.url, entry.urls[0]!) };
}

/** The archive's path in the cache, downloaded unless it is there; its digest is checked where the index tells one. */
export async function fetchArchive(
  url: string,
  digest: string | undefined,
  content: string,
  options: DownloadOptions,
): Promise<string> {
  const wanted = digest?.replace(/^sha256:/, '');
  if (wanted !== undefined && wanted !== '') {
    if (!/^[0-9a-f]{64}$/i.test(wanted)) throw new Error(`invalid digest "${digest}"`);
    const path = contentPath(content, wanted);
    if (existsSync(path)) return path;
  }
  const bytes = await download(url, { ...options, accept: 'application/gzip,application/octet-stream' });
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (wanted && actual !== wanted.toLowerCase())
    throw new Error(`download ${url}: its digest is ${actual}, the index says ${wanted}`);
  const path = contentPath(content, actual);
  writeAtomic(path, bytes, 0o644);
  return path;
}

/** As Helm 4 lays out its content cache. */
const contentPath = (content: string, digest: string) => join(content, digest.slice(0, 2), `${digest}.chart`);
