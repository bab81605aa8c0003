/** The dependencies of a chart that lie in repositories and registries: their names, versions and archives. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Dependency } from '../chart/chart.ts';
import { isOci, parseReference } from '../registry/reference.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { compareVersions, tryVersion } from '../semver/version.ts';
import { type FetchedArchive, fetchArchive, keepArchive, keptArchive } from './archive-cache.ts';
import { checkProtocol, type DownloadOptions, resolveUrl } from './download.ts';
import type { ChartVersion, RepositoryIndex } from './index-file.ts';
import { loadRepositories, newRepository, type Repository } from './repositories.ts';
import { cachedIndexFor, downloadOptions, indexPath, updateIndex } from './repository.ts';
import { type ChartSource, findSource, type SourceOptions } from './source.ts';

export interface RemoteOptions extends SourceOptions {
  print(line: string): void;
  /** `--verify`: the keyring that must know who signed an archive. */
  keyring?: string;
  /** With a keyring: takes archives that are not signed. */
  mayBeUnsigned?: boolean;
  /** Asks nobody: what was fetched before is used, and what was not is missing. */
  offline?: boolean;
}

export interface RemoteDependencies {
  /** Aliases of repositories become their addresses. Throws where a repository is not known. */
  resolveNames(dependencies: readonly Dependency[]): Dependency[];
  /** Fetches the newest indexes; prints as Helm does. */
  refresh(dependencies: readonly Dependency[], options: { skip: boolean; locked: boolean }): Promise<void>;
  /** The newest version within the dependency's range; undefined where there is none. */
  resolve(dependency: Dependency): Promise<string | undefined>;
  /** The archive's address; it is what tells one archive from another. */
  find(dependency: Dependency): Promise<ChartSource>;
  fetch(source: ChartSource): Promise<FetchedArchive>;
}

export function remoteDependencies(options: RemoteOptions): RemoteDependencies {
  const { places, log, print } = options;
  const known = loadRepositories(places.config);
  const indexes = new Map<string, RepositoryIndex>();
  const indexOf = (repository: Repository, chart: string): RepositoryIndex => {
    const key = `${repository.name}/${chart}`;
    const index = indexes.get(key) ?? cachedIndexFor(chart, repository, places.cache, log);
    indexes.set(key, index);
    return index;
  };
  const ownerOf = (url: string) => known.find((repository) => isSameUrl(repository.url, url));
  const repositoryAt = (url: string) => ownerOf(url) ?? newRepository(managedName(url), url);

  return {
    resolveNames: (dependencies) => resolveNames(dependencies, known),

    async refresh(dependencies, { skip, locked }) {
      const remote = dependencies.map(({ repository = '' }) => repository).filter(isHttp);
      const strangers = [...new Set(remote)].filter((url) => ownerOf(url) === undefined);
      if (locked && strangers.length > 0)
        throw new Error(
          `no repository definition for ${strangers.join(', ')}. Please add the missing repos via 'helm repo add'`,
        );
      if (skip || options.offline) return;
      if (strangers.length > 0) {
        print('Getting updates for unmanaged Helm repositories...');
        await updateAll(strangers.map(repositoryAt), options);
      }
      if (known.length === 0) return;
      print('Hang tight while we grab the latest from your chart repositories...');
      await updateAll(known, options);
      print('Update Complete. ⎈Happy Helming!⎈');
    },

    async resolve(dependency) {
      const { name, version = '', repository: url = '' } = dependency;
      if (isOci(url)) return resolveOci(dependency, options);
      const repository = repositoryAt(url);
      if (!existsSync(indexPath(places.cache, repository.name)))
        throw new Error(
          `no cached repository for ${repository.name} found. (try 'helm repo update'): open ${indexPath(places.cache, repository.name)}: no such file or directory`,
        );
      const { entries } = indexOf(repository, name);
      if (!Object.hasOwn(entries, name)) throw new Error(`${name} chart not found in repo ${url}`);
      return newestWithin(entries[name]!, version);
    },

    async find({ name, version = '', repository: url = '' }) {
      if (isOci(url)) return { url: `${url}/${name}:${version}`, options: downloadsOf(options) };
      const owner = ownerOf(url);
      if (owner !== undefined) return sourceIn(indexOf(owner, name), owner, name, version);
      if (existsSync(indexPath(places.cache, managedName(url)))) {
        const stranger = repositoryAt(url);
        return sourceIn(indexOf(stranger, name), stranger, name, version);
      }
      if (options.offline) throw new Error(`no cached repository for ${url} found, and offline none is fetched`);
      try {
        return await findSource(name, { places, log, version, repoUrl: url });
      } catch (cause) {
        throw new Error(`could not find : chart ${name} not found in ${url}: ${(cause as Error).message}`, { cause });
      }
    },

    fetch: (source) => fetchVerified(source, options),
  };
}

function resolveNames(dependencies: readonly Dependency[], known: readonly Repository[]): Dependency[] {
  const missing: string[] = [];
  const resolved = dependencies.map((dependency) => {
    const { repository = '' } = dependency;
    if (repository === '' || repository.startsWith('file://') || isOci(repository)) return dependency;
    const alias = /^(?:@|alias:)(.*)$/.exec(repository)?.[1];
    const named = alias === undefined ? undefined : known.find(({ name }) => name === alias);
    if (named !== undefined) return { ...dependency, repository: named.url };
    if (!isHttp(repository) && !repository.startsWith('/')) missing.push(repository);
    return dependency;
  });
  if (missing.length > 0) throw unknownRepositories(missing);
  return resolved;
}

function unknownRepositories(missing: readonly string[]): Error {
  const hint = missing.some((repository) => !/^@|^alias:|\/\//.test(repository))
    ? `
Note that repositories must be URLs or aliases. For example, to refer to the "example"
repository, use "https://charts.example.com/" or "@example" instead of
"example". Don't forget to add the repo, too ('helm repo add').`
    : '';
  return new Error(`no repository definition for ${missing.join(', ')}. Please add them via 'helm repo add'${hint}`);
}

const isHttp = (repository: string): boolean =>
  /^[a-z][a-z0-9+.-]*:/i.test(repository) && !/^(?:file|oci):\/\//.test(repository);

/** As Helm names the cached index of a repository that was never added. */
const managedName = (url: string): string => `helm-manager-${createHash('sha256').update(url).digest('hex')}`;

const isSameUrl = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '');

/** A repository that cannot be reached is told, and does not matter until its index is needed. */
async function updateAll(repositories: readonly Repository[], options: RemoteOptions): Promise<void> {
  for (const { url } of repositories) await checkProtocol(url, options);
  const unique = new Map(repositories.map((repository) => [repository.url.replace(/\/$/, ''), repository]));
  await Promise.all(
    [...unique.values()].map(async (repository) => {
      const isManaged = repository.name.startsWith('helm-manager-');
      const shown = JSON.stringify(isManaged ? repository.url : repository.name);
      try {
        const { log, signal, getter, variables, clock } = options;
        await updateIndex(repository, options.places.cache, { log, signal, getter, variables, clock });
        options.print(`...Successfully got an update from the ${shown} chart repository`);
      } catch (error) {
        const where = isManaged ? '' : ` (${repository.url})`;
        options.print(
          `...Unable to get an update from the ${shown} chart repository${where}:\n\t${(error as Error).message}`,
        );
      }
    }),
  );
}

function newestWithin(versions: readonly ChartVersion[], range: string): string | undefined {
  const constraint = parseConstraint(range);
  return versions.find((entry) => {
    const version = tryVersion(entry.version);
    return version !== undefined && entry.urls.length > 0 && satisfies(version, constraint);
  })?.version;
}

async function resolveOci({ name, version = '', repository = '' }: Dependency, options: RemoteOptions) {
  const constraint = parseConstraint(version);
  const exact = tryVersion(version);
  if (exact !== undefined) return version;
  if (options.offline)
    throw new Error(
      `the versions of ${repository}/${name} cannot be listed offline: ask for one, not for ${JSON.stringify(version)}`,
    );
  const { listOciVersions } = await import('./oci.ts');
  try {
    const versions = await listOciVersions(parseReference(`${repository}/${name}`), downloadsOf(options));
    // As Helm: where no tag fits, the version stays as it is declared.
    return versions.find((candidate) => satisfies(candidate, constraint))?.original ?? version;
  } catch (cause) {
    throw new Error(`could not retrieve list of tags for repository ${repository}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function sourceIn(index: RepositoryIndex, repository: Repository, name: string, version: string): ChartSource {
  if (!Object.hasOwn(index.entries, name)) throw new Error('could not find : entry not found');
  const entry = index.entries[name]!.find(
    (candidate) => candidate.urls.length > 0 && (version === '' || isSameVersion(candidate.version, version)),
  );
  if (entry === undefined) throw new Error('could not find : no matching version');
  return {
    url: resolveUrl(repository.url, entry.urls[0]!),
    digest: entry.digest,
    options: downloadOptions(repository),
  };
}

function isSameVersion(a: string, b: string): boolean {
  const [x, y] = [tryVersion(a), tryVersion(b)];
  return x === undefined || y === undefined ? a === b : compareVersions(x, y) === 0;
}

function fetchedBefore(source: ChartSource, options: RemoteOptions): FetchedArchive {
  const kept = keptArchive(source, options.places.content);
  if (kept === undefined) throw new Error('it was not fetched before, and offline it cannot be');
  if (options.keyring !== undefined && kept.provenance === undefined) {
    if (!options.mayBeUnsigned) throw new Error('its provenance was not fetched before, and offline it cannot be');
    options.print(`WARNING: Verification not found for ${source.url}: it was not fetched before`);
  }
  return kept;
}

async function fetchVerified(source: ChartSource, options: RemoteOptions): Promise<FetchedArchive> {
  const { keyring, places, print } = options;
  try {
    // As Helm: that no tag fits the range is told only now.
    if (isOci(source.url)) await checkTag(source);
    const fetched = options.offline
      ? fetchedBefore(source, options)
      : await fetchArchive(source, {
          content: places.content,
          provenance: keyring !== undefined && (options.mayBeUnsigned ? 'optional' : true),
          onMissing: (reason) => print(`WARNING: Verification not found for ${source.url}: ${reason}`),
        });
    if (!options.offline) keepArchive(source, fetched, places.content);
    if (keyring !== undefined && fetched.provenance !== undefined) {
      const { verifyArchive } = await import('../provenance/verify.ts');
      await verifyArchive(fetched.bytes, fetched.provenance, fetched.fileName, keyring);
    }
    return fetched;
  } catch (cause) {
    const url = isOci(source.url) ? source.url.replace(/:[^:/]*$/, '') : source.url;
    throw new Error(`could not download ${url}: ${(cause as Error).message}`, { cause });
  }
}

async function checkTag({ url, options }: ChartSource): Promise<void> {
  const colon = url.lastIndexOf(':');
  const { findOciSource } = await import('./oci.ts');
  await findOciSource(url.slice(0, colon), url.slice(colon + 1), options);
}

const downloadsOf = ({
  places: _,
  log: __,
  print: ___,
  keyring: ____,
  mayBeUnsigned: _____,
  version: ______,
  repoUrl: _______,
  ...rest
}: RemoteOptions): DownloadOptions => rest;
