/**
 * Requests and responses of the Kubernetes API as plain values, so that the server is a function that tests call
 * without a socket and the client does not know whether the server lives in its own process.
 */
export interface ApiRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Still percent-encoded, without the query: `/api/v1/namespaces/default/pods`. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Bytes from the wire, in the format that `content-type` names. */
  body?: Uint8Array;
  /** A decoded body from the same process: taken as it is and never mutated by either side. */
  object?: unknown;
  /** Who asks, set by the listener after authentication or by the in-process transport. */
  user?: UserInfo;
  signal?: AbortSignal;
}

export interface UserInfo {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

export interface ApiResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: ResponseBody;
}

/**
 * `object`: one JSON value, shared and read-only; encode it with `jsonText`, which remembers. `watch`: a stream of
 * events that ends when the request's signal aborts or the server's time-out passes. `bytes`: anything else.
 */
export type ResponseBody =
  | { type: 'object'; object: unknown }
  | { type: 'watch'; events: AsyncIterable<WatchEvent> }
  | { type: 'bytes'; bytes: Uint8Array }
  | { type: 'stream'; chunks: AsyncIterable<Uint8Array> }
  | { type: 'none' };

export interface WatchEvent<T = unknown> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** The API server, and anything that stands for one. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>;

/** A JSON text, or what makes the parts of a long one. */
type Json = string | (() => Iterable<string>);

const texts = new WeakMap<object, Json>();

/** The JSON text of an object that no one mutates any more; computed once. */
export function jsonText(object: unknown): string {
  if (typeof object !== 'object' || object === null) return JSON.stringify(object);
  const known = texts.get(object);
  if (typeof known === 'string') return known;
  const text = known === undefined ? JSON.stringify(object) : [...known()].join('');
  texts.set(object, text);
  return text;
}

/** The same in parts, so that a long list is never one text in memory. */
export function jsonParts(object: object): Iterable<string> {
  const known = texts.get(object);
  return typeof known === 'function' ? known() : [jsonText(object)];
}

/** Remembers the JSON an object was decoded from or stored as, or how to put it together. */
export const rememberJson = (object: object, json: Json): void => void texts.set(object, json);

/** What of a container's log is asked for. */
export interface PodLogOptions {
  follow?: boolean;
  previous?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  timestamps?: boolean;
  limitBytes?: number;
  signal?: AbortSignal;
}
