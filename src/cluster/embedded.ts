/** The embedded cluster in this very process: the store in the data folder with a plane over it. */
import { createPrivateKey } from 'node:crypto';
import type { ApiHandler } from '../api/http.ts';
import type { Endpoint } from '../apiserver/call.ts';
import { type Clock, realClock } from '../clock.ts';
import type { NodeSpec } from '../kubelet/start.ts';
import { type Logger, silentLog } from '../log.ts';
import { CorruptError } from '../store/journal.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/types.ts';
import { ADMIN } from './administrator.ts';
import { type Credentials, loadCredentials } from './credentials.ts';
import { folderError, pathsIn, prepareFolder } from './folders.ts';
import { as, type Plane, startPlane } from './plane.ts';
import type { Scenario } from './scenario.ts';

export interface EmbeddedOptions {
  dataDir: string;
  clock?: Clock;
  log?: Logger;
  /** How long to wait for another process that holds the store, in milliseconds; default 0: throws LockedError. */
  wait?: number;
  onWait?: (holder: { pid: number; command: string }) => void;
  signal?: AbortSignal;
  /** The simulated nodes; those of the last time where absent, three at first. */
  nodes?: NodeSpec[];
  /** What is to go wrong. */
  scenario?: Scenario;
  /** Names and addresses the server's certificate is for. */
  hosts?: string[];
  endpoint?: Endpoint;
}

export interface Embedded {
  /** Answers as the cluster's administrator. */
  handler: ApiHandler;
  plane: Plane;
  store: Store;
  credentials: Credentials;
  /** Which cluster this is, for people. */
  describe: string;
  /** Stops the plane and leaves everything on disk. */
  stop(): Promise<void>;
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { clock = realClock, log = silentLog, dataDir, nodes, scenario, endpoint, hosts = [] } = options;
  prepareFolder(dataDir);
  const store = await openStore(pathsIn(dataDir).store, { ...options, clock, log }).catch((error) =>
    tellRemedy(dataDir, error),
  );
  let plane: Plane;
  let credentials: Credentials;
  try {
    credentials = loadCredentials(dataDir, [...LOOPBACK, ...hosts], clock.now());
    plane = await startPlane({
      store,
      clock,
      log,
      nodes,
      scenario,
      endpoint,
      authority: credentials.ca,
      serviceAccountKey: createPrivateKey(credentials.serviceAccountKey),
    });
  } catch (error) {
    await store.close().catch(() => {}); // what went wrong first is told
    throw folderError(dataDir, error);
  }
  return {
    handler: as(plane.handler, ADMIN),
    plane,
    store,
    credentials,
    describe: `the embedded cluster (in this process, ${dataDir})`,
    async stop() {
      await plane.stop();
      await store.close();
    },
  };
}

function tellRemedy(dataDir: string, error: unknown): never {
  if (!(error instanceof CorruptError)) throw folderError(dataDir, error);
  const remedy = `nothing was changed; put the file back from a copy, or forget everything with 'portolan cluster reset'`;
  throw new Error(`${error.message}; ${remedy}`, { cause: error });
}
