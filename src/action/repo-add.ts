/** Adds a repository to the user's list once its index could be read. */
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { checkProtocol, type DownloadOptions } from '../repo/download.ts';
import { loadRepositories, type Repository, saveRepositories } from '../repo/repositories.ts';
import { type RepositoryPlaces, updateIndex } from '../repo/repository.ts';
import { withRepositoryLock } from './repo-lock.ts';

export interface RepoAddOptions extends Pick<DownloadOptions, 'getter' | 'variables'> {
  places: RepositoryPlaces;
  /** Replaces a repository of this name. */
  forceUpdate?: boolean;
  allowDeprecated?: boolean;
  timeout?: number;
  clock: Clock;
  log: Logger;
  signal?: AbortSignal;
}

const DEPRECATED: Record<string, string> = {
  '//kubernetes-charts.storage.googleapis.com': 'https://charts.helm.sh/stable',
  '//kubernetes-charts-incubator.storage.googleapis.com': 'https://charts.helm.sh/incubator',
};

/** Answers whether it was added; false: it was there already, the same. Throws Helm's words. */
export async function addRepository(repository: Repository, options: RepoAddOptions): Promise<boolean> {
  const { name, url } = repository;
  const gone = Object.keys(DEPRECATED).find((old) => url.includes(old));
  if (gone !== undefined && !options.allowDeprecated)
    throw new Error(`repo "${url}" is no longer available; try "${DEPRECATED[gone]}" instead`);
  return withRepositoryLock(options, async () => {
    const { config, cache } = options.places;
    const known = loadRepositories(config);
    if (name.includes('/'))
      throw new Error(`repository name (${name}) contains '/', please specify a different name without '/'`);
    const existing = known.find((candidate) => candidate.name === name);
    if (existing !== undefined && !options.forceUpdate) {
      if (isSame(existing, repository)) return false;
      throw new Error(`repository name (${name}) already exists, please specify a different name`);
    }
    await checkProtocol(url, options);
    await updateIndex(repository, cache, options).catch((cause: Error) => {
      throw new Error(`looks like "${url}" is not a valid chart repository or cannot be reached: ${cause.message}`, {
        cause,
      });
    });
    const at = existing === undefined ? known.length : known.indexOf(existing);
    saveRepositories(config, known.toSpliced(at, 1, repository));
    return true;
  });
}

const isSame = (a: Repository, b: Repository): boolean =>
  (Object.keys(b) as (keyof Repository)[]).every((field) => a[field] === b[field]);
