/** One repository: its index downloaded into the cache and read from there, its charts found and fetched. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../log.ts';
import { type DownloadOptions, downloadIfChanged, resolveUrl } from './download.ts';
import { type ChartVersion, findVersion, parseIndex, type RepositoryIndex } from './index-file.ts';
import { chartParts, partText, sliceIndex } from './index-slice.ts';
import { type Repository, writeAtomic } from './repositories.ts';
import { loadValidators, saveValidators, validatorsPath } from './validators.ts';

export interface RepositoryPlaces {
  /** repositories.yaml. */
  config: string;
  /** The folder of cached indexes. */
  cache: string;
  /** The folder of downloaded archives, by digest. */
  content: string;
}

type Named = Pick<Repository, 'name'>;

const inCache = (cache: string, name: string, file: string): string =>
  join(cache, name === '' ? file : `${name}-${file}`);
export const indexPath = (cache: string, name: string): string => inCache(cache, name, 'index.yaml');
/** The names of its charts, for shells. */
export const chartsPath = (cache: string, name: string): string => inCache(cache, name, 'charts.txt');

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

/** Fetches the index where it is another than the cached one and, when it is a good one, puts it into the cache. */
export async function updateIndex(
  repository: Repository,
  cache: string,
  options: DownloadOptions & { log: Logger },
): Promise<void> {
  const url = resolveUrl(repository.url, 'index.yaml');
  const path = indexPath(cache, repository.name);
  const fetched = await downloadIfChanged(url, downloadOptions(repository, options), loadValidators(path, url));
  if (fetched === undefined) return;
  const { bytes } = fetched;
  const names = validNames(new TextDecoder().decode(bytes), repository.url, options.log);
  writeAtomic(chartsPath(cache, repository.name), names.map((name) => `${name}\n`).join(''), 0o644);
  writeAtomic(path, bytes, 0o644);
  if (fetched.etag !== undefined || fetched.lastModified !== undefined) saveValidators(path, url, fetched);
}

/** The charts of an index that can be used. Throws as `parseIndex`; of a large one no more than a chart is held at once. */
function validNames(text: string, source: string, log: Logger): string[] {
  const parts = chartParts(text);
  if (parts === undefined) return Object.keys(parseIndex(text, source, log).entries);
  return parts.map((part) => {
    parseIndex(partText(text, part), source, log);
    return part.name;
  });
}

/**
 * The charts of the cached index, with the versions of each, newest first. Charts whose name and text in the index `mayMatter`
 * refuses may be left out, and are then not looked at. Throws what is wrong with the index.
 */
export function* cachedCharts(
  repository: Repository,
  cache: string,
  log: Logger,
  mayMatter: (name: string, text: string) => boolean,
): Generator<[name: string, versions: ChartVersion[]]> {
  const path = indexPath(cache, repository.name);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const parts = chartParts(text);
  if (parts === undefined) yield* Object.entries(loadIndex(path, log).entries);
  else
    for (const part of parts) {
      const own = partText(text, part);
      if (mayMatter(part.name, own)) yield [part.name, parseIndex(own, path, log).entries[part.name]!];
    }
}

/** The cached index. Throws Helm's advice where there is none. */
export function cachedIndex(repository: Named, cache: string, log: Logger): RepositoryIndex {
  try {
    return loadIndex(indexPath(cache, repository.name), log);
  } catch (cause) {
    throw new Error(`no cached repo found. (try 'helm repo update'): ${(cause as Error).message}`, { cause });
  }
}

function loadIndex(path: string, log: Logger): RepositoryIndex {
  try {
    return parseIndex(readFileSync(path, 'utf8'), path, log);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `open ${path}: no such file or directory` : `error loading ${path}: ${message}`;
    throw new Error(why, { cause });
  }
}

/** The cached index, of which no more than this chart may have been read. Throws as `cachedIndex`. */
export function cachedIndexFor(name: string, repository: Named, cache: string, log: Logger): RepositoryIndex {
  try {
    const path = indexPath(cache, repository.name);
    const slice = sliceIndex(readFileSync(path, 'utf8'), name);
    if (slice !== undefined) return parseIndex(slice, path, log);
  } catch {
    // whatever is wrong is told when all is read
  }
  return cachedIndex(repository, cache, log);
}

export function removeCached(name: string, cache: string): void {
  const path = indexPath(cache, name);
  for (const file of [path, chartsPath(cache, name), validatorsPath(path)]) rmSync(file, { force: true });
}

/** The chart's version in the cached index of its repository, and the address of its archive. */
export function findInRepository(
  repository: Repository,
  name: string,
  version: string,
  cache: string,
  log: Logger,
): { entry: ChartVersion; url: string } {
  const index = cachedIndexFor(name, repository, cache, log);
  let entry: ChartVersion;
  try {
    entry = findVersion(index, name, version, log);
  } catch (cause) {
    throw new Error(
      `chart "${name}" matching ${version} not found in ${repository.name} index. (try 'helm repo update'): ${(cause as Error).message}`,
      { cause },
    );
  }
  if (entry.urls.length === 0) throw new Error(`chart "${repository.name}/${name}" has no downloadable URLs`);
  return { entry, url: resolveUrl(repository.url, entry.urls[0]!) };
}
