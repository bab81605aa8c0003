/** A typed client over any handler: the server in this process or a transport to one elsewhere. */
import type { ApiHandler, ApiRequest, ApiResponse, WatchEvent } from '../api/http.ts';
import type { GroupVersionResource, KubeList, KubeObject } from '../api/object.ts';
import { hasReason, StatusError } from '../api/status.ts';
import { discoverResources } from './discovery.ts';
import { resourcePath } from './resource-path.ts';
import { PODS } from './resources.ts';
import { bodyText, bodyValue, errorOf } from './response.ts';
import type {
  Client,
  ClientOptions,
  DeleteOptions,
  ListOptions,
  PatchOptions,
  WatchOptions,
  WriteOptions,
} from './types.ts';

const PATCH_TYPES: Record<PatchOptions['type'], string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

interface Call {
  method: ApiRequest['method'];
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  object?: unknown;
  contentType?: string;
  signal?: AbortSignal;
}

/** Every call throws a StatusError for what the server refuses. What it answers may be shared: it is not to be changed. */
export function createClient(handler: ApiHandler, options: ClientOptions = {}): Client {
  const base: Record<string, string> = {
    accept: 'application/json',
    ...(options.userAgent && { 'user-agent': options.userAgent }),
  };

  async function send({ method, path, query, object, contentType, signal }: Call): Promise<ApiResponse> {
    const headers = object === undefined ? base : { ...base, 'content-type': contentType ?? 'application/json' };
    const response = await handler({
      method,
      path,
      query: queryOf(query),
      headers,
      ...(object !== undefined && { object }),
      ...(options.user && { user: options.user }),
      ...(signal && { signal }),
    });
    if (response.status >= 400) throw await errorOf(response, method, path);
    return response;
  }
  const call = async <T>(request: Call): Promise<T> => (await bodyValue(await send(request))) as T;
  const discovery = discoverResources(handler, options);
  let version: Promise<ServerVersion> | undefined;

  return {
    handler,
    named: (userAgent) => createClient(handler, { ...options, userAgent }),
    get: (resource, name, namespace, { signal, subresource } = {}) =>
      call({ method: 'GET', path: resourcePath(resource, { namespace, name, subresource }), signal }),

    list: <T extends KubeObject>(resource: GroupVersionResource, list: ListOptions = {}) =>
      call<KubeList<T>>({
        method: 'GET',
        path: resourcePath(resource, { namespace: list.namespace }),
        query: listQuery(list),
        signal: list.signal,
      }),

    create: <T extends KubeObject>(resource: GroupVersionResource, object: T, write: WriteOptions = {}) =>
      call<T>({
        method: 'POST',
        path: resourcePath(resource, {
          namespace: object.metadata.namespace,
          // A subresource is posted below its object: bindings, evictions, tokens.
          name: write.subresource ? object.metadata.name : undefined,
          subresource: write.subresource,
        }),
        query: writeQuery(write, options),
        object,
        signal: write.signal,
      }),

    update: <T extends KubeObject>(resource: GroupVersionResource, object: T, write: WriteOptions = {}) =>
      call<T>({
        method: 'PUT',
        path: resourcePath(resource, { ...object.metadata, subresource: write.subresource }),
        query: writeQuery(write, options),
        object,
        signal: write.signal,
      }),

    patch: (resource, name, namespace, patch, write) =>
      call({
        method: 'PATCH',
        path: resourcePath(resource, { namespace, name, subresource: write.subresource }),
        query: { ...writeQuery(write, options), force: write.force },
        object: patch,
        contentType: PATCH_TYPES[write.type],
        signal: write.signal,
      }),

    delete: (resource, name, namespace, remove = {}) =>
      call({
        method: 'DELETE',
        path: resourcePath(resource, { namespace, name }),
        query: { dryRun: remove.dryRun ? 'All' : undefined },
        object: deleteBody(remove),
        signal: remove.signal,
      }),

    deleteCollection: async (resource, remove) => {
      await send({
        method: 'DELETE',
        path: resourcePath(resource, { namespace: remove.namespace }),
        query: { ...listQuery(remove), dryRun: remove.dryRun ? 'All' : undefined },
        object: deleteBody(remove),
        signal: remove.signal,
      });
    },

    async *watch<T extends KubeObject>(resource: GroupVersionResource, watch: WatchOptions = {}) {
      const { namespace, signal, allowWatchBookmarks, timeoutSeconds } = watch;
      const response = await send({
        method: 'GET',
        path: resourcePath(resource, { namespace }),
        query: { ...listQuery(watch), watch: true, allowWatchBookmarks, timeoutSeconds },
        signal,
      });
      if (response.body.type !== 'watch')
        throw new Error(`watch ${resource.resource}: the server sent no event stream`);
      for await (const event of response.body.events as AsyncIterable<WatchEvent<T>>) {
        if (event.type === 'ERROR') throw await errorOf(statusResponse(event.object), 'GET', resource.resource);
        yield event;
      }
    },

    logs: async (pod, namespace, log = {}) =>
      bodyText(
        await send({
          method: 'GET',
          path: resourcePath(PODS, { namespace, name: pod, subresource: 'log' }),
          query: { container: log.container, tailLines: log.tailLines, previous: log.previous },
        }),
      ),

    resourceFor: (gvk) => discovery.resourceFor(gvk),
    resources: (ask) => discovery.resources(ask?.refresh),
    apiVersions: () => discovery.apiVersions(),
    serverVersion() {
      version ??= call<ServerVersion>({ method: 'GET', path: '/version' }).catch((error: unknown) => {
        version = undefined;
        return withoutTheirWords(error);
      });
      return version;
    },
  };
}

type ServerVersion = Awaited<ReturnType<Client['serverVersion']>>;

/** As client-go, which looks for no Status in this answer: the words are its own, and name no resource. */
function withoutTheirWords(error: unknown): never {
  if (hasReason(error, 'Unauthorized')) throw new Error('the server has asked for the client to provide credentials');
  throw error instanceof StatusError
    ? new Error(error.message.replace(' (get /version)', ''), { cause: error })
    : error;
}

const queryOf = (entries: Call['query'] = {}): URLSearchParams => {
  const query = new URLSearchParams();
  for (const key in entries) {
    const value = entries[key];
    if (value !== undefined) query.set(key, String(value));
  }
  return query;
};

const listQuery = (list: ListOptions): Call['query'] => ({
  labelSelector: list.labelSelector,
  fieldSelector: list.fieldSelector,
  resourceVersion: list.resourceVersion,
  limit: list.limit,
  continue: list.continue,
});

const writeQuery = (write: WriteOptions, options: ClientOptions): Call['query'] => ({
  fieldManager: write.fieldManager ?? options.fieldManager,
  fieldValidation: write.fieldValidation,
  dryRun: write.dryRun ? 'All' : undefined,
});

const deleteBody = (remove: DeleteOptions) => ({
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  ...(remove.propagationPolicy && { propagationPolicy: remove.propagationPolicy }),
  ...(remove.gracePeriodSeconds !== undefined && { gracePeriodSeconds: remove.gracePeriodSeconds }),
  ...(remove.preconditions && { preconditions: remove.preconditions }),
});

const statusResponse = (object: unknown): ApiResponse => ({
  status: (object as { code?: number } | null)?.code ?? 500,
  headers: {},
  body: { type: 'object', object },
});
