/**
 * The API on a socket: HTTP/2 and HTTP/1.1 over TLS. It reads bodies, says who asks, waits until what an answer tells is
 * on disk, and writes answers and watch streams; everything else is the handler's.
 */
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type ApiHandler,
  type ApiRequest,
  type ApiResponse,
  jsonParts,
  jsonText,
  type UserInfo,
  type WatchEvent,
} from '../api/http.ts';
import { failure, StatusError } from '../api/status.ts';
import { MAX_BODY, tooLarge } from '../apiserver/body.ts';
import type { Logger } from '../log.ts';
import { reachableHost } from './addresses.ts';

export interface ListenOptions {
  handler: ApiHandler;
  host: string;
  /** 0 takes any free port. */
  port: number;
  tls: { key: string; cert: string; ca: string };
  /** Who a bearer token belongs to; undefined refuses it. */
  userOfToken(token: string): UserInfo | undefined | Promise<UserInfo | undefined>;
  /** Resolves when the store has `revision` on disk; without one, what is visible now. */
  durable(revision?: number): Promise<void>;
  log: Logger;
}

export interface Listener {
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Paths that answer whoever asks, as on a real cluster. */
const PUBLIC = new Set(['/healthz', '/livez', '/readyz', '/version']);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Throws as `listen` does: EADDRINUSE names the port. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const server = createSecureServer({
    ...options.tls,
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: 2 ** 31 - 1, initialWindowSize: 1 << 20 },
    maxSessionMemory: 256,
  });
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('sessionError', (error) => options.log.debug('a session ended badly', { error }));
  server.on('request', (request, response) => {
    serve(request, response, options).catch((error) => {
      options.log.debug('an answer could not be written', { error });
      response.stream?.destroy?.();
      request.socket?.destroy?.();
    });
  });
  await bind(server, options);
  const { port } = server.address() as { port: number };
  const host = reachableHost(options.host);
  return {
    port,
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const MAX_PORT = 65_535;

async function bind(server: Http2SecureServer, { host, port }: ListenOptions): Promise<void> {
  if (port > MAX_PORT) throw new Error(`listen on ${host}:${port}: a port is ${MAX_PORT} at most`);
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Error(`listen on ${host}:${port}: the port is in use by another process`, { cause })
          : new Error(`listen on ${host}:${port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

async function serve(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  options: ListenOptions,
): Promise<void> {
  let answer: ApiResponse;
  try {
    answer = await options.handler(await toApiRequest(request, response, options));
    await options.durable(revisionTold(request.method, answer));
  } catch (error) {
    answer = refusal(error);
    if (answer.status >= 500) options.log.error('a request failed', { path: request.url, error });
  }
  await write(response, answer, options);
}

/** What is told of one object is true as of its own revision. Anything else may tell of all that is visible. */
function revisionTold(method: string, { status, body }: ApiResponse): number | undefined {
  if (body.type !== 'object' || status >= 300 || method === 'DELETE') return undefined;
  return revisionOf(body.object);
}

function revisionOf(object: unknown): number | undefined {
  const version = (object as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion;
  return version === undefined || !/^\d+$/.test(version) ? undefined : Number(version);
}

const GONE = new Error('the client went away');

/** Aborts when the client goes before it has the whole answer. */
function untilGone(response: Http2ServerResponse): AbortSignal {
  if (isGone(response)) return AbortSignal.abort(GONE);
  const abort = new AbortController();
  response.on('close', () => {
    if (!response.writableEnded) abort.abort(GONE);
  });
  return abort.signal;
}

const isGone = (response: Http2ServerResponse): boolean =>
  response.destroyed === true || response.stream?.destroyed === true;

function refusal(error: unknown): ApiResponse {
  const { status } =
    error instanceof StatusError
      ? error
      : failure(500, 'InternalError', `Internal error occurred: ${(error as Error).message}`);
  return { status: status.code, headers: {}, body: { type: 'object', object: status } };
}

async function toApiRequest(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  options: ListenOptions,
): Promise<ApiRequest> {
  const { url } = request;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const method = request.method as ApiRequest['method'];
  if (!METHODS.has(method)) throw failure(405, 'MethodNotAllowed', `the server does not allow the method ${method}`);
  const user = await userOf(request, options);
  if (user === undefined && !PUBLIC.has(path)) throw failure(401, 'Unauthorized', 'Unauthorized');
  const isRead = method === 'GET' || method === 'HEAD';
  let signal: AbortSignal | undefined;
  return {
    method,
    path,
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: request.headers as Record<string, string>,
    body: isRead ? undefined : await readBody(request),
    user: user ?? ANONYMOUS,
    // Few ask for it, and making one costs as much as a small answer. A write is done whether its client stays or not.
    get signal() {
      return isRead ? (signal ??= untilGone(response)) : undefined;
    },
  };
}

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The bearer token if there is one, else the client certificate: its common name is the user, its organisations the groups. */
async function userOf(request: Http2ServerRequest, options: ListenOptions): Promise<UserInfo | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^bearer (\S+)$/i.exec(authorization)?.[1];
    const user = token === undefined ? undefined : await options.userOfToken(token);
    return user && withAuthenticated(user);
  }
  const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
  const known = certificateUsers.get(socket);
  if (known !== undefined) return known ?? undefined;
  const user = socket.authorized ? certificateUser(socket) : null;
  certificateUsers.set(socket, user);
  return user ?? undefined;
}

const certificateUsers = new WeakMap<object, UserInfo | null>();

function certificateUser(socket: TLSSocket): UserInfo | null {
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return null;
  return withAuthenticated({ name: [subject.CN].flat()[0]!, groups: [subject.O ?? []].flat() });
}

const withAuthenticated = (user: UserInfo): UserInfo =>
  user.groups.includes('system:authenticated') ? user : { ...user, groups: [...user.groups, 'system:authenticated'] };

function readBody(request: Http2ServerRequest): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) {
        chunks.length = 0; // the rest is read and dropped, so that the client hears the answer
        if (size > 8 * MAX_BODY) request.destroy();
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY) reject(tooLarge(`limit is ${MAX_BODY}`));
      else resolve(size === 0 ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.on('error', reject);
    request.on('aborted', () => reject(GONE));
  });
}

async function write(response: Http2ServerResponse, answer: ApiResponse, options: ListenOptions): Promise<void> {
  const { body, headers, status } = answer;
  if (isGone(response)) return;
  if (body.type === 'watch' || body.type === 'stream') {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    (response as unknown as { flushHeaders?: () => void }).flushHeaders?.();
    const chunks = body.type === 'watch' ? watchLines(body.events, options) : body.chunks;
    await pour(chunks, response);
    response.end();
  } else if (body.type === 'object') await sendJson(response, answer, body.object as object);
  else end(response, answer, body.type === 'bytes' ? body.bytes : '');
}

/** Head and text of a small answer leave in one piece. */
const SMALL = 16 * 1024;
/** Of a large one the client reads the first pieces while the next are made. */
const PIECE = 64 * 1024;

async function sendJson(response: Http2ServerResponse, answer: ApiResponse, object: object): Promise<void> {
  const { status, headers } = answer;
  const typed = { ...answer, headers: { 'content-type': 'application/json', ...headers } };
  if (isPretty(response.req)) return end(response, typed, prettyText(object));
  const parts = [...jsonParts(object), '\n'];
  if (parts.length === 2) return end(response, typed, `${parts[0]}\n`);
  let length = 0;
  for (const part of parts) length += Buffer.byteLength(part);
  response.writeHead(status, { ...typed.headers, 'content-length': length });
  if (response.req.method !== 'HEAD') await pour(pieces(parts), response);
  response.end();
}

/** What people ask for is indented: where they say so, through a browser or curl, and what is there for them alone. */
function isPretty({ url, headers }: Http2ServerRequest): boolean {
  const [path, query] = url.split('?');
  if (path === '/' || path === '/version') return true;
  const asked = query?.includes('pretty=') ? new URLSearchParams(query).get('pretty') : null;
  return asked ? /^(1|t|true)$/i.test(asked) : /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '');
}

const prettyText = (object: object): string => JSON.stringify(JSON.parse(jsonText(object)), undefined, 2);

function* pieces(parts: string[]): Generator<Uint8Array> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

function end(response: Http2ServerResponse, { status, headers }: ApiResponse, content: string | Uint8Array): void {
  const whole = typeof content === 'string' && content.length > SMALL ? Buffer.from(content) : content;
  const length = typeof whole === 'string' ? Buffer.byteLength(whole) : whole.length;
  response.writeHead(status, { ...headers, 'content-length': length });
  response.end(whole as string);
}

/** One line per event, as the API streams them; each only when what it tells is on disk. */
async function* watchLines(events: AsyncIterable<WatchEvent>, { durable }: ListenOptions): AsyncGenerator<Uint8Array> {
  for await (const { type, object } of events) {
    await durable(revisionOf(object));
    yield Buffer.from(`{"type":"${type}","object":${jsonText(object)}}\n`);
  }
}

/** Writes at the reader's pace, until there is none. */
async function pour(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  response: Http2ServerResponse,
): Promise<void> {
  for await (const chunk of chunks) {
    if (isGone(response)) return;
    if (response.write(chunk) === false) await drained(response);
  }
}

function drained(response: Http2ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}
