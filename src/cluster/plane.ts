/** The control plane assembled: a store, the API server over it, and the controllers, scheduler and nodes as its clients. */
import type { KeyObject } from 'node:crypto';
import type { ApiHandler, UserInfo } from '../api/http.ts';
import type { Endpoint } from '../apiserver/call.ts';
import { createApiServer } from '../apiserver/server.ts';
import { createClient } from '../client/create-client.ts';
import { createInformers, untilQuiet } from '../client/informers.ts';
import { containerUsage } from '../client/pod-usage.ts';
import { NODES } from '../client/resources.ts';
import { SharedClock } from '../client/shared-clock.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { printControllerMetrics } from '../controller/metrics.ts';
import { startControllers } from '../controller/start.ts';
import { type NodeSpec, startKubelet } from '../kubelet/start.ts';
import type { Logger } from '../log.ts';
import { startScheduler } from '../scheduler/start.ts';
import type { Store } from '../store/types.ts';
import type { KeyPair } from './credentials.ts';
import { playNodeRules } from './node-faults.ts';
import { nodeSpecs } from './nodes.ts';
import { withFaults } from './request-faults.ts';
import { type Scenario, validateScenario } from './scenario.ts';

export interface PlaneOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  /** The simulated nodes; those the store knows where absent, or else three. */
  nodes?: NodeSpec[];
  /** What is to go wrong. */
  scenario?: Scenario;
  /** The authority that pods are to trust and that signs certificates. */
  authority?: KeyPair;
  /** Signs service account tokens. */
  serviceAccountKey?: KeyObject;
  /** Where the server can be reached, for the `kubernetes` service. */
  endpoint?: Endpoint;
}

export interface Plane {
  /** Serves whoever `user` of the request says it is. */
  handler: ApiHandler;
  /** A client that may do everything. */
  client: Client;
  /** Whose service account token this is; undefined when it is nobody's. */
  userOfToken(token: string): UserInfo | undefined;
  /** Resolves when no controller, scheduler or node has work left but to wait for time to pass. */
  settled(): Promise<void>;
  /** Ends everything but the store. */
  stop(): Promise<void>;
}

const SYSTEM: UserInfo = { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] };

export async function startPlane(options: PlaneOptions): Promise<Plane> {
  const { store, clock, log, scenario = {}, authority, serviceAccountKey, endpoint } = options;
  const wrong = validateScenario(scenario);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  const server = createApiServer({
    store,
    clock,
    log,
    authority: authority?.cert,
    serviceAccountKey,
    endpoint,
    podLogs: (...request) => kubelet.podLogs(...request),
    containerUsage,
    moreMetrics: () => printControllerMetrics(controllers.stats()),
  });
  const client = createClient(as(server.handler, SYSTEM));
  const informers = createInformers({
    client,
    clock,
    onError: ({ resource }, error) => log.warn(`the informer of ${resource} failed`, { error }),
  });
  const shared = { client, clock, log, informers };
  const nodes = await nodesOf(client, options.nodes);
  const kubelet = startKubelet({ ...shared, nodes, rules: scenario.rules });
  const scheduler = startScheduler(shared);
  const controllers = startControllers({ ...shared, authority });
  const parts = [controllers, scheduler, kubelet];
  await Promise.all(parts.map((part) => part.ready));
  const faultClock = new SharedClock(clock);
  playNodeRules(scenario.nodes ?? [], { client: informers.client, clock: faultClock, log });
  return {
    handler: withFaults(server.handler, scenario.requests ?? [], faultClock),
    client,
    userOfToken: (token) => server.authenticateToken(token),
    settled: () => untilQuiet(() => parts.every((part) => part.idle)),
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
      await informers.stop();
      faultClock.stop();
      server.stop();
    },
  };
}

/** Those that are asked for and no others; else those of the last time, or three at first. */
async function nodesOf(client: Client, wanted: NodeSpec[] | undefined): Promise<NodeSpec[]> {
  const { items } = await client.list(NODES);
  const known = items.map(({ metadata: { name } }) => ({ name }));
  if (wanted === undefined) return known.length > 0 ? known : nodeSpecs(3);
  const names = new Set(wanted.map(({ name }) => name));
  for (const { name } of known) if (!names.has(name)) await client.delete(NODES, name);
  return wanted;
}

/** The handler with `user` as the one who asks. */
export const as =
  (handler: ApiHandler, user: UserInfo): ApiHandler =>
  (request) =>
    handler({ ...request, user });
