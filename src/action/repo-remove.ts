/** Takes repositories off the user's list and their indexes out of the cache. */
import type { Clock } from '../clock.ts';
import { readableRepositories, saveRepositories } from '../repo/repositories.ts';
import { type RepositoryPlaces, removeCached } from '../repo/repository.ts';
import { withRepositoryLock } from './repo-lock.ts';

/** Tells each one that is gone; throws Helm's words at the first that is not there. */
export async function removeRepositories(
  names: string[],
  options: { places: RepositoryPlaces; clock: Clock; onRemoved(name: string): void },
): Promise<void> {
  const { config, cache } = options.places;
  await withRepositoryLock(options, async () => {
    let known = readableRepositories(config);
    if (known.length === 0) throw new Error('no repositories configured');
    for (const name of names) {
      if (!known.some((repository) => repository.name === name)) throw new Error(`no repo named "${name}" found`);
      known = known.filter((repository) => repository.name !== name);
      saveRepositories(config, known);
      removeCached(name, cache);
      options.onRemoved(name);
    }
  });
}
