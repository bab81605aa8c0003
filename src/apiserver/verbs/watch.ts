/** watch: what changes from a version on, as the selection of this watcher sees it. */
import { randomInt } from 'node:crypto';
import type { ApiResponse, WatchEvent } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { failure, type StatusError } from '../../api/status.ts';
import { CompactedError, type StoreEvent, type StoreWatch } from '../../store/types.ts';
import type { Call } from '../call.ts';
import { checkListOptions, numberIn } from '../list-options.ts';
import { checkNotFuture, parseResourceVersion } from '../list-page.ts';
import { decodeDeleted, decodeStored, prefixOf } from '../object-store.ts';
import { viewOf, viewsAhead } from '../object-views.ts';
import { presentEvents } from '../representation.ts';
import { isTrue } from '../request-info.ts';
import { type Matches, selectionOf } from '../selection.ts';

const BOOKMARK_INTERVAL = 60_000;

interface Start {
  initial: KubeObject[];
  /** Whether the end of the initial objects is marked by a bookmark. */
  marked: boolean;
  revision: number;
}

export function watch(call: Call): ApiResponse {
  const { api, type, target } = call;
  checkListOptions(call.request.query, true);
  const matches = selectionOf(type, call.request.query, target.name);
  const start = startOf(call, matches);
  let source: StoreWatch;
  try {
    source = api.objects.store.watch(prefixOf(type.storage, target.namespace), start.revision);
  } catch (error) {
    if (error instanceof CompactedError) return presentEvents(call, one(expired(start.revision, error)));
    throw error;
  }
  return presentEvents(call, events(call, source, start, matches, endWith(call, source)));
}

/** What to tell first, and from where to go on: see "The resourceVersion parameter" in the API's documentation. */
function startOf(call: Call, matches: Matches | undefined): Start {
  const { query } = call.request;
  const { store } = call.api.objects;
  const asked = query.get('resourceVersion') ?? '';
  const revision = asked === '' || asked === '0' ? 0 : parseResourceVersion(asked);
  if (revision > 0) checkNotFuture(call, revision);
  const listFirst = isTrue(query.get('sendInitialEvents'));
  if (!listFirst && (revision > 0 || query.get('sendInitialEvents') === 'false'))
    return { initial: [], marked: false, revision: revision > 0 ? revision : store.revision };
  const range = store.range(prefixOf(call.type.storage, call.target.namespace));
  const objects = range.items.map(decodeStored);
  const initial = matches === undefined ? objects : objects.filter(matches);
  const marked = listFirst && isTrue(query.get('allowWatchBookmarks'));
  return { initial, marked, revision: range.revision };
}

async function* events(
  call: Call,
  source: StoreWatch,
  start: Start,
  matches: Matches | undefined,
  end: () => void,
): AsyncGenerator<WatchEvent> {
  const { type } = call;
  const bookmarks = bookmarkTimer(call, source);
  try {
    for (const object of start.initial) yield { type: 'ADDED', object: viewOf(type, object) };
    if (start.marked) yield bookmark(call, start.revision, true);
    for await (const batch of source) {
      const asking = type.converter?.asks ? viewsAhead(call, batch.flatMap(objectsOf)) : undefined;
      if (asking !== undefined) await asking;
      for (const event of batch) {
        const seen = toWatchEvent(call, event, matches);
        if (seen !== undefined) yield seen;
      }
      if (bookmarks.isDue()) yield bookmark(call, source.revision, false);
    }
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    yield expired(start.revision, error);
  } finally {
    bookmarks.stop();
    end();
  }
}

/** A watch that names no end has one all the same, so that watchers of many servers spread. */
const LEAST_SECONDS = 1800;

/**
 * Closes the source when the client goes, its time is over or the server stops, whether it was ever read or not. Answers
 * how to do so before.
 */
function endWith({ api, request }: Call, source: StoreWatch): () => void {
  const asked = numberIn(request.query, 'timeoutSeconds');
  const seconds = asked === 0 ? randomInt(LEAST_SECONDS, 2 * LEAST_SECONDS) : asked;
  const watch = { close: () => end() };
  const end = () => {
    timer?.cancel();
    request.signal?.removeEventListener('abort', end);
    api.watches.delete(watch);
    source.close();
  };
  const timer = seconds > 0 ? api.clock.setTimeout(end, seconds * 1000) : undefined;
  api.watches.add(watch);
  request.signal?.addEventListener('abort', end, { once: true });
  if (request.signal?.aborted || seconds < 0) end();
  return end;
}

/** Wakes the source whenever a bookmark is due, where bookmarks are wanted. */
function bookmarkTimer({ api, request }: Call, source: StoreWatch) {
  if (!isTrue(request.query.get('allowWatchBookmarks'))) return { isDue: () => false, stop: () => {} };
  let due = false;
  const arm = () =>
    api.clock.setTimeout(() => {
      due = true;
      source.wake();
    }, BOOKMARK_INTERVAL);
  let timer = arm();
  return {
    isDue() {
      if (!due) return false;
      due = false;
      timer = arm();
      return true;
    },
    stop: () => timer.cancel(),
  };
}

function bookmark({ type }: Call, revision: number, initialEventsEnd: boolean): WatchEvent {
  const metadata: Record<string, unknown> = { resourceVersion: String(revision), creationTimestamp: null };
  if (initialEventsEnd) metadata['annotations'] = { 'k8s.io/initial-events-end': 'true' };
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return { type: 'BOOKMARK', object: { kind: type.kind, apiVersion, metadata } };
}

/** What `toWatchEvent` may show of an event. */
const objectsOf = (event: StoreEvent): KubeObject[] =>
  event.type === 'put' ? [decodeStored(event.kv)] : [decodeDeleted(event.previous!, event.kv)];

/** An object that comes to match is added for this watcher, one that ceases to is deleted. */
function toWatchEvent({ type }: Call, event: StoreEvent, matches: Matches | undefined): WatchEvent | undefined {
  const { previous } = event;
  const before = previous !== undefined && (matches === undefined || matches(decodeStored(previous)));
  const object = event.type === 'put' ? decodeStored(event.kv) : undefined;
  const after = object !== undefined && (matches === undefined || matches(object));
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: viewOf(type, object) };
  if (!before) return undefined;
  return { type: 'DELETED', object: viewOf(type, decodeDeleted(previous, event.kv)) };
}

async function* one(event: WatchEvent): AsyncGenerator<WatchEvent> {
  yield event;
}

function expired(revision: number, { compactRevision }: CompactedError): WatchEvent {
  const { status }: StatusError = failure(410, 'Expired', `too old resource version: ${revision} (${compactRevision})`);
  return { type: 'ERROR', object: status };
}
