/** The API server: a function from a request to a response over the store. */
import type { KeyObject } from 'node:crypto';
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo } from '../api/http.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/types.ts';
import { createTokens } from './authentication/tokens.ts';
import { bootstrap } from './bootstrap.ts';
import type { Api, Endpoint, PodLogs } from './call.ts';
import { type ContainerUsage, metricsTypes } from './computed-resources.ts';
import { serveCustomResources } from './custom-resources.ts';
import { dispatch } from './dispatch.ts';
import { expireEvents } from './event-expiry.ts';
import { createMetrics } from './metrics.ts';
import { openObjectStore } from './object-store.ts';
import { parseRequest, type ResourceRequest } from './request-info.ts';
import { createResourceTypes } from './resource-types.ts';
import type { PostJson } from './webhooks/call-webhook.ts';
import { postJson } from './webhooks/post-json.ts';

export interface ApiServerOptions {
  store: Store;
  clock: Clock;
  log: Logger;
  /** Where the logs of simulated containers come from. */
  podLogs?: PodLogs;
  /** What simulated containers use; with it `kubectl top` is answered. */
  containerUsage?: ContainerUsage;
  /** PEM text of the authority that signs the server's certificate, for pods. */
  authority?: string;
  /** How webhooks are asked; over HTTPS where absent. */
  postJson?: PostJson;
  /** Where the server can be reached, for the `kubernetes` service. */
  endpoint?: Endpoint;
  /** What others of the control plane count, for `/metrics`. */
  moreMetrics?: () => string;
  /** Signs service account tokens: an EC key on P-256. Without it tokens end with the process. */
  serviceAccountKey?: KeyObject;
}

export interface ApiServer {
  handler: ApiHandler;
  /** Whose bearer token this is; undefined when it is nobody's or no longer valid. */
  authenticateToken(token: string): UserInfo | undefined;
  /** Ends every watch. */
  stop(): void;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, log, podLogs, containerUsage, authority, moreMetrics } = options;
  const objects = openObjectStore(store);
  const types = createResourceTypes();
  const tokens = createTokens({ key: options.serviceAccountKey, objects, types, now: () => clock.now() });
  const events = expireEvents({ objects, types, clock });
  const metrics = createMetrics();
  const api: Api = {
    objects,
    types,
    clock,
    log,
    tokens,
    endpoint: options.endpoint ?? { address: '127.0.0.1', port: 6443 },
    postJson: options.postJson ?? postJson,
    metrics,
    watches: new Set(),
    ...(podLogs && { podLogs }),
    ...(moreMetrics && { moreMetrics }),
    ...(authority && { authority }),
    ...(containerUsage && { containerUsage }),
  };
  bootstrap(api);
  if (containerUsage !== undefined) types.set('metrics.k8s.io', metricsTypes);
  serveCustomResources(api);
  objects.observe(({ storage }) => storage.resource === 'events' && storage.group === '' && events.noticed());
  return {
    handler: async (request) => {
      const started = performance.now();
      const target = parseRequest(request);
      const response = await dispatch(api, request, target);
      record(api, request, target, response, (performance.now() - started) / 1000);
      return response;
    },
    authenticateToken: (token) => tokens.authenticate(token)?.user,
    stop() {
      events.stop();
      for (const watch of [...api.watches]) watch.close();
    },
  };
}

function record(
  { metrics }: Api,
  { method }: ApiRequest,
  target: ResourceRequest | undefined,
  { status, body }: ApiResponse,
  seconds: number,
): void {
  const { group = '', version = '', resource = '', verb = method } = status === 404 ? {} : (target ?? {});
  const lasts = body.type === 'watch' || body.type === 'stream';
  metrics.record({ verb: verb.toUpperCase(), group, version, resource, code: status }, lasts ? undefined : seconds);
}
