/** A server over a store in memory, asked without a socket. */
import type { ApiRequest, ApiResponse, UserInfo, WatchEvent } from '../../src/api/http.ts';
import { jsonText } from '../../src/api/http.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import type { PostJson } from '../../src/apiserver/webhooks/call-webhook.ts';
import { ManualClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { type History, MvccStore } from '../../src/store/mvcc.ts';
import { ADMIN } from './listen.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** The decoded body, as a client would have it. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are of every kind.
  body: any;
}

export interface Asked {
  user?: UserInfo;
  headers?: Record<string, string>;
  /** Sent as bytes; an object is sent as JSON. */
  body?: string | Uint8Array | object;
  signal?: AbortSignal;
}

export interface TestServer {
  clock: ManualClock;
  store: MvccStore;
  /** `POST /api/v1/namespaces/default/configmaps?dryRun=All` */
  ask(line: string, asked?: Asked): Promise<Answer>;
  /** The events of a watch as they come. */
  watch(line: string, asked?: Asked): Promise<AsyncIterator<WatchEvent<KubeObject>>>;
}

export async function withServer(
  body: (server: TestServer) => Promise<void>,
  options: { history?: History; postJson?: PostJson } = {},
): Promise<void> {
  const clock = new ManualClock();
  const { history, postJson } = options;
  const store = new MvccStore({ history });
  const server = createApiServer({ store, clock, log: silentLog, ...(postJson && { postJson }) });
  const send = (line: string, asked: Asked) => server.handler(toRequest(line, asked));
  try {
    await body({
      clock,
      store,
      ask: async (line, asked = {}) => toAnswer(await send(line, asked)),
      watch: async (line, asked = {}) => {
        const { body: answered } = await send(line, asked);
        if (answered.type !== 'watch') throw new Error(`no watch but ${answered.type}`);
        return answered.events[Symbol.asyncIterator]() as AsyncIterator<WatchEvent<KubeObject>>;
      },
    });
    store.check();
  } finally {
    server.stop();
    await store.close();
  }
}

function toRequest(line: string, { user = ADMIN, headers = {}, body, signal }: Asked): ApiRequest {
  const [method, target] = line.split(' ') as [ApiRequest['method'], string];
  const [path, query] = target.split('?') as [string, string | undefined];
  const isObject = typeof body === 'object' && !(body instanceof Uint8Array);
  const bytes = body === undefined ? undefined : Buffer.from(isObject ? JSON.stringify(body) : (body as string));
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: { ...(bytes !== undefined && { 'content-type': 'application/json' }), ...headers },
    user,
    ...(bytes !== undefined && { body: bytes }),
    ...(signal !== undefined && { signal }),
  };
}

function toAnswer({ status, headers, body }: ApiResponse): Answer {
  if (body.type === 'object') return { status, headers, body: JSON.parse(jsonText(body.object)) };
  if (body.type === 'bytes') return { status, headers, body: Buffer.from(body.bytes).toString() };
  return { status, headers, body: undefined };
}

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
