/** The control plane assembled: a store, the API server over it, and the controllers, scheduler and nodes as its clients. */
import type { ApiHandler, UserInfo } from '../api/http.ts';
import { createApiServer } from '../apiserver/server.ts';
import { createClient } from '../client/create-client.ts';
import { createInformers, untilQuiet } from '../client/informers.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { startControllers } from '../controller/start.ts';
import { type NodeSpec, startKubelet } from '../kubelet/start.ts';
import type { Logger } from '../log.ts';
import { startScheduler } from '../scheduler/start.ts';
import type { Store } from '../store/types.ts';

export interface PlaneOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  /** The simulated nodes; one where absent. */
  nodes?: NodeSpec[];
  /** PEM text of the authority that pods are to trust. */
  authority?: string;
}

export interface Plane {
  /** Serves whoever `user` of the request says it is. */
  handler: ApiHandler;
  /** A client that may do everything. */
  client: Client;
  /** Resolves when no controller, scheduler or node has work left but to wait for time to pass. */
  settled(): Promise<void>;
  /** Ends everything but the store. */
  stop(): Promise<void>;
}

export const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const SYSTEM: UserInfo = { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] };

const DEFAULT_NODES: NodeSpec[] = [{ name: 'portolan' }];

export async function startPlane(options: PlaneOptions): Promise<Plane> {
  const { store, clock, log, nodes = DEFAULT_NODES, authority } = options;
  const server = createApiServer({ store, clock, log, podLogs: (...request) => kubelet.podLogs(...request) });
  const client = createClient(as(server.handler, SYSTEM));
  const informers = createInformers({ client, clock });
  const shared = { client, clock, log, informers };
  const kubelet = startKubelet({ ...shared, nodes });
  const scheduler = startScheduler(shared);
  const controllers = startControllers({ ...shared, authority });
  const parts = [controllers, scheduler, kubelet];
  await Promise.all(parts.map((part) => part.ready));
  return {
    handler: server.handler,
    client,
    settled: () => untilQuiet(() => parts.every((part) => part.idle)),
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
      await informers.stop();
      server.stop();
    },
  };
}

/** The handler with `user` as the one who asks. */
export const as =
  (handler: ApiHandler, user: UserInfo): ApiHandler =>
  (request) =>
    handler({ ...request, user });
