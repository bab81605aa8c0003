/** The embedded cluster in this very process: the store in the data folder with a plane over it. */
import type { ApiHandler } from '../api/http.ts';
import { type Clock, realClock } from '../clock.ts';
import { type Logger, silentLog } from '../log.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/types.ts';
import { pathsIn } from './folders.ts';
import { ADMIN, as, type Plane, startPlane } from './plane.ts';

export interface EmbeddedOptions {
  dataDir: string;
  clock?: Clock;
  log?: Logger;
  /** How long to wait for another process that holds the store, in milliseconds; default 0: throws LockedError. */
  wait?: number;
  onWait?: (holder: { pid: number; command: string }) => void;
  signal?: AbortSignal;
}

export interface Embedded {
  /** Answers as the cluster's administrator. */
  handler: ApiHandler;
  plane: Plane;
  store: Store;
  /** Which cluster this is, for people. */
  describe: string;
  /** Stops the plane and leaves everything on disk. */
  stop(): Promise<void>;
}

export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { clock = realClock, log = silentLog, dataDir } = options;
  const store = await openStore(pathsIn(dataDir).store, { ...options, clock, log });
  let plane: Plane;
  try {
    plane = await startPlane({ store, clock, log });
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    handler: as(plane.handler, ADMIN),
    plane,
    store,
    describe: `the embedded cluster (in this process, ${dataDir})`,
    async stop() {
      await plane.stop();
      await store.close();
    },
  };
}
