/** The API over the network: keep-alive connections, watches streamed line by line, and retries where they are safe. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiHandler, ApiRequest, ApiResponse, ResponseBody, WatchEvent } from '../api/http.ts';
import { type Clock, realClock, sleep } from '../clock.ts';
import type { Connection } from './connection.ts';
import { type Connections, connectionsOf, type Fail } from './connections.ts';
import { dialError } from './dial-error.ts';
import { execCredentials, type RunCommand } from './exec-credential.ts';
import { type Limits, patienceWith } from './patience.ts';
import { proxyFor } from './proxy-choice.ts';
import { limitedTo, type RateLimit } from './rate-limit.ts';

export interface TransportOptions {
  readFile?(path: string): string;
  /** How credential plugins are run, and in what environment. */
  runCommand?: RunCommand;
  env?: Record<string, string | undefined>;
  /** Whether somebody is there to answer what a plugin asks. */
  isTerminal?: () => boolean;
  clock?: Clock;
  /** The largest body read into memory, in bytes. */
  maxBytes?: number;
  /** So many requests a second, those of a burst apart; absent: as many as there are. */
  rate?: RateLimit;
  /** How long the server may be silent; as with client-go where absent. */
  limits?: Partial<Limits>;
}

export interface Transport {
  handler: ApiHandler;
  /** What does not come at once is not waited for any more: the time for it is over. */
  hurry(): void;
  /** Closes the connections that are kept; requests under way fail. */
  close(): void;
}

const MAX_BYTES = 512 * 1024 * 1024;
/** A lost connection is tried again this often, when the request changes no more by being made twice. */
const RECONNECTS = 3;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1600;
/** As client-go: at most ten answers of "try again later" are obeyed. */
const MAX_RETRY_AFTER = 10;

/**
 * The handler for `createClient`. It resolves with whatever the server answers, 4xx and 5xx too, and throws when there
 * is no answer: an Error in the words of Go, with Node's as its cause.
 */
export function httpTransport(connection: Connection, options: TransportOptions = {}): Transport {
  const clock = options.clock ?? realClock;
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const url = new URL(connection.server);
  const { env, isTerminal, runCommand: run } = options;
  const plugin =
    connection.exec && execCredentials(connection.exec, { clock, env, isTerminal, run, cluster: toldOf(connection) });
  const { take } = limitedTo(options.rate, clock);
  const proxy = connection.proxyUrl ?? proxyFor(url, env)?.href;
  let connections: Promise<Connections> | undefined;
  let closed = false;
  let hasAnswered = false;
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const base = url.pathname === '/' ? '' : url.pathname;
  const patience = patienceWith(isAlive, options.limits);

  async function handler(request: ApiRequest): Promise<ApiResponse> {
    let attempt = 1;
    let pause = FIRST_PAUSE;
    for (let waits = 0, waited = 0; ; ) {
      try {
        await take(request.signal);
        const response = await send(request);
        hasAnswered = true;
        const wait = retryAfter(response);
        if (wait === undefined || ++waits > MAX_RETRY_AFTER) return response;
        await sleep(clock, wait, request.signal);
      } catch (error) {
        if (closed || request.signal?.aborted) throw request.signal?.reason ?? error;
        if (hasAnswered && isUnreachable(error) && waited < patience.limits.absence) {
          await sleep(clock, pause, request.signal);
          waited += pause;
          pause = Math.min(pause * 2, LONGEST_PAUSE);
        } else if (!isLostConnection(error) || !isRepeatable(request) || attempt++ > RECONNECTS) throw error;
      }
    }
  }

  async function send(request: ApiRequest): Promise<ApiResponse> {
    const query = request.query.toString();
    const path = `${base}${request.path}${query ? `?${query}` : ''}`;
    const failed = (error: unknown): never => {
      throw connectionError(error, request.method, `${url.origin}${path}`, url);
    };
    const { open, Agent, to } = await wayToServer().catch(failed);
    connections ??= agentOf(new Agent({ keepAlive: true, ...to.tls }), to.tls).then(connectionsOf);
    const { agent, begin, waiting } = await connections;
    const end = begin(isWatch(request) || isFollowedLog(request));
    const text = payload(request);
    const { method, signal } = request;
    const headers = { ...request.headers, ...to.headers, ...lengthOf(text) };
    const asked = { ...to, ...to.tls, method, path, headers, agent, signal };
    const message = await exchange(open, asked, text, (sent, fail) => {
      patience.watchOver(sent);
      waiting.add(fail);
      sent.once('socket', () => waiting.delete(fail));
    }).catch((error) => {
      end();
      return failed(error);
    });
    message.once('close', end);
    if (message.statusCode === 401) plugin?.refresh();
    return responseOf(message, request, maxBytes);
  }

  /** What every request needs to know of the server. */
  async function wayToServer() {
    const { request: open, Agent } = await (secure ? import('node:https') : import('node:http'));
    const credential = await plugin?.get();
    const tls = secure ? tlsOptions(connection, credential) : {};
    const to = { host, port: url.port || (secure ? 443 : 80), headers: authorization(credential?.token), tls };
    return { open, Agent, to };
  }

  /** Whether the server answers anything at all, asked on a connection of its own. */
  async function isAlive(signal: AbortSignal): Promise<boolean> {
    const { open, Agent, to } = await wayToServer();
    const own = await agentOf(new Agent({ ...to.tls }), to.tls);
    return exchange(open, { ...to, ...to.tls, path: `${base}/version`, agent: own, signal }, undefined)
      .then(
        (message) => message.resume() !== undefined,
        () => false,
      )
      .finally(() => own.destroy());
  }

  const agentOf = async (made: import('node:http').Agent, tls: object) =>
    proxy ? tunnelling(made, proxy, url, tls) : trusting(made);

  /** The agent, which connects by the shortest way where the kubeconfig names an authority. */
  async function trusting(made: import('node:http').Agent): Promise<import('node:http').Agent> {
    const { ca, insecure, tlsServerName = host } = connection;
    if (!secure || !ca || insecure) return made;
    const { connectTrusting } = await import('./direct-trust.ts');
    return Object.assign(made, {
      createConnection: (how: object, done: Parameters<typeof connectTrusting>[3]) =>
        connectTrusting(ca, how, { host: tlsServerName, now: clock.now() }, done),
    });
  }

  function authorization(pluginToken: string | undefined): Record<string, string> {
    const headers: Record<string, string> = {};
    const token = tokenOfFile() ?? connection.token;
    const { basic, as } = connection;
    if (pluginToken ?? token) headers.authorization = `Bearer ${pluginToken ?? token}`;
    else if (basic)
      headers.authorization = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
    if (as) Object.assign(headers, impersonation(as));
    return headers;
  }

  /** It may change at any time; while it cannot be read the last token counts. */
  function tokenOfFile(): string | undefined {
    try {
      return connection.tokenFile && options.readFile?.(connection.tokenFile).trim();
    } catch {
      return undefined;
    }
  }

  return {
    handler,
    hurry: patience.hurry,
    close: () => {
      closed = true;
      void connections?.then(({ agent }) => agent.destroy());
    },
  };
}

function tlsOptions(connection: Connection, credential?: { certificate?: string; key?: string }) {
  return {
    ...(connection.ca && { ca: connection.ca }),
    cert: credential?.certificate ?? connection.certificate,
    key: credential?.key ?? connection.key,
    rejectUnauthorized: !connection.insecure,
    ...(connection.tlsServerName && { servername: connection.tlsServerName }),
  };
}

function impersonation({ user, uid, groups, extra }: NonNullable<Connection['as']>) {
  return {
    'impersonate-user': user,
    ...(uid && { 'impersonate-uid': uid }),
    ...(groups.length > 0 && { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, values]),
    ),
  };
}

const payload = ({ body, object }: ApiRequest): Uint8Array | string | undefined =>
  body ?? (object === undefined ? undefined : JSON.stringify(object));

const lengthOf = (body: Uint8Array | string | undefined): Record<string, string> =>
  body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };

function exchange(
  open: (options: RequestOptions, done: (message: IncomingMessage) => void) => ClientRequest,
  options: RequestOptions,
  body: Uint8Array | string | undefined,
  onSend?: (request: ClientRequest, fail: Fail) => void,
): Promise<IncomingMessage> {
  const { signal } = options;
  let onAbort = () => {};
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = open(options, resolve);
    // Node tells nothing of a request that ends while it waits for a connection.
    const fail: Fail = (error) => {
      request.destroy(error);
      reject(error);
    };
    onAbort = () => fail(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    onSend?.(request, fail);
    request.on('error', reject);
    request.end(body);
  }).finally(() => signal?.removeEventListener('abort', onAbort));
}

async function responseOf(message: IncomingMessage, request: ApiRequest, maxBytes: number): Promise<ApiResponse> {
  const status = message.statusCode ?? 500;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { status, headers, body: await bodyOf(message, request, status, maxBytes) };
}

const isTrue = ({ query }: ApiRequest, name: string) => ['1', 'true'].includes(query.get(name) ?? '');
const isWatch = (request: ApiRequest) => request.method === 'GET' && isTrue(request, 'watch');
const isFollowedLog = (request: ApiRequest) => request.path.endsWith('/log') && isTrue(request, 'follow');

async function bodyOf(
  message: IncomingMessage,
  request: ApiRequest,
  status: number,
  maxBytes: number,
): Promise<ResponseBody> {
  if (status < 300 && isWatch(request)) return { type: 'watch', events: eventsOf(message, maxBytes) };
  if (status < 300 && isFollowedLog(request)) return { type: 'stream', chunks: message };
  const bytes = await bounded(message, maxBytes);
  if (bytes.length === 0) return { type: 'none' };
  if (!/^application\/json\b/.test(message.headers['content-type'] ?? '')) return { type: 'bytes', bytes };
  return { type: 'object', object: JSON.parse(bytes.toString('utf8')) };
}

async function bounded(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the server's answer is larger than ${maxBytes} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

async function* eventsOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<WatchEvent> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      size = 0;
      if (line !== '') yield JSON.parse(line) as WatchEvent;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size > maxBytes) throw new Error(`a watch event is larger than ${maxBytes} bytes`);
    if (rest.length > 0) parts.push(rest);
  }
}

/** Milliseconds to wait when the server asks to come back later; undefined when it does not. */
function retryAfter({ status, headers }: ApiResponse): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const seconds = Number(headers['retry-after']);
  return headers['retry-after'] && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

const isRepeatable = ({ method, headers }: ApiRequest): boolean =>
  ['GET', 'HEAD', 'PUT'].includes(method) || headers['content-type']?.startsWith('application/apply-patch') === true;

const hasCode = (error: unknown, codes: string[]): boolean =>
  codes.includes(((error as Error)?.cause as { code?: string })?.code ?? '');
const isLostConnection = (error: unknown): boolean => hasCode(error, ['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
/** Nothing was sent. */
const isUnreachable = (error: unknown): boolean => hasCode(error, ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

function connectionError(error: unknown, method: string, address: string, url: URL): Error {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return new Error(`${verb} "${address}": ${dialError(error, url.hostname, url.port)}`, { cause: error });
}

/** The agent, whose connections go by way of the proxy. */
function tunnelling(
  made: import('node:http').Agent,
  proxy: string,
  target: URL,
  tls: object,
): import('node:http').Agent {
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const open = async (): Promise<Duplex> => {
    const { openTunnel } = await import('./proxy.ts');
    const socket = await openTunnel(proxy, host, Number(target.port || (secure ? 443 : 80)));
    if (!secure) return socket;
    const [{ connect }, { isIP }] = await Promise.all([import('node:tls'), import('node:net')]);
    return connect({ socket, host, ...(isIP(host) === 0 && { servername: host }), ...tls });
  };
  return Object.assign(made, {
    createConnection(_options: object, done: (error: Error | null, socket?: Duplex) => void) {
      open().then((socket) => done(null, socket), done);
    },
  });
}

/** What a credential plugin is told of the cluster, by the names of its API. */
const toldOf = ({
  server,
  ca,
  insecure,
  tlsServerName,
  proxyUrl,
  execConfig,
}: Connection): Record<string, unknown> => ({
  server,
  ...(tlsServerName && { 'tls-server-name': tlsServerName }),
  ...(insecure && { 'insecure-skip-tls-verify': true }),
  ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  ...(proxyUrl && { 'proxy-url': proxyUrl }),
  config: execConfig ?? null,
});
