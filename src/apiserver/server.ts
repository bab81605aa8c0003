/** The API server: a function from a request to a response over the store. */
import type { KeyObject } from 'node:crypto';
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo } from '../api/http.ts';
import { failure, StatusError } from '../api/status.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/types.ts';
import { createTokens } from './authentication/tokens.ts';
import { ANONYMOUS, checkAccess, checkPathAccess } from './authorization/access.ts';
import { impersonated } from './authorization/impersonation.ts';
import { createReview } from './authorization/reviews.ts';
import { bootstrap, type Endpoint } from './bootstrap.ts';
import { type Api, type Call, methodNotAllowed, type PodLogs } from './call.ts';
import { type ContainerUsage, metricsTypes } from './computed-resources.ts';
import { serveCustomResources } from './custom-resources.ts';
import { discovery } from './discovery.ts';
import { expireEvents } from './event-expiry.ts';
import { createMetrics } from './metrics.ts';
import { openObjectStore } from './object-store.ts';
import { openApi } from './open-api.ts';
import { parseRequest, type ResourceRequest } from './request-info.ts';
import { createResourceTypes } from './resource-types.ts';
import { bind } from './subresources/binding.ts';
import { subresourceVerb } from './subresources/subresources.ts';
import { verbs } from './verbs/verbs.ts';
import { postJson } from './webhooks/post-json.ts';
import type { PostJson } from './webhooks/webhooks.ts';
import { wellKnown } from './well-known.ts';
import { checkWriteOptions } from './write-options.ts';

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
  const { store, clock, log, podLogs, containerUsage, authority } = options;
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
    postJson: options.postJson ?? postJson,
    metrics,
    watches: new Set(),
    ...(podLogs && { podLogs }),
    ...(authority && { authority }),
    ...(containerUsage && { containerUsage }),
  };
  bootstrap(api, options.endpoint ?? { address: '127.0.0.1', port: 6443 });
  if (containerUsage !== undefined) types.set('metrics.k8s.io', metricsTypes);
  serveCustomResources(api);
  objects.observe(({ storage }) => storage.resource === 'events' && storage.group === '' && events.noticed());
  return {
    handler: async (request) => {
      const started = performance.now();
      const target = parseRequest(request);
      const response = await answerTo(api, request, target);
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

async function answerTo(api: Api, request: ApiRequest, target: ResourceRequest | undefined): Promise<ApiResponse> {
  try {
    return await handle(api, request, target);
  } catch (error) {
    return refusal(api, request, error);
  }
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

function handle(
  api: Api,
  request: ApiRequest,
  target: ResourceRequest | undefined,
): ApiResponse | Promise<ApiResponse> {
  if (target === undefined) return otherPath(api, request);
  const call = resolve(api, request, target);
  if (call === undefined) return pageNotFound();
  checkAccess(call);
  const { type } = call;
  if (type.namespaced && target.namespace === '' && NEEDS_NAMESPACE.has(target.verb)) throw methodNotAllowed();
  if (target.subresource !== '') return subresourceVerb(call);
  if (!type.verbs.includes(target.verb)) throw methodNotAllowed();
  if (type.virtual && target.verb === 'create') return type.resource === 'bindings' ? bind(call) : createReview(call);
  return verbs[target.verb](call);
}

/** A collection over all namespaces is only read. */
const NEEDS_NAMESPACE = new Set(['create', 'deletecollection']);

async function otherPath(api: Api, request: ApiRequest): Promise<ApiResponse> {
  checkPathAccess(api, userOf(api, request), request);
  return discovery(api, request) ?? wellKnown(api, request) ?? (await openApi(api, request)) ?? pageNotFound();
}

const userOf = (api: Api, request: ApiRequest): UserInfo => impersonated(api, request.user ?? ANONYMOUS, request);

function resolve(api: Api, request: ApiRequest, target: ResourceRequest): Call | undefined {
  const type = api.types.find(target.group, target.version, target.resource);
  if (type === undefined) return undefined;
  return {
    api,
    request,
    target,
    type,
    user: userOf(api, request),
    dryRun: checkWriteOptions(target, request.query),
    warnings: type.warning === undefined ? [] : [type.warning],
  };
}

export const pageNotFound = (): ApiResponse => ({
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: { type: 'bytes', bytes: Buffer.from('404 page not found\n') },
});

function refusal({ log }: Api, request: ApiRequest, error: unknown): ApiResponse {
  if (error instanceof StatusError)
    return {
      status: error.code,
      headers: { 'content-type': 'application/json' },
      body: { type: 'object', object: error.status },
    };
  log.error('request failed', { method: request.method, path: request.path, error });
  const { status } = failure(500, 'InternalError', `Internal error occurred: ${(error as Error).message}`, {
    causes: [{ message: (error as Error).message }],
  });
  return { status: 500, headers: { 'content-type': 'application/json' }, body: { type: 'object', object: status } };
}
