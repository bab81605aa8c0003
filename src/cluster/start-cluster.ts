/** A control plane for programs and their tests: in memory or on disk, isolated from others of the same process. */
import type { ApiHandler, WatchEvent } from '../api/http.ts';
import { cloneJson } from '../api/json.ts';
import { createClient } from '../client/create-client.ts';
import type { Client } from '../client/types.ts';
import { type Clock, realClock } from '../clock.ts';
import type { NodeSpec } from '../kubelet/start.ts';
import { type Logger, silentLog } from '../log.ts';
import { openMemoryStore } from '../store/store.ts';
import { ADMIN } from './administrator.ts';
import { advanceClock } from './advance.ts';
import { createCredentials, isSameToken } from './credentials.ts';
import type { Embedded } from './embedded.ts';
import { nodeSpecs } from './nodes.ts';
import { as, startPlane } from './plane.ts';
import type { Scenario } from './scenario.ts';

export interface StartClusterOptions {
  /** Where the cluster keeps its data; in memory alone where absent. */
  dataDir?: string;
  /** A ManualClock makes `advance` possible. */
  clock?: Clock;
  log?: Logger;
  /** How many simulated nodes, or which; three where absent, or those that `dataDir` knows. */
  nodes?: number | NodeSpec[];
  /** What is to go wrong, in pods, nodes and the API. Requests by `client` are spared. */
  scenario?: Scenario;
}

export interface Cluster {
  /** For clients that the scenario does not spare. What it answers is the caller's own, to change and send back. */
  handler: ApiHandler;
  /** May do everything, and answers as the handler does. */
  client: Client;
  /** Resolves when the control plane has nothing left to do that does not wait for time to pass. */
  settled(): Promise<void>;
  /** Skips time on a manual clock: `10m`, or milliseconds. What falls due on the way happens at its very time. */
  advance(by: string | number): Promise<void>;
  /** A kubeconfig for clients of other processes. The first call opens a port on the loopback. */
  kubeconfig(): Promise<string>;
  stop(): Promise<void>;
}

/** Resolves when its nodes have registered. Throws for a scenario that makes no sense, or where another process holds `dataDir`. */
export async function startCluster(options: StartClusterOptions = {}): Promise<Cluster> {
  const { clock = realClock, log = silentLog } = options;
  const embedded = await open(options, clock, log);
  const { plane } = embedded;
  let door: Promise<Door> | undefined;
  return {
    handler: withCopies(embedded.handler),
    client: createClient(withCopies(plane.client.handler)),
    settled: plane.settled,
    advance: (by) => advanceClock(clock, { by, settled: plane.settled }),
    kubeconfig: async () => {
      door ??= openDoor(embedded, log);
      return (await door).kubeconfig;
    },
    async stop() {
      const opened = await door?.catch(() => undefined);
      await opened?.close();
      await embedded.stop();
    },
  };
}

/** In one process the server's answers are its own objects: whoever changed one would change the cluster unseen. */
const withCopies =
  (handler: ApiHandler): ApiHandler =>
  async (request) => {
    const response = await handler(request);
    const { body } = response;
    if (body.type === 'object') return { ...response, body: { ...body, object: cloneJson(body.object) } };
    if (body.type === 'watch') return { ...response, body: { ...body, events: copiesOf(body.events) } };
    return response;
  };

async function* copiesOf(events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
  for await (const event of events) yield { ...event, object: cloneJson(event.object) };
}

type Running = Pick<Embedded, 'handler' | 'plane' | 'store' | 'credentials' | 'stop'>;

async function open({ dataDir, nodes, scenario }: StartClusterOptions, clock: Clock, log: Logger): Promise<Running> {
  const specs = typeof nodes === 'number' ? nodeSpecs(nodes) : nodes;
  if (dataDir !== undefined) {
    const { openEmbedded } = await import('./embedded.ts');
    return openEmbedded({ dataDir, clock, log, nodes: specs, scenario });
  }
  // Certificates are for now, whatever the cluster's clock shows: clients check them by theirs.
  const credentials = createCredentials(['localhost', '127.0.0.1'], realClock.now());
  const store = openMemoryStore();
  try {
    const plane = await startPlane({ store, clock, log, nodes: specs, scenario, authority: credentials.ca });
    const stop = async () => {
      await plane.stop();
      await store.close();
    };
    return { handler: as(plane.handler, ADMIN), plane, store, credentials, stop };
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Door {
  kubeconfig: string;
  close(): Promise<void>;
}

async function openDoor({ plane, store, credentials }: Running, log: Logger): Promise<Door> {
  const { kubeconfigFor } = await import('./kubeconfig-entry.ts');
  const { listen } = await import('./listen.ts');
  const { url, close } = await listen({
    handler: plane.handler,
    host: '127.0.0.1',
    port: 0,
    tls: { ...credentials.server, ca: credentials.ca.cert },
    userOfToken: (token) => (isSameToken(token, credentials.token) ? ADMIN : plane.userOfToken(token)),
    durable: (revision) => store.durable(revision),
    log,
  });
  return { kubeconfig: kubeconfigFor({ server: url, ca: credentials.ca.cert, ...credentials.admin }), close };
}
