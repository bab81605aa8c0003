/** Prepares the user's folders and adds the repository that comes with Portolan under the name people know, `stable`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { loadRepositories, newRepository } from '../repo/repositories.ts';
import type { RepositoryPlaces } from '../repo/repository.ts';
import { addRepository } from './repo-add.ts';

export const BUNDLED = 'stable';

export interface InitOptions {
  places: RepositoryPlaces;
  /** Folders made where they are missing. */
  folders: string[];
  /** The folder of the repository that is bundled. */
  bundled: string;
  clock: Clock;
  log: Logger;
}

export interface Initialized {
  created: string[];
  /** `kept`: the user has another repository of that name. */
  repository: 'added' | 'present' | 'kept';
  url: string;
}

export async function initHome(options: InitOptions): Promise<Initialized> {
  const { places, folders, clock, log } = options;
  const created = [...new Set([...folders, places.cache, places.content, dirname(places.config)])].filter(
    (folder) => mkdirSync(folder, { recursive: true }) !== undefined,
  );
  const url = pathToFileURL(options.bundled).href;
  const known = loadRepositories(places.config).find(({ name }) => name === BUNDLED);
  if (known !== undefined) return { created, repository: known.url === url ? 'present' : 'kept', url: known.url };
  await addRepository(newRepository(BUNDLED, url), { places, clock, log });
  return { created, repository: 'added', url };
}
