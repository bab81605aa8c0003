/** Fetches the newest indexes of the user's repositories, all at once. */
import type { Logger } from '../log.ts';
import type { DownloadOptions } from '../repo/download.ts';
import { loadRepositories, type Repository } from '../repo/repositories.ts';
import { type RepositoryPlaces, updateIndex } from '../repo/repository.ts';

export interface RepoUpdateOptions extends Pick<DownloadOptions, 'getter' | 'variables' | 'clock'> {
  places: RepositoryPlaces;
  /** Those to update; all where empty. */
  names: string[];
  timeout?: number;
  log: Logger;
  signal?: AbortSignal;
  /** Told before the first download. */
  onStart(): void;
  /** Told as each one ends. */
  onDone(repository: Repository, error?: Error): void;
}

/** Throws Helm's words, after all were tried. */
export async function updateRepositories(options: RepoUpdateOptions): Promise<void> {
  const { names, places } = options;
  const known = loadKnown(places.config);
  if (known.length === 0) throw new Error('no repositories found. You must add one before updating');
  const unknown = names.find((name) => !known.some((repository) => repository.name === name));
  if (unknown !== undefined) throw new Error(`no repositories found matching '${unknown}'.  Nothing will be updated`);
  const wanted = known.filter(({ name }) => names.length === 0 || names.includes(name));
  options.onStart();
  const failed: string[] = [];
  await Promise.all(
    wanted.map(async (repository) => {
      const error = await updateIndex(repository, places.cache, options).then(
        () => undefined,
        (reason: Error) => reason,
      );
      if (error !== undefined) failed.push(repository.url);
      options.onDone(repository, error);
    }),
  );
  if (failed.length > 0) throw new Error(`failed to update the following repositories: [${failed.join(' ')}]`);
}

function loadKnown(path: string): Repository[] {
  try {
    return loadRepositories(path);
  } catch (cause) {
    throw new Error(`failed loading file: ${path}: ${(cause as Error).message}`, { cause });
  }
}
