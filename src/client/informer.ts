/**
 * A local copy of one resource, kept by list and watch. Its owner's own writes may be put in with `observe`, so that a
 * controller reads what it wrote before the watch tells it; the watch's later event then changes nothing.
 */
import { type GroupVersionResource, isGone, type KubeObject } from '../api/object.ts';
import { hasReason, StatusError } from '../api/status.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Client } from './types.ts';

export interface Change<T extends KubeObject = KubeObject> {
  type: 'added' | 'modified' | 'deleted';
  object: T;
  /** What the copy held before a modification. */
  previous?: T;
}

export type IndexKeys<T extends KubeObject> = (object: T) => string[];

/** Read-only access to the copy. What it answers is shared and never mutated. */
export interface Lister<T extends KubeObject> {
  get(name: string, namespace?: string): T | undefined;
  byKey(key: string): T | undefined;
  list(namespace?: string): T[];
  byIndex(index: string, key: string): T[];
}

export interface InformerOptions {
  client: Client;
  clock: Clock;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  onError?(error: unknown): void;
}

export const keyOf = (object: KubeObject): string => toKey(object.metadata.name, object.metadata.namespace);
export const toKey = (name: string, namespace?: string): string => (namespace ? `${namespace}/${name}` : name);
/** How many deleted objects are remembered, so that a late answer to a write does not bring one back. */
const TOMBSTONES = 8192;
const NAMESPACE_INDEX = 'namespace';
/** Back-off between attempts to list again, as client-go's reflector. */
const RETRY = { first: 800, most: 30_000 };

/** Starts with `synced`, which resolves with the first list, and goes on until `stop`: lost watches are begun anew. */
export class Informer<T extends KubeObject = KubeObject> implements Lister<T> {
  readonly resource: GroupVersionResource;
  readonly #options: InformerOptions;
  readonly #objects = new Map<string, T>();
  readonly #indices = new Map<string, { keys: IndexKeys<T>; map: Map<string, Map<string, T>> }>();
  readonly #handlers: ((change: Change<T>) => void)[] = [];
  readonly #deleted = new Set<string>();
  readonly #stop = new AbortController();
  #synced: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #version = '';

  constructor(resource: GroupVersionResource, options: InformerOptions) {
    this.resource = resource;
    this.#options = options;
    this.addIndex(NAMESPACE_INDEX, (object) => [object.metadata.namespace ?? '']);
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(toKey(name, namespace));
  }

  byKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(NAMESPACE_INDEX, namespace);
  }

  byIndex(index: string, key: string): T[] {
    const found = this.#indices.get(index);
    if (!found) throw new Error(`informer for ${this.resource.resource}: no index "${index}"`);
    const entry = found.map.get(key);
    return entry ? [...entry.values()] : [];
  }

  /** Groups objects by the keys a function gives them; adding the same name twice keeps the first. */
  addIndex(name: string, keys: IndexKeys<T>): void {
    if (this.#indices.has(name)) return;
    const index = { keys, map: new Map<string, Map<string, T>>() };
    this.#indices.set(name, index);
    for (const [key, object] of this.#objects) for (const value of keys(object)) insert(index.map, value, key, object);
  }

  /** Calls `handler` for each change, and at once for all that is there already. */
  onChange(handler: (change: Change<T>) => void): void {
    this.#handlers.push(handler);
    for (const object of this.#objects.values()) handler({ type: 'added', object });
  }

  /** Starts on the first call; resolves when the first list is in. */
  synced(): Promise<void> {
    this.#synced ??= new Promise((resolve) => {
      this.#running = this.#run(resolve);
    });
    return this.#synced;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('informer stopped'));
    await this.#running;
  }

  /** Takes in an object that a write answered with, unless the copy is newer. */
  observe(object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (uid !== undefined && this.#deleted.has(uid)) return;
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous && !isNewer(resourceVersion, previous.metadata.resourceVersion)) return;
    if (isGone(object)) {
      this.#remove(key, object);
      return;
    }
    this.#store(key, object, previous);
    if (!previous) this.#tell({ type: 'added', object });
    else if (previous.metadata.uid === uid) this.#tell({ type: 'modified', object, previous });
    else {
      // Deleted and created again between two looks: handlers must see both.
      this.#bury(previous);
      this.#tell({ type: 'deleted', object: previous });
      this.#tell({ type: 'added', object });
    }
  }

  /** Takes in that an object is gone, for writes that remove at once. */
  forget(object: T): void {
    const key = keyOf(object);
    const current = this.#objects.get(key);
    this.#bury(object);
    if (current && current.metadata.uid === object.metadata.uid) this.#remove(key, current);
  }

  async #run(synced: () => void): Promise<void> {
    const { signal } = this.#stop;
    let delay = RETRY.first;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await this.#list();
        synced();
        delay = RETRY.first;
        await this.#watch();
      } catch (error) {
        if (signal.aborted) break;
        const expired = hasReason(error, 'Expired') || hasReason(error, 'Gone');
        if (!expired) this.#options.onError?.(error);
        // After anything but a lost connection what was seen cannot be trusted to be complete.
        if (expired || error instanceof StatusError) this.#version = '';
        if (!expired) await sleep(this.#options.clock, delay, signal).catch(() => {});
        delay = Math.min(RETRY.most, delay * 2);
      }
    }
    synced();
  }

  async #list(): Promise<void> {
    const { client, namespace, labelSelector, fieldSelector } = this.#options;
    const { signal } = this.#stop;
    const seen = new Set<string>();
    let next: string | undefined;
    do {
      const page = await client.list<T>(this.resource, {
        namespace,
        labelSelector,
        fieldSelector,
        limit: 500,
        continue: next,
        signal,
      });
      for (const item of page.items) {
        // Items of a list need not name their type.
        const object = item.kind
          ? item
          : { ...item, apiVersion: page.apiVersion, kind: page.kind.replace(/List$/, '') };
        seen.add(keyOf(object));
        this.observe(object);
      }
      next = page.metadata.continue || undefined;
      this.#version = page.metadata.resourceVersion ?? '';
    } while (next !== undefined);
    for (const [key, object] of [...this.#objects])
      if (!seen.has(key) && !isNewer(object.metadata.resourceVersion, this.#version)) this.#remove(key, object);
  }

  async #watch(): Promise<void> {
    const { client, namespace, labelSelector, fieldSelector } = this.#options;
    const events = client.watch<T>(this.resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: this.#version,
      allowWatchBookmarks: true,
      signal: this.#stop.signal,
    });
    for await (const { type, object } of events) {
      if (this.#stop.signal.aborted) return;
      this.#version = object.metadata.resourceVersion ?? this.#version;
      if (type === 'DELETED') {
        const current = this.#objects.get(keyOf(object));
        if (current?.metadata.uid === object.metadata.uid) this.#remove(keyOf(object), object);
        else this.#bury(object);
      } else if (type !== 'BOOKMARK') this.observe(object);
    }
  }

  #store(key: string, object: T, previous: T | undefined): void {
    this.#objects.set(key, object);
    for (const { keys, map } of this.#indices.values()) {
      const values = keys(object);
      // Where the key stays the object keeps its place, so that lists keep their order.
      if (previous) for (const value of keys(previous)) if (!values.includes(value)) discard(map, value, key);
      for (const value of values) insert(map, value, key, object);
    }
  }

  #remove(key: string, object: T): void {
    const current = this.#objects.get(key);
    this.#bury(object);
    if (!current) return;
    this.#objects.delete(key);
    for (const { keys, map } of this.#indices.values()) for (const value of keys(current)) discard(map, value, key);
    this.#tell({ type: 'deleted', object });
  }

  #bury(object: T): void {
    if (object.metadata.uid === undefined) return;
    this.#deleted.add(object.metadata.uid);
    if (this.#deleted.size <= TOMBSTONES) return;
    for (const oldest of this.#deleted) {
      this.#deleted.delete(oldest);
      break;
    }
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers)
      try {
        handler(change);
      } catch (error) {
        this.#options.onError?.(error);
      }
  }
}

/** Resource versions of one resource grow: compared as the numbers they are, of any length. */
export function isNewer(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return a.length === b.length ? a > b : a.length > b.length;
}

function insert<T>(map: Map<string, Map<string, T>>, value: string, key: string, object: T): void {
  const entry = map.get(value);
  if (entry) entry.set(key, object);
  else map.set(value, new Map([[key, object]]));
}

function discard<T>(map: Map<string, Map<string, T>>, value: string, key: string): void {
  const entry = map.get(value);
  entry?.delete(key);
  if (entry?.size === 0) map.delete(value);
}
