/** The embedded cluster behind a socket: what `cluster start` runs in the background. */
import { isIPv4 } from 'node:net';
import { type Clock, realClock } from '../clock.ts';
import type { NodeSpec } from '../kubelet/start.ts';
import { type Logger, silentLog } from '../log.ts';
import { otherHosts, reachableHost } from './addresses.ts';
import { ADMIN } from './administrator.ts';
import { type Credentials, isSameToken } from './credentials.ts';
import { openEmbedded } from './embedded.ts';
import { pathsIn, writePrivate } from './folders.ts';
import { listen } from './listen.ts';
import type { Scenario } from './scenario.ts';
import { readServerState, type ServerState } from './server-state.ts';

export interface ServeOptions {
  dataDir: string;
  /** Default 127.0.0.1; anything else lets other machines in. */
  host?: string;
  /** Default: that of the last time while it is free, else any. */
  port?: number;
  nodes?: NodeSpec[];
  scenario?: Scenario;
  clock?: Clock;
  log?: Logger;
}

export interface Served {
  state: ServerState;
  credentials: Credentials;
  stop(): Promise<void>;
}

/** Resolves once it listens. Throws where another process holds `dataDir`, or where the port is taken. */
export async function serveCluster(options: ServeOptions): Promise<Served> {
  const { dataDir, host = '127.0.0.1', clock = realClock, log = silentLog, nodes, scenario } = options;
  const address = reachableHost(host);
  const endpoint = {
    address: isIPv4(address) ? address : '127.0.0.1', // as the Service that it is for
    port: options.port ?? (lastPort(dataDir) || DEFAULT_PORT),
  };
  const cluster = await openEmbedded({ dataDir, clock, log, nodes, scenario, endpoint, hosts: otherHosts(host) });
  const { credentials, plane, store } = cluster;
  try {
    const listener = await listenSomewhere(options.port, lastPort(dataDir), (port) =>
      listen({
        handler: plane.handler,
        host,
        port,
        tls: { ...credentials.server, ca: credentials.ca.cert },
        userOfToken: (token) => (isSameToken(token, credentials.token) ? ADMIN : plane.userOfToken(token)),
        durable: (revision) => store.durable(revision),
        log,
      }),
    );
    const state = {
      pid: process.pid,
      url: listener.url,
      port: listener.port,
      started: new Date(clock.now()).toISOString(),
    };
    writePrivate(pathsIn(dataDir).server, JSON.stringify(state));
    return {
      state,
      credentials,
      async stop() {
        await listener.close();
        await cluster.stop();
        writePrivate(pathsIn(dataDir).server, JSON.stringify({ ...state, pid: 0 }));
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** What a client of a real cluster would expect, told while no port was ever taken. */
const DEFAULT_PORT = 6443;

/** The port that was asked for must be had; the last one is only a wish, so that written kubeconfigs stay right. */
async function listenSomewhere<T>(
  asked: number | undefined,
  last: number,
  listenOn: (port: number) => Promise<T>,
): Promise<T> {
  if (asked !== undefined) return listenOn(asked);
  try {
    return await listenOn(last);
  } catch (error) {
    if (last === 0) throw error;
    return listenOn(0);
  }
}

const lastPort = (dataDir: string) => readServerState(dataDir)?.port ?? 0;
