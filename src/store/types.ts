/**
 * etcd's model: one revision counter for the whole store, a history per key, ranges and watches at a revision.
 * Changes are visible at once and durable a moment later: `durable(revision)` resolves when the log that holds the
 * revision is on disk. A reader in the same process lives and dies with the store and need not wait; whoever answers
 * another process must.
 */
export interface KeyValue {
  key: string;
  value: string;
  /** Revision at which the key was last created, last changed, and how often it changed since its creation. */
  createRevision: number;
  modRevision: number;
  version: number;
}

export interface RangeResult {
  items: KeyValue[];
  /** How many keys the whole range holds, with those left out by `limit`. */
  count: number;
  /** The store's revision when the range was read. */
  revision: number;
}

export interface StoreEvent {
  type: 'put' | 'delete';
  /** A delete carries the revision of the deletion and an empty value. */
  kv: KeyValue;
  previous?: KeyValue;
}

export interface StoreWatch {
  /** Every event up to it has been handed out. */
  readonly revision: number;
  /** Batches in revision order, each with every event of its revision. Ends after `close`; throws CompactedError. */
  [Symbol.asyncIterator](): AsyncIterator<StoreEvent[]>;
  /** Makes the reader's next batch come now, empty where there is nothing to tell. */
  wake(): void;
  close(): void;
}

export interface Store {
  /** The revision of the last change, 1 for an empty store. */
  readonly revision: number;
  readonly compactRevision: number;
  get(key: string): KeyValue | undefined;
  /** Keys with `prefix`, in byte order, `after` a key and at most `limit`; at a past `revision` where given. */
  range(prefix: string, options?: { after?: string; limit?: number; revision?: number }): RangeResult;
  /**
   * Writes `value(revision)` if the key's modRevision is `expected` (0: does not exist; undefined: whatever it is).
   * Answers undefined where it is not. `value` is told the revision the change will have.
   */
  put(key: string, value: (revision: number) => string, expected?: number): KeyValue | undefined;
  /** Deletes the key under the same condition; answers what was deleted, with the revision of the deletion. */
  delete(key: string, expected?: number): { previous: KeyValue; revision: number } | undefined;
  /** Events under `prefix` after `revision` (exclusive). Throws CompactedError for a revision no longer kept. */
  watch(prefix: string, revision: number): StoreWatch;
  compact(revision: number): void;
  /** Of everything up to now where no revision is named. */
  durable(revision?: number): Promise<void>;
  close(): Promise<void>;
  /** Verifies every invariant of the structures in memory; throws on the first that does not hold. */
  check(): void;
}

/** The asked revision is older than what the store keeps: the API's 410 Expired. */
export class CompactedError extends Error {
  readonly compactRevision: number;
  constructor(compactRevision: number) {
    super(`required revision has been compacted; the oldest kept is ${compactRevision}`);
    this.name = 'CompactedError';
    this.compactRevision = compactRevision;
  }
}
