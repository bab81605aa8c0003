/**
 * A thin client of the OCI distribution API. It answers a registry's challenge with the credentials for that registry,
 * and follows redirects without them.
 */
import type { ProxyVariables } from '../client/proxy-choice.ts';
import { type Clock, realClock, sleep } from '../clock.ts';
import { type Credential, loadCredential } from './credentials.ts';
import { type HttpRequest, type HttpResponse, sendRequest, type TlsFiles } from './http.ts';
import { isBusy, isLost, PAUSES } from './retry.ts';

export interface RegistryOptions extends TlsFiles {
  /** Files of credentials, the first that knows the registry counts. */
  credentialFiles: readonly string[];
  /** Instead of what the files know. */
  username?: string;
  password?: string;
  plainHttp?: boolean;
  timeout?: number;
  /** Where proxies are named. */
  variables?: ProxyVariables;
  /** By which retries wait; the computer's own where absent. */
  clock?: Clock;
  signal?: AbortSignal;
}

export interface RegistryRequest {
  method?: string;
  /** Below the registry's address, or an address that the registry has given. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  maxBytes?: number;
  /** What a token must allow: `repository:NAME:pull`. */
  scope: string;
  /** Statuses that are no failure. */
  accept: readonly number[];
}

export interface RegistryClient {
  send(request: RegistryRequest): Promise<HttpResponse>;
}

const MAX_ANSWER = 8 << 20;
const MAX_REDIRECTS = 5;

export function connectRegistry(registry: string, options: RegistryOptions): RegistryClient {
  const base = `${options.plainHttp ? 'http' : 'https'}://${registry}`;
  const authorizations = new Map<string, string>();
  let credential: Credential | undefined | null = null;
  const knownCredential = () => {
    if (credential === null)
      credential =
        options.username || options.password
          ? { username: options.username ?? '', password: options.password ?? '' }
          : loadCredential(options.credentialFiles, registry);
    return credential;
  };

  async function send(request: RegistryRequest): Promise<HttpResponse> {
    const url = new URL(request.path, base).href;
    const basic = toHttpRequest(url, request, options);
    const own = new URL(url).origin === new URL(base).origin;
    const { clock } = options;
    let response = await follow(withAuthorization(basic, own ? authorizations.get(request.scope) : undefined), clock);
    const challenge = response.headers['www-authenticate'];
    if (response.status === 401 && own && challenge !== undefined) {
      const authorization = await answerChallenge(challenge, base, request.scope, knownCredential(), options).catch(
        (cause: Error) => {
          throw new Error(`${basic.method} ${JSON.stringify(url)}: ${cause.message}`, { cause });
        },
      );
      if (authorization !== undefined) {
        authorizations.set(request.scope, authorization);
        response = await follow(withAuthorization(basic, authorization), clock);
      }
    }
    if (!request.accept.includes(response.status)) throw responseError(basic.method, url, response);
    return response;
  }
  return { send };
}

const toHttpRequest = (url: string, request: RegistryRequest, options: RegistryOptions): HttpRequest => ({
  method: request.method ?? 'GET',
  url,
  headers: request.headers,
  body: request.body,
  maxBytes: request.maxBytes ?? MAX_ANSWER,
  certFile: options.certFile,
  keyFile: options.keyFile,
  caFile: options.caFile,
  insecureSkipTlsVerify: options.insecureSkipTlsVerify,
  timeout: options.timeout,
  variables: options.variables,
  signal: options.signal,
});

const withAuthorization = (request: HttpRequest, authorization: string | undefined): HttpRequest =>
  authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } };

/** Where a blob lies elsewhere, the credentials stay here. */
async function follow(request: HttpRequest, clock: Clock = realClock): Promise<HttpResponse> {
  let next = request;
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const response = await sendPatiently(next, clock);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
    if (request.method !== 'GET' && request.method !== 'HEAD') return response;
    const url = new URL(location, next.url);
    if (url.protocol !== 'https:' && new URL(request.url).protocol === 'https:')
      throw new Error(
        `${request.method} "${request.url}": it redirects to ${url.protocol}//${url.host}, which is not secure`,
      );
    const { authorization: _, ...others } = next.headers ?? {};
    next = { ...next, url: url.href, ...(url.origin !== new URL(next.url).origin && { headers: others }) };
  }
  throw new Error(`${request.method} "${request.url}": stopped after ${MAX_REDIRECTS} redirects`);
}

/** What changes nothing is asked again when the registry fails for a moment. */
async function sendPatiently(request: HttpRequest, clock: Clock): Promise<HttpResponse> {
  for (let attempt = 0; ; attempt++) {
    const pause = ['GET', 'HEAD'].includes(request.method) ? PAUSES[attempt] : undefined;
    try {
      const response = await sendRequest(request);
      if (pause === undefined || !isBusy(response.status)) return response;
    } catch (error) {
      if (pause === undefined || !isLost((error as Error).cause)) throw error;
    }
    await sleep(clock, pause, request.signal);
  }
}

/** The Authorization header that a challenge asks for; undefined where there is nothing to answer with. */
async function answerChallenge(
  challenge: string,
  base: string,
  scope: string,
  credential: Credential | undefined,
  options: RegistryOptions,
): Promise<string | undefined> {
  const identity = credential?.identityToken;
  const basic =
    credential &&
    identity === undefined &&
    `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
  if (/^basic\b/i.test(challenge)) {
    if (!basic) throw new Error('basic credential not found');
    if (credential?.username === '' || credential?.password === '')
      throw new Error('missing username or password for basic auth');
    return basic;
  }
  if (!/^bearer\b/i.test(challenge)) return undefined;
  const parameters = Object.fromEntries(
    [...challenge.slice(0, 4096).matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!.toLowerCase(), value!]),
  );
  const realm = new URL(parameters.realm ?? '', base);
  if (realm.protocol !== 'https:' && new URL(base).protocol === 'https:')
    throw new Error(`the registry asks for credentials at ${realm.origin}, which is not secure`);
  const asked = new URLSearchParams({
    ...(parameters.service && { service: parameters.service }),
    scope: parameters.scope || scope,
  });
  const request =
    identity === undefined ? askingWith(basic || undefined, realm, asked) : exchanging(identity, realm, asked);
  const response = await sendRequest(toHttpRequest(request.path, { ...request, scope, accept: [200] }, options));
  if (response.status !== 200) throw responseError(request.method ?? 'GET', request.path, response);
  const { token, access_token } = JSON.parse(response.body.toString()) as Record<string, string | undefined>;
  return `Bearer ${token ?? access_token ?? ''}`;
}

type TokenRequest = Pick<RegistryRequest, 'method' | 'path' | 'headers' | 'body'>;

function askingWith(authorization: string | undefined, realm: URL, asked: URLSearchParams): TokenRequest {
  for (const [name, value] of asked) realm.searchParams.set(name, value);
  return { path: realm.href, ...(authorization && { headers: { authorization } }) };
}

/** As OAuth 2 refreshes tokens. */
function exchanging(identity: string, realm: URL, asked: URLSearchParams): TokenRequest {
  asked.set('grant_type', 'refresh_token');
  asked.set('client_id', 'portolan');
  asked.set('refresh_token', identity);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', path: realm.href, headers, body: new TextEncoder().encode(asked.toString()) };
}

interface RegistryProblem {
  code?: string;
  message?: string;
  detail?: unknown;
}

/** The registry's own words, put as Helm puts them. */
function responseError(method: string, url: string, { status, body }: HttpResponse): RegistryError {
  let told: string | undefined;
  try {
    const { errors = [] } = JSON.parse(body.toString()) as { errors?: RegistryProblem[] };
    if (errors.length > 0) told = errors.map(problemText).join('; ');
  } catch {
    // no JSON: the status says it
  }
  const text = told ?? STATUS_TEXTS[status] ?? 'unexpected status';
  return new RegistryError(`${method} ${JSON.stringify(url)}: response status code ${status}: ${text}`, status);
}

function problemText({ code = '', message = '', detail }: RegistryProblem): string {
  const name = code.toLowerCase().replaceAll('_', ' ');
  if (message === '') return name;
  return detail === undefined || detail === null ? `${name}: ${message}` : `${name}: ${message}: ${goText(detail)}`;
}

/** As Go's %v prints what JSON has said. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, entry]) => `${key}:${goText(entry)}`).join(' ')}]`;
}

const STATUS_TEXTS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

class RegistryError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = 'RegistryError';
    this.status = status;
  }
}
