/** From what the user calls a chart (a path, `repo/name`, an address) to a path that can be loaded. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Logger } from '../log.ts';
import { type DownloadOptions, download, resolveUrl } from './download.ts';
import { findVersion, parseIndex } from './index-file.ts';
import { loadRepositories, type Repository } from './repositories.ts';
import { downloadOptions, fetchArchive, findInRepository, type RepositoryPlaces } from './repository.ts';

export interface LocateOptions extends DownloadOptions {
  places: RepositoryPlaces;
  /** The folder that relative paths are seen from. */
  directory: string;
  /** A version or a constraint; '' is the newest. */
  version?: string;
  /** `--repo`: the address of a repository that need not be added. */
  repoUrl?: string;
  log: Logger;
}

/** Throws Helm's words. */
export async function locateChart(reference: string, options: LocateOptions): Promise<string> {
  const name = reference.trim();
  const { directory, repoUrl = '', version = '', places } = options;
  if (repoUrl !== '') return fromRepositoryUrl(name, repoUrl, version, options);
  const path = resolve(directory, name);
  if (name !== '' && existsSync(path)) return path;
  if (isAbsolute(name) || name.startsWith('.')) throw new Error(`path "${name}" not found`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return fromUrl(name, options);
  const { repository, chart } = splitReference(name, loadRepositories(places.config));
  const { entry, url } = findInRepository(repository, chart, version.trim(), places.cache, options.log);
  return fetchArchive(url, entry.digest, places.content, downloadOptions(repository, commonOptions(options)));
}

export function splitReference(name: string, repositories: Repository[]): { repository: Repository; chart: string } {
  const slash = name.indexOf('/');
  if (slash < 0) throw new Error(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name}`);
  const repository = repositories.find((candidate) => candidate.name === name.slice(0, slash));
  if (repository === undefined) throw new Error(`repo ${name.slice(0, slash)} not found`);
  if (repository.url === '') throw new Error(`no URL found for repository ${repository.name}`);
  return { repository, chart: name.slice(slash + 1) };
}

async function fromUrl(url: string, options: LocateOptions): Promise<string> {
  return fetchArchive(url, undefined, options.places.content, commonOptions(options));
}

async function fromRepositoryUrl(
  name: string,
  repoUrl: string,
  version: string,
  options: LocateOptions,
): Promise<string> {
  const common = { ...commonOptions(options), owner: repoUrl };
  const indexUrl = resolveUrl(repoUrl, 'index.yaml');
  let text: string;
  try {
    text = new TextDecoder().decode(await download(indexUrl, common));
  } catch (cause) {
    throw new Error(
      `looks like "${repoUrl}" is not a valid chart repository or cannot be reached: ${(cause as Error).message}`,
      { cause },
    );
  }
  const index = parseIndex(text, repoUrl, options.log);
  const what = version === '' ? `chart "${name}"` : `chart "${name}" version "${version}"`;
  let entry: ReturnType<typeof findVersion>;
  try {
    entry = findVersion(index, name, version, options.log);
  } catch (cause) {
    throw new Error(`${what} not found in ${repoUrl} repository`, { cause });
  }
  if (entry.urls.length === 0) throw new Error(`${what} has no downloadable URLs`);
  return fetchArchive(resolveUrl(repoUrl, entry.urls[0]!), entry.digest, options.places.content, common);
}

const commonOptions = ({
  places: _,
  directory: __,
  version: ___,
  repoUrl: ____,
  log: _____,
  ...rest
}: LocateOptions): DownloadOptions =>
  Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== ''));
