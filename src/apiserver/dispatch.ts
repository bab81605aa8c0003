/** From a request to its response: who asks, for what, whether they may, and which verb answers. */
import type { ApiRequest, ApiResponse, UserInfo } from '../api/http.ts';
import { failure, type Status, StatusError } from '../api/status.ts';
import { ANONYMOUS, checkAccess, checkPathAccess } from './authorization/access.ts';
import { impersonated } from './authorization/impersonation.ts';
import { createReview } from './authorization/reviews.ts';
import { type Api, type Call, methodNotAllowed } from './call.ts';
import { loadCel } from './cel/language.ts';
import { needsCel } from './cel-need.ts';
import { discovery } from './discovery.ts';
import { metricValues, metricValueType } from './metric-values.ts';
import { viewsAhead } from './object-views.ts';
import { openApi } from './open-api.ts';
import type { ResourceRequest } from './request-info.ts';
import { bind } from './subresources/binding.ts';
import { subresourceVerb } from './subresources/subresources.ts';
import { verbs } from './verbs/verbs.ts';
import { wellKnown } from './well-known.ts';
import { checkWriteOptions } from './write-options.ts';

/** Throws nothing: a refusal is a response with its Status. */
export async function dispatch(
  api: Api,
  request: ApiRequest,
  target: ResourceRequest | undefined,
): Promise<ApiResponse> {
  try {
    return await handle(api, request, target);
  } catch (error) {
    return refusal(api, request, error);
  }
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
  const values = type.virtual ? metricValues(call) : undefined;
  if (values !== undefined) return values;
  if (type.namespaced && target.namespace === '' && NEEDS_NAMESPACE.has(target.verb)) throw methodNotAllowed();
  if (needsCel(call)) return loadCel().then(() => serveConverted(call));
  return serveConverted(call);
}

function serveConverted(call: Call): ApiResponse | Promise<ApiResponse> {
  const asking = call.type.converter?.asks ? convertAhead(call) : undefined;
  return asking === undefined ? serve(call) : asking.then(() => serve(call));
}

/** Of the objects that the request may show, those that a webhook has to convert are asked for before any is read. */
function convertAhead(call: Call): Promise<void> | undefined {
  const { api, type, target } = call;
  const one = target.name === '' ? undefined : api.objects.get(type, target.namespace, target.name);
  return viewsAhead(call, target.name === '' ? api.objects.all(type, target.namespace) : one ? [one] : []);
}

function serve(call: Call): ApiResponse | Promise<ApiResponse> {
  const { type, target } = call;
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
  const type = api.types.find(target.group, target.version, target.resource) ?? metricValueType(target);
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

const pageNotFound = (): ApiResponse => ({
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: { type: 'bytes', bytes: Buffer.from('404 page not found\n') },
});

function refusal({ log }: Api, request: ApiRequest, error: unknown): ApiResponse {
  if (error instanceof StatusError) return statusResponse(error.status);
  log.error('request failed', { method: request.method, path: request.path, error });
  const { message } = error as Error;
  return statusResponse(
    failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }).status,
  );
}

function statusResponse(status: Status): ApiResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined) headers['retry-after'] = String(seconds);
  return { status: status.code, headers, body: { type: 'object', object: status } };
}
