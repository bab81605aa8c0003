/** Opens a store: in memory, or in a folder that one process at a time may hold. */
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { realFiles, type StoreFiles } from './files.ts';
import { CorruptError, recover } from './journal.ts';
import { acquireLock } from './lock.ts';
import { type History, MvccStore } from './mvcc.ts';
import type { Store } from './types.ts';

export const openMemoryStore = (options: { history?: History } = {}): Store => new MvccStore(options);

export interface OpenOptions {
  clock: Clock;
  log: Logger;
  history?: History;
  /** Size of the log in bytes after which a snapshot replaces it, at least; default 16 MiB. */
  snapshotBytes?: number;
  /** How long to wait for another process that holds the folder, in milliseconds; default 0. */
  wait?: number;
  /** Told once when there is somebody to wait for. */
  onWait?: (holder: { pid: number; command: string }) => void;
  signal?: AbortSignal;
  files?: StoreFiles;
}

/**
 * Opens the store in `folder`, creating it where there is none. Throws LockedError while another process holds it,
 * CorruptError when what is on disk can not be what was acknowledged.
 */
export async function openStore(folder: string, options: OpenOptions): Promise<Store> {
  const files = options.files ?? realFiles(folder);
  files.prepare();
  const lock = await acquireLock(join(folder, 'lock'), options);
  try {
    const { items, revision, journal } = recover(files, options);
    const store = new MvccStore({
      items: items.values(),
      revision,
      history: options.history,
      journal: {
        append: (kv, type) => journal.append(kv, type),
        durable: (revision) => journal.durable(revision),
        close: () => journal.close().finally(() => lock.release()),
      },
    });
    journal.source = store;
    return store;
  } catch (error) {
    lock.release();
    throw error instanceof CorruptError ? new CorruptError(join(folder, error.file), error.why) : error;
  }
}
