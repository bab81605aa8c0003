/**
 * The store in memory. Every revision is one change of one key, so the log of changes is an array indexed by revision,
 * and a key's history is the chain of its changes, newest first.
 *
 *     compactRevision 4                                  revision 9
 *     log:        5:put a   6:put b   7:put a   8:del b   9:put c
 *     heads:      a → 7 → 5        b → 8(deleted) → 6        c → 9
 *
 * A watch holds no queue: it is a position in the log, and one that falls behind the compaction ends with an error.
 */
import { SortedKeys } from './sorted-keys.ts';
import {
  CompactedError,
  type KeyValue,
  type RangeResult,
  type Store,
  type StoreEvent,
  type StoreWatch,
} from './types.ts';

export interface Change extends StoreEvent {
  older?: Change;
}

/** Where changes are made durable. Without one the store lives in memory alone. */
export interface Journal {
  /** Throws when the last write failed and the change can not be taken. */
  append(kv: KeyValue, type: 'put' | 'delete'): void;
  durable(revision?: number): Promise<void>;
  close(): Promise<void>;
}

export interface History {
  /** Changes and bytes of values the log keeps at least; it is compacted at twice as many. */
  revisions: number;
  bytes: number;
}

const DEFAULT_HISTORY: History = { revisions: 10_000, bytes: 16 << 20 };
const BATCH = 1000;

export class MvccStore implements Store {
  #revision: number;
  #compactRevision: number;
  #log: Change[] = [];
  #logBytes = 0;
  #heads = new Map<string, Change>();
  /** Every key of the history, and those that are there now. */
  #keys = new SortedKeys();
  #live = new SortedKeys();
  #watches = new Map<string, Set<Watch>>();
  /** Prefixes of watches that do not end in a slash. */
  #oddPrefixes = new Set<string>();
  readonly #journal: Journal | undefined;
  readonly #history: History;
  #closed = false;

  /** A store that begins with `items` at `revision`, its history compacted up to there. */
  constructor(options: { items?: Iterable<KeyValue>; revision?: number; journal?: Journal; history?: History } = {}) {
    this.#revision = options.revision ?? 1;
    this.#compactRevision = this.#revision;
    this.#journal = options.journal;
    this.#history = options.history ?? DEFAULT_HISTORY;
    for (const kv of options.items ?? []) {
      this.#heads.set(kv.key, { type: 'put', kv });
      this.#keys.add(kv.key);
      this.#live.add(kv.key);
    }
  }

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  get(key: string): KeyValue | undefined {
    const head = this.#heads.get(key);
    return head?.type === 'put' ? head.kv : undefined;
  }

  range(prefix: string, options: { after?: string; limit?: number; revision?: number } = {}): RangeResult {
    const revision = options.revision ?? this.#revision;
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    if (revision > this.#revision) throw new RangeError(`revision ${revision} is after the last, ${this.#revision}`);
    const limit = options.limit || Number.POSITIVE_INFINITY;
    const start = options.after !== undefined && options.after >= prefix ? `${options.after}\0` : prefix;
    const items: KeyValue[] = [];
    let count = 0;
    const keys = revision === this.#revision ? this.#live : this.#keys;
    keys.walk(start, prefix, (key) => {
      let change: Change | undefined = this.#heads.get(key);
      while (change !== undefined && change.kv.modRevision > revision) change = change.older;
      if (change?.type === 'put' && ++count <= limit) items.push(change.kv);
    });
    return { items, count, revision };
  }

  put(key: string, value: (revision: number) => string, expected?: number): KeyValue | undefined {
    const current = this.get(key);
    if (expected !== undefined && expected !== (current?.modRevision ?? 0)) return undefined;
    const revision = this.#revision + 1;
    const kv: KeyValue = {
      key,
      value: value(revision),
      createRevision: current?.createRevision ?? revision,
      modRevision: revision,
      version: (current?.version ?? 0) + 1,
    };
    this.#commit({ type: 'put', kv, previous: current });
    return kv;
  }

  delete(key: string, expected?: number): { previous: KeyValue; revision: number } | undefined {
    const previous = this.get(key);
    if (previous === undefined) return undefined;
    if (expected !== undefined && expected !== previous.modRevision) return undefined;
    const revision = this.#revision + 1;
    const kv: KeyValue = { key, value: '', createRevision: 0, modRevision: revision, version: 0 };
    this.#commit({ type: 'delete', kv, previous });
    return { previous, revision };
  }

  #commit(change: Change): void {
    if (this.#closed) throw new Error('the store is closed');
    if (this.#revision + 1 !== change.kv.modRevision) throw new Error('a value function wrote to the store');
    this.#journal?.append(change.kv, change.type);
    const { key } = change.kv;
    const head = this.#heads.get(key);
    if (head === undefined) this.#keys.add(key);
    if (change.type === 'delete') this.#live.remove(key);
    else if (head?.type !== 'put') this.#live.add(key);
    change.older = head;
    this.#heads.set(key, change);
    this.#revision++;
    this.#log.push(change);
    this.#logBytes += change.kv.value.length;
    this.#notify(key);
    if (this.#log.length > 2 * this.#history.revisions || this.#logBytes > 2 * this.#history.bytes) this.#trim();
  }

  /** Wakes the watches of every prefix of `key`: those that end in a slash are looked up, the few others compared. */
  #notify(key: string): void {
    for (let end = key.indexOf('/') + 1; end > 0; end = key.indexOf('/', end) + 1)
      for (const watch of this.#watches.get(key.slice(0, end)) ?? []) watch.notify(this.#revision);
    for (const prefix of this.#oddPrefixes)
      if (key.startsWith(prefix)) for (const watch of this.#watches.get(prefix)!) watch.notify(this.#revision);
  }

  /** Compacts to the point from which the log is within the bounds of `history` again. */
  #trim(): void {
    let kept = 0;
    let bytes = 0;
    while (kept < this.#history.revisions && bytes < this.#history.bytes)
      bytes += this.#log[this.#log.length - ++kept]!.kv.value.length;
    this.compact(this.#revision - kept);
  }

  compact(revision: number): void {
    if (revision <= this.#compactRevision) return;
    const end = Math.min(revision, this.#revision);
    const dropped = this.#log.splice(0, end - this.#compactRevision);
    this.#compactRevision = end;
    for (const change of dropped) {
      this.#logBytes -= change.kv.value.length;
      this.#cut(change.kv.key, end);
    }
  }

  /** Forgets what `key` was before `revision`, and the key itself when it was gone by then. */
  #cut(key: string, revision: number): void {
    const head = this.#heads.get(key);
    if (head === undefined) return;
    let newer: Change | undefined;
    let change: Change | undefined = head;
    while (change !== undefined && change.kv.modRevision > revision) {
      newer = change;
      change = change.older;
    }
    if (change === undefined) return;
    change.older = undefined;
    if (change.type === 'put') return;
    if (newer !== undefined) newer.older = undefined;
    else {
      this.#heads.delete(key);
      this.#keys.remove(key);
    }
  }

  watch(prefix: string, revision: number): StoreWatch {
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    const watch = new Watch(prefix, revision, {
      compactRevision: () => this.#compactRevision,
      revision: () => this.#revision,
      at: (wanted) => this.#log[wanted - this.#compactRevision - 1]!,
      closed: () => {
        const watches = this.#watches.get(prefix);
        watches?.delete(watch);
        if (watches?.size === 0) {
          this.#watches.delete(prefix);
          this.#oddPrefixes.delete(prefix);
        }
      },
    });
    const watches = this.#watches.get(prefix);
    if (watches === undefined) this.#watches.set(prefix, new Set([watch]));
    else watches.add(watch);
    if (!prefix.endsWith('/')) this.#oddPrefixes.add(prefix);
    return watch;
  }

  async durable(revision?: number): Promise<void> {
    await this.#journal?.durable(revision);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const watches of [...this.#watches.values()]) for (const watch of [...watches]) watch.close();
    await this.#journal?.close();
  }

  check(): void {
    this.#keys.check();
    const must = (holds: boolean, what: string) => {
      if (!holds) throw new Error(`store check: ${what}`);
    };
    this.#live.check();
    const live = [...this.#heads.values()].filter(({ type }) => type === 'put').length;
    must(this.#live.size === live, `${this.#live.size} keys are there but ${live} heads`);
    must(this.#keys.size === this.#heads.size, `${this.#keys.size} keys but ${this.#heads.size} heads`);
    must(this.#log.length === this.#revision - this.#compactRevision, 'the log does not span the kept revisions');
    this.#log.forEach((change, i) => {
      must(change.kv.modRevision === this.#compactRevision + 1 + i, `log entry ${i} has another revision`);
      const head = this.#heads.get(change.kv.key);
      let found: Change | undefined = head;
      while (found !== undefined && found !== change) found = found.older;
      must(found === change, `revision ${change.kv.modRevision} is not in the history of "${change.kv.key}"`);
    });
    for (const [key, head] of this.#heads) {
      must(head.type === 'put' || head.kv.modRevision > this.#compactRevision, `"${key}" is gone but not forgotten`);
      let below = 0;
      for (let change: Change | undefined = head; change !== undefined; change = change.older) {
        must(change.kv.key === key, `the history of "${key}" holds "${change.kv.key}"`);
        must(change.kv.modRevision > (change.older?.kv.modRevision ?? 0), `the history of "${key}" is out of order`);
        if (change.kv.modRevision <= this.#compactRevision) below++;
      }
      must(below <= 1, `"${key}" keeps ${below} changes from before the compaction`);
    }
    const bytes = this.#log.reduce((sum, change) => sum + change.kv.value.length, 0);
    must(bytes === this.#logBytes, `${bytes} bytes in the log, ${this.#logBytes} counted`);
  }
}

interface LogView {
  compactRevision(): number;
  revision(): number;
  at(revision: number): StoreEvent;
  closed(): void;
}

class Watch implements StoreWatch {
  readonly #prefix: string;
  readonly #log: LogView;
  /** The revision from which on the log may hold events not yet delivered; 0 when there are none. */
  #pending: number;
  #revision: number;
  /** Ends the reader's wait. */
  #go: (() => void) | undefined;
  #isAwaited = false;
  #closed = false;

  constructor(prefix: string, revision: number, log: LogView) {
    this.#prefix = prefix;
    this.#log = log;
    this.#pending = revision < log.revision() ? revision + 1 : 0;
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  notify(revision: number): void {
    if (this.#pending === 0) this.#pending = revision;
    this.#go?.();
  }

  wake(): void {
    this.#isAwaited = true;
    this.#go?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#log.closed();
    this.#go?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoreEvent[]> {
    try {
      while (!this.#closed) {
        const batch = this.#take();
        if (batch.length > 0 || this.#isAwaited) {
          this.#isAwaited = false;
          yield batch;
        } else if (this.#pending === 0 && !this.#closed) {
          await new Promise<void>((resolve) => (this.#go = resolve));
          this.#go = undefined;
        }
      }
    } finally {
      this.close();
    }
  }

  #take(): StoreEvent[] {
    const batch: StoreEvent[] = [];
    const end = this.#log.revision();
    let at = this.#pending || end + 1;
    if (at <= this.#log.compactRevision()) throw new CompactedError(this.#log.compactRevision());
    for (; at <= end && batch.length < BATCH; at++) {
      const event = this.#log.at(at);
      if (event.kv.key.startsWith(this.#prefix)) batch.push(event);
    }
    this.#pending = at <= end ? at : 0;
    this.#revision = at - 1;
    return batch;
  }
}
