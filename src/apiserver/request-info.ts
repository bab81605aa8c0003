/** What a path and a method ask for, before anything is looked up: a resource with a verb, or another path. */
import type { ApiRequest } from '../api/http.ts';
import type { Verb } from './resources.ts';

export interface ResourceRequest {
  group: string;
  version: string;
  resource: string;
  /** Empty: all namespaces, or a cluster-scoped resource. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
  subresource: string;
  /** What follows the subresource: the path behind a proxy. */
  rest: string;
  verb: Verb;
}

/** Undefined for paths that name no resource: discovery, health, metrics. */
export function parseRequest(request: ApiRequest): ResourceRequest | undefined {
  const parts = decodedParts(request.path);
  if (parts === undefined) return undefined;
  const groupParts = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  if (groupParts === 0 || parts.length <= groupParts) return undefined;
  const [group, version] = parts[0] === 'api' ? ['', parts[1]!] : [parts[1]!, parts[2]!];
  // The way watches were asked for once: `/api/v1/watch/pods`.
  const isWatchPath = parts[groupParts] === 'watch' && parts.length > groupParts + 1;
  const place = parsePlace(parts.slice(groupParts + (isWatchPath ? 1 : 0)));
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return { group, version, ...place, verb: isWatchPath && isRead ? 'watch' : verbOf(request, place.name) };
}

/** `namespaces/x` is an object, `namespaces/x/pods` a collection in it, `namespaces/x/status` a subresource. */
function parsePlace(parts: string[]) {
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize';
  const namespace = inNamespace ? parts[1]! : '';
  const [resource = '', name = '', subresource = '', ...rest] = inNamespace ? parts.slice(2) : parts;
  return { namespace, resource, name, subresource, rest: rest.join('/') };
}

function verbOf({ method, query }: ApiRequest, name: string): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      if (isTrue(query.get('watch'))) return 'watch';
      return name === '' ? 'list' : 'get';
  }
}

/** A boolean of the query, as Kubernetes converts one: present and neither "false" nor "0". */
export const isTrue = (value: string | null): boolean => value !== null && value !== 'false' && value !== '0';

function decodedParts(path: string): string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  if (!path.includes('%')) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
