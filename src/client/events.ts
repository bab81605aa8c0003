/**
 * Records events as Kubernetes' own recorders do: equal ones are counted, floods of similar ones combined, and more
 * than a burst about one object are dropped. Writing is done aside, so that no caller waits for it.
 */
import { type KubeObject, timestamp } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Clock } from '../clock.ts';
import { EVENTS } from './resources.ts';
import type { Client } from './types.ts';

export interface EventRecorder {
  /** Notes that something happened to `object`; `type` is Normal unless it is a warning. */
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, more?: EventDetails): void;
  /** Resolves when everything noted so far is written. */
  flushed(): Promise<void>;
  readonly idle: boolean;
  stop(): void;
}

export interface EventDetails {
  /** Points into the object: `spec.containers{web}`. */
  fieldPath?: string;
  /** Written as events.k8s.io does (eventTime, action) and never counted: the scheduler's way. */
  action?: string;
}

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  component: string;
  host?: string;
  /** Counts what is more urgent than an event: while it grows, events wait. */
  urgent?(): number;
  onError?(error: unknown): void;
}

/** client-go's event correlator: similar events within ten minutes are combined from the tenth on. */
const SIMILAR = { most: 10, within: 600_000 };
/** client-go's spam filter: 25 events about one object at once, then one in five minutes. */
const BURST = { size: 25, refill: 300_000 };
/** Events written in one turn of the event loop, and the most turns that they wait for what is more urgent. */
const TOGETHER = 8;
const PATIENCE = 500;
/** Names that are tried for an event. */
const MAX_ATTEMPTS = 20;
/** Series kept in memory; the oldest are forgotten. */
const REMEMBERED = 4096;

interface Series {
  name: string;
  namespace: string;
  count: number;
}

/** What happened, when, and to what. */
interface Note {
  object: KubeObject;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  at: number;
  more: EventDetails;
}

interface Similar {
  messages: Set<string>;
  last: number;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock } = options;
  const series = new Map<string, Series>();
  const similar = new Map<string, Similar>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  const queue: (() => Promise<void>)[] = [];
  let writing: Promise<void> | undefined;
  let serial = 0;
  let stopped = false;

  const event: EventRecorder['event'] = (object, type, reason, message, more = {}) => {
    if (stopped) return;
    const at = clock.now();
    const { kind, metadata } = object;
    const about = `${kind}/${metadata.namespace ?? ''}/${metadata.name}/${metadata.uid ?? ''}`;
    const newSeries = () => ({
      name: nameFor(metadata.name, at),
      namespace: metadata.namespace ?? 'default',
      count: 1,
    });
    if (more.action) {
      enqueue(() => create(newSeries(), { object, type, reason, message, at, more }));
      return;
    }
    const { key, text } = seriesOf(`${about}/${type}/${reason}`, `${more.fieldPath ?? ''}/${message}`, message, at);
    const known = series.get(key);
    const entry = known ?? newSeries();
    if (known) known.count++;
    else remember(series, key, entry);
    if (!hasToken(about, at)) return;
    const { count } = entry;
    const note = { object, type, reason, message: text, at, more };
    enqueue(() => (count === 1 ? create(entry, note) : bump({ ...entry, count }, note)));
  };

  /** The same nanosecond twice would be the same name. */
  const nameFor = (about: string, now: number): string =>
    `${about}.${(BigInt(Math.floor(now)) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16)}`;

  /** A message counts by itself until too many different ones came in a short time; then all count as one. */
  function seriesOf(group: string, own: string, message: string, now: number): { key: string; text: string } {
    let entry = similar.get(group);
    if (!entry || now - entry.last > SIMILAR.within) {
      entry = { messages: new Set(), last: now };
      remember(similar, group, entry);
    }
    entry.last = now;
    entry.messages.add(own);
    if (entry.messages.size < SIMILAR.most) return { key: `${group}/${own}`, text: message };
    entry.messages.delete(own);
    return { key: group, text: `(combined from similar events): ${message}` };
  }

  function hasToken(about: string, now: number): boolean {
    let bucket = buckets.get(about);
    if (!bucket) {
      bucket = { tokens: BURST.size, at: now };
      remember(buckets, about, bucket);
    }
    bucket.tokens = Math.min(BURST.size, bucket.tokens + (now - bucket.at) / BURST.refill);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Another recorder may have told of an object of the same name in the same instant: then the next name is taken. */
  async function create(series: Series, note: Note): Promise<void> {
    for (let attempt = 1; ; attempt++)
      try {
        await client.create(EVENTS, eventOf(series, note, options));
        return;
      } catch (error) {
        if (!isAlreadyExists(error) || attempt === MAX_ATTEMPTS) throw error;
        series.name = nameFor(note.object.metadata.name, note.at);
      }
  }

  async function bump(known: Series, note: Note): Promise<void> {
    const patch = { count: known.count, lastTimestamp: timestamp(note.at), message: note.message };
    try {
      await client.patch(EVENTS, known.name, known.namespace, patch, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await create(known, note); // it had expired
    }
  }

  function enqueue(write: () => Promise<void>): void {
    queue.push(write);
    writing ??= drain();
  }

  async function drain(): Promise<void> {
    for (let at = 0; at < queue.length; at++) {
      if (at % TOGETHER === 0) await turn();
      if (stopped) break;
      await queue[at]!().catch((error) => options.onError?.(error));
    }
    queue.length = 0;
    writing = undefined;
  }

  /** What waits for events is a person; what runs meanwhile is a rollout: let it go first, for a while. */
  async function turn(): Promise<void> {
    for (let turns = 0; turns < PATIENCE; turns++) {
      const before = options.urgent?.();
      await new Promise((resolve) => setImmediate(resolve));
      if (options.urgent?.() === before) return;
    }
  }

  return {
    event,
    flushed: async () => {
      while (writing) await writing;
    },
    get idle() {
      return writing === undefined;
    },
    stop: () => {
      stopped = true;
    },
  };
}

function eventOf(
  { name, namespace, count }: Series,
  { object, type, reason, message, at, more: { fieldPath, action } }: Note,
  { component, host }: EventRecorderOptions,
): KubeObject {
  const stamp = timestamp(at);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      kind: object.kind,
      ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      uid: object.metadata.uid,
      apiVersion: object.apiVersion,
      resourceVersion: object.metadata.resourceVersion,
      ...(fieldPath && { fieldPath }),
    },
    reason,
    message,
    type,
    ...(action
      ? {
          source: {},
          firstTimestamp: null,
          lastTimestamp: null,
          eventTime: new Date(at).toISOString().replace('Z', '000Z'),
          action,
          reportingComponent: component,
          reportingInstance: host ? `${component}-${host}` : component,
        }
      : {
          source: { component, ...(host && { host }) },
          firstTimestamp: stamp,
          lastTimestamp: stamp,
          count,
          eventTime: null,
          reportingComponent: component,
          reportingInstance: host ?? '',
        }),
  };
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
