/** The control plane assembled: a store, the API server over it, and the controllers, scheduler and nodes as its clients. */
import type { ApiHandler, UserInfo } from '../api/http.ts';
import type { PodLogs } from '../apiserver/call.ts';
import { createApiServer } from '../apiserver/server.ts';
import { createClient } from '../client/create-client.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { startControllers } from '../controller/start.ts';
import { startKubelet } from '../kubelet/start.ts';
import type { Logger } from '../log.ts';
import { startScheduler } from '../scheduler/start.ts';
import type { Store } from '../store/types.ts';

export interface PlaneOptions {
  store: Store;
  clock: Clock;
  log: Logger;
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

export async function startPlane({ store, clock, log }: PlaneOptions): Promise<Plane> {
  const kubeletLogs: { read?: PodLogs } = {};
  const server = createApiServer({ store, clock, log, podLogs: (...args) => kubeletLogs.read?.(...args) ?? '' });
  const client = createClient(as(server.handler, ADMIN));
  const parts = [startControllers({ client, clock, log }), startScheduler({ client, clock, log })];
  const kubelet = startKubelet({ client, clock, log });
  kubeletLogs.read = kubelet.podLogs;
  return {
    handler: server.handler,
    client,
    async settled() {
      for (const part of [...parts, kubelet]) await part.settled();
    },
    async stop() {
      await Promise.all([...parts, kubelet].map((part) => part.stop()));
      server.stop();
    },
  };
}

/** The handler with `user` as the one who asks. */
export const as =
  (handler: ApiHandler, user: UserInfo): ApiHandler =>
  (request) =>
    handler({ ...request, user });
