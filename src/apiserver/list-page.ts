/** One page of a collection: selectors, limit and continue, resourceVersion and how exactly it is meant. */
import type { KubeList, KubeObject } from '../api/object.ts';
import { badRequest, failure } from '../api/status.ts';
import { CompactedError } from '../store/types.ts';
import type { Call } from './call.ts';
import { checkListOptions, numberIn } from './list-options.ts';
import { decodeStored, prefixOf } from './object-store.ts';
import { type Matches, selectionOf } from './selection.ts';

export interface ListPage {
  items: KubeObject[];
  metadata: KubeList['metadata'];
}

interface Start {
  /** The last key of the page before. */
  after: string;
  revision: number | undefined;
}

export function listPage(call: Call): ListPage {
  const { api, type, target, request } = call;
  const prefix = prefixOf(type.storage, target.namespace);
  checkListOptions(request.query, false);
  const limit = Math.max(0, numberIn(request.query, 'limit'));
  const start = startOf(call, prefix);
  const matches = selectionOf(type, request.query, target.name);
  try {
    const page = readPage(call, prefix, start, limit, matches);
    const more = page.remaining > 0;
    const metadata: KubeList['metadata'] = { resourceVersion: String(start.revision ?? page.revision) };
    if (more) metadata.continue = encodeContinue(start.revision ?? page.revision, page.lastKey.slice(prefix.length));
    if (more && matches === undefined) metadata.remainingItemCount = page.remaining;
    return { items: page.items, metadata };
  } catch (error) {
    if (error instanceof CompactedError) throw expired(call, api.objects.store.revision);
    throw error;
  }
}

/** Reads on until `limit` objects match. Without a limit the range is read at once. */
function readPage({ api }: Call, prefix: string, start: Start, limit: number, matches: Matches | undefined) {
  const items: KubeObject[] = [];
  let { after, revision } = start;
  for (;;) {
    const wanted = limit === 0 ? undefined : limit - items.length;
    const range = api.objects.store.range(prefix, {
      ...(after !== '' && { after }),
      ...(wanted !== undefined && { limit: matches === undefined ? wanted : Math.max(wanted, 500) }),
      ...(revision !== undefined && { revision }),
    });
    revision ??= range.revision;
    let read = 0;
    for (const kv of range.items) {
      read++;
      after = kv.key;
      const object = decodeStored(kv);
      if (matches === undefined || matches(object)) items.push(object);
      if (limit > 0 && items.length >= limit) break;
    }
    const remaining = range.count - read;
    if (remaining === 0 || limit === 0 || items.length >= limit) return { items, remaining, lastKey: after, revision };
  }
}

function startOf(call: Call, prefix: string): Start {
  const query = call.request.query;
  const token = query.get('continue') ?? '';
  const asked = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (token !== '') {
    if (asked !== '' && asked !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    const { revision, key } = decodeContinue(token);
    return { after: prefix + key, revision: revision <= 0 ? undefined : revision };
  }
  if (asked === '' || asked === '0') return { after: '', revision: undefined };
  const revision = parseResourceVersion(asked);
  checkNotFuture(call, revision);
  return { after: '', revision: match === 'Exact' ? revision : undefined };
}

export function parseResourceVersion(text: string): number {
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision))
    throw badRequest(
      `invalid resource version ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return revision;
}

/** A version this server has not reached yet comes from another life of the store, or from a faster replica. */
export function checkNotFuture({ api }: Call, revision: number): void {
  const current = api.objects.store.revision;
  if (revision <= current) return;
  throw failure(504, 'Timeout', `Too large resource version: ${revision}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

const encodeContinue = (revision: number, key: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${key}\u0000` })).toString('base64url');

function decodeContinue(token: string): { revision: number; key: string } {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string' && !start.includes('..'))
      return { revision: rv, key: start.endsWith('\u0000') ? start.slice(0, -1) : start };
  } catch {
    // Falls through to the same refusal as a token of another shape.
  }
  throw badRequest('continue key is not valid: illegal base64 data');
}

/** A continuation or an exact version that the store has compacted away. */
function expired({ request }: Call, revision: number) {
  if (!request.query.get('continue'))
    return failure(410, 'Expired', `The resourceVersion for the provided list is too old.`);
  const error = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  );
  const { key } = decodeContinue(request.query.get('continue')!);
  error.status.metadata = { continue: encodeContinue(-1, key), resourceVersion: String(revision) };
  return error;
}
