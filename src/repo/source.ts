/** From what the user calls a chart that is not on this disk to the address of its archive, and who may fetch it. */
import type { Logger } from '../log.ts';
import { isOci } from '../registry/reference.ts';
import { checkProtocol, type DownloadOptions, download, resolveUrl } from './download.ts';
import { type ChartVersion, findVersion, parseIndex, type RepositoryIndex } from './index-file.ts';
import { findOciSource } from './oci.ts';
import { loadRepositories, type Repository } from './repositories.ts';
import { cachedIndex, downloadOptions, findInRepository, type RepositoryPlaces } from './repository.ts';

export interface SourceOptions extends DownloadOptions {
  places: RepositoryPlaces;
  /** A version or a constraint; '' is the newest. */
  version?: string;
  /** `--repo`: the address of a repository that need not be added. */
  repoUrl?: string;
  log: Logger;
}

export interface ChartSource {
  /** `http(s)://`, `file://`, or `oci://` with a tag or a digest. */
  url: string;
  /** SHA-256 of the archive, where the index tells it. */
  digest?: string;
  options: DownloadOptions;
}

/** Throws Helm's words. */
export async function findSource(reference: string, options: SourceOptions): Promise<ChartSource> {
  const { repoUrl = '', version = '' } = options;
  const common = commonOptions(options);
  if (repoUrl === '' && isOci(reference))
    return { url: await findOciSource(reference, version, common), options: common };
  // As Helm: what an index has in a registry is fetched without a word.
  const silent = { ...options, onPulled: undefined };
  return repoUrl === '' ? fromRepositories(reference, silent) : fromRepositoryUrl(reference, repoUrl, silent);
}

/** An address, or `repo/name`. */
function fromRepositories(reference: string, options: SourceOptions): ChartSource {
  const { version = '', places, log } = options;
  const repositories = loadRepositories(places.config);
  if (/^[a-z][a-z0-9+.-]*:\/\/./i.test(reference))
    return { url: reference, options: optionsOfOwner(reference, repositories, options) };
  const { repository, chart } = splitReference(reference, repositories);
  const { entry, url } = findInRepository(repository, chart, version, places.cache, log);
  return { url, digest: entry.digest, options: downloadOptions(repository, commonOptions(options)) };
}

function splitReference(name: string, repositories: Repository[]): { repository: Repository; chart: string } {
  const slash = name.replace(/:\/\/$/, ':').indexOf('/');
  if (slash < 0)
    throw new Error(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name.replace(/\/+$/, '')}`);
  const repository = repositories.find((candidate) => candidate.name === name.slice(0, slash));
  if (repository === undefined) throw new Error(`repo ${name.slice(0, slash)} not found`);
  if (repository.url === '') throw new Error(`no URL found for repository ${repository.name}`);
  return { repository, chart: name.slice(slash + 1) };
}

/** As Helm: the repository that lists the address lends its credentials to it, on its own host. */
function optionsOfOwner(url: string, repositories: Repository[], options: SourceOptions): DownloadOptions {
  const common = commonOptions(options);
  const owner = repositories
    .filter(isPrivate)
    .find((repository) => lists(cachedIndex(repository, options.places.cache, options.log), url));
  return owner === undefined ? common : downloadOptions(owner, common);
}

/** Only then does it matter whose the address is. */
const isPrivate = ({ username, certFile, keyFile, caFile }: Repository): boolean =>
  [username, certFile, keyFile, caFile].some((text) => text !== '');

const lists = ({ entries }: RepositoryIndex, url: string): boolean =>
  Object.values(entries).some((versions) => versions.some(({ urls }) => urls.includes(url)));

async function fromRepositoryUrl(name: string, repoUrl: string, options: SourceOptions): Promise<ChartSource> {
  const { version = '', log } = options;
  const downloads = { ...commonOptions(options), owner: repoUrl };
  await checkProtocol(repoUrl, downloads);
  const index = await fetchIndex(repoUrl, { ...downloads, log });
  const what = version === '' ? `chart "${name}"` : `chart "${name}" version "${version}"`;
  let entry: ChartVersion;
  try {
    entry = findVersion(index, name, version, log);
  } catch (cause) {
    throw new Error(`${what} not found in ${repoUrl} repository`, { cause });
  }
  if (entry.urls.length === 0) throw new Error(`${what} has no downloadable URLs`);
  return { url: resolveUrl(repoUrl, entry.urls[0]!), digest: entry.digest, options: downloads };
}

async function fetchIndex(repoUrl: string, options: DownloadOptions & { log: Logger }): Promise<RepositoryIndex> {
  try {
    const bytes = await download(resolveUrl(repoUrl, 'index.yaml'), options);
    return parseIndex(new TextDecoder().decode(bytes), repoUrl, options.log);
  } catch (cause) {
    throw new Error(
      `looks like "${repoUrl}" is not a valid chart repository or cannot be reached: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** What was given for the download alone; what is empty was not given. */
function commonOptions({ places: _, version: __, repoUrl: ___, log: ____, ...rest }: SourceOptions): DownloadOptions {
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== ''));
}
