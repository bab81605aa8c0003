/** One writer of repositories.yaml at a time. */
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { makeFolder } from '../repo/repositories.ts';
import type { RepositoryPlaces } from '../repo/repository.ts';
import { acquireLock } from '../store/lock.ts';

const WAIT = 30_000;

/** The lock stands beside Helm's own, which is advisory and of another kind. */
export async function withRepositoryLock<T>(
  { places, clock, signal }: { places: RepositoryPlaces; clock: Clock; signal?: AbortSignal },
  run: () => Promise<T>,
): Promise<T> {
  makeFolder(dirname(places.config));
  const lock = await acquireLock(`${places.config}.portolan-lock`, { clock, wait: WAIT, signal });
  try {
    return await run();
  } finally {
    lock.release();
  }
}
