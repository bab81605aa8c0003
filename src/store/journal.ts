/**
 * Durability: every change is appended to a log file, many in one write (group commit); when the log outgrows what it
 * describes, a snapshot of all items replaces it.
 *
 *     snapshot-0000000120   every item as of revision 120
 *     log-0000000120        the changes after revision 120 …
 *     log-0000000410        … and after 410, begun when a snapshot at 410 began to be written
 *     snapshot-0000000410.tmp   not whole yet: renamed when it is, and only then the older files go
 *
 * Recovery takes the newest snapshot and every log from it on. Only the last log may end in the middle of a record: what
 * follows was never acknowledged, is cut off and kept aside as `torn-…`.
 */
import type { Logger } from '../log.ts';
import type { AppendFile, StoreFiles } from './files.ts';
import type { Journal } from './mvcc.ts';
import { decodeRecords, encodeRecords, type StoreRecord } from './record.ts';
import type { KeyValue } from './types.ts';

/** What is on disk can not be what the store wrote; nothing was changed. */
export class CorruptError extends Error {
  constructor(file: string, why: string) {
    super(`open store: ${file}: ${why}`);
    this.name = 'CorruptError';
  }
}

export interface JournalOptions {
  log: Logger;
  snapshotBytes?: number;
}

const SNAPSHOT_BYTES = 16 << 20;
const CHUNK = 4 << 20;

const nameOf = (kind: 'log' | 'snapshot', revision: number) => `${kind}-${String(revision).padStart(10, '0')}`;
const revisionIn = (name: string) => Number(name.slice(name.indexOf('-') + 1));

export function recover(files: StoreFiles, options: JournalOptions) {
  const names = files.list().sort();
  const base = names.filter((name) => /^snapshot-\d+$/.test(name)).at(-1);
  const items = new Map<string, KeyValue>();
  let revision = base === undefined ? 1 : readSnapshot(files, base, items);
  const start = revision;
  const logs = names.filter((name) => /^log-\d+$/.test(name) && revisionIn(name) >= (base ? revisionIn(base) : 0));
  let size = 0;
  for (const [i, name] of logs.entries()) {
    const bytes = files.read(name);
    const { records, end } = decodeRecords(bytes);
    for (const record of records) revision = applyRecord(items, record, revision, name);
    if (end < bytes.length && i < logs.length - 1) throw new CorruptError(name, `record at byte ${end} is damaged`);
    if (end < bytes.length) cutTail(files, name, end, bytes.length - end, options.log);
    size += end;
  }
  for (const name of names) if (name.endsWith('.tmp')) files.remove(name);
  const current = logs.at(-1) ?? nameOf('log', start);
  return { items: items.values(), revision, journal: new FileJournal(files, items, revision, current, size, options) };
}

function readSnapshot(files: StoreFiles, name: string, items: Map<string, KeyValue>): number {
  const { records } = decodeRecords(files.read(name));
  const [head, end] = [records[0], records.at(-1)];
  if (head?.type !== 'snapshot' || end?.type !== 'end' || head.kv.version !== records.length - 2)
    throw new CorruptError(name, 'the snapshot is not whole');
  for (let i = 1; i < records.length - 1; i++) items.set(records[i]!.kv.key, records[i]!.kv);
  return head.kv.modRevision;
}

function applyRecord(items: Map<string, KeyValue>, { type, kv }: StoreRecord, revision: number, name: string): number {
  // A log that was begun before the snapshot it belongs to was whole repeats nothing: its revisions go on.
  if (kv.modRevision !== revision + 1)
    throw new CorruptError(name, `revision ${kv.modRevision} follows revision ${revision}`);
  if (type === 'put') items.set(kv.key, kv);
  else items.delete(kv.key);
  return kv.modRevision;
}

function cutTail(files: StoreFiles, name: string, end: number, rest: number, log: Logger): void {
  log.warn('the last write to the store was not finished; it was never acknowledged and is cut off', {
    file: name,
    bytes: rest,
  });
  files.truncate(name, end);
}

class FileJournal implements Journal {
  readonly #files: StoreFiles;
  readonly #log: Logger;
  readonly #threshold: number;
  /** What is on disk or on its way there, for snapshots. */
  readonly #items: Map<string, KeyValue>;
  #revision: number;
  #name: string;
  #file: AppendFile | undefined;
  /** Bytes of the current log known to be whole, and of all logs since the last snapshot. */
  #fileSize: number;
  #size: number;
  #snapshotSize = 0;
  #pending: StoreRecord[] = [];
  #flushing: Promise<void> | undefined;
  #snapshot: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(
    files: StoreFiles,
    items: Map<string, KeyValue>,
    revision: number,
    name: string,
    size: number,
    options: JournalOptions,
  ) {
    this.#files = files;
    this.#items = items;
    this.#revision = revision;
    this.#name = name;
    this.#size = size;
    this.#fileSize = size;
    this.#log = options.log;
    this.#threshold = options.snapshotBytes ?? SNAPSHOT_BYTES;
  }

  append(kv: KeyValue, type: 'put' | 'delete'): void {
    if (this.#failure !== undefined) {
      // A full disk may have room again: what is pending is tried once more, and this change is still refused.
      if (isDiskFull(this.#failure)) this.#flush();
      throw new Error(`write to the store: ${this.#failure.message}`, { cause: this.#failure });
    }
    this.#pending.push({ type, kv });
    if (this.#flushing === undefined) this.#flush();
  }

  async durable(): Promise<void> {
    while (this.#flushing !== undefined && this.#failure === undefined) await this.#flushing;
    if (this.#failure !== undefined)
      throw new Error(`write to the store: ${this.#failure.message}`, { cause: this.#failure });
  }

  async close(): Promise<void> {
    try {
      await this.durable();
      await this.#snapshot;
    } finally {
      await this.#file?.close();
      this.#file = undefined;
    }
  }

  /** One write at a time; what comes in meanwhile goes with the next. */
  #flush(): void {
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #drain(): Promise<void> {
    await undefined; // what is written in the same turn goes in the same batch
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#write(batch);
        this.#failure = undefined;
      } catch (error) {
        this.#fail(error as Error, batch);
        return;
      }
    }
  }

  async #write(batch: StoreRecord[]): Promise<void> {
    this.#file ??= await this.#files.append(this.#name);
    const bytes = encodeRecords(batch);
    await this.#file.write(bytes);
    this.#fileSize += bytes.length;
    this.#size += bytes.length;
    for (const { type, kv } of batch)
      if (type === 'put') this.#items.set(kv.key, kv);
      else this.#items.delete(kv.key);
    this.#revision = batch.at(-1)!.kv.modRevision;
    const limit = Math.max(this.#threshold, 2 * this.#snapshotSize);
    if (this.#size > limit && this.#snapshot === undefined) await this.#beginSnapshot();
  }

  /** The batch may stand in the file in part: it is cut back to what is whole and the batch waits for another try. */
  #fail(error: Error, batch: StoreRecord[]): void {
    this.#failure = error;
    this.#pending = [...batch, ...this.#pending];
    this.#log.error('a write to the store failed', { error, file: this.#name });
    try {
      this.#files.truncate(this.#name, this.#fileSize);
    } catch (cause) {
      this.#failure = new Error(`${error.message}; cutting the log back failed too`, { cause });
    }
  }

  /** Begins a new log and writes the items of this moment beside it, while changes go on into the new log. */
  async #beginSnapshot(): Promise<void> {
    const revision = this.#revision;
    const items = [...this.#items.values()];
    const next = nameOf('log', revision);
    const file = await this.#files.append(next);
    await this.#file!.close();
    this.#file = file;
    this.#name = next;
    this.#fileSize = 0;
    this.#size = 0;
    this.#snapshot = this.#writeSnapshot(revision, items)
      .catch((error) => this.#log.error('a snapshot of the store failed; the log is kept', { error }))
      .finally(() => {
        this.#snapshot = undefined;
      });
  }

  async #writeSnapshot(revision: number, items: KeyValue[]): Promise<void> {
    const name = nameOf('snapshot', revision);
    const temporary = `${name}.tmp`;
    if (this.#files.list().includes(temporary)) this.#files.remove(temporary);
    const file = await this.#files.append(temporary);
    try {
      let size = 0;
      for (const chunk of snapshotChunks(revision, items)) {
        await file.write(chunk);
        size += chunk.length;
      }
      this.#snapshotSize = size;
    } finally {
      await file.close();
    }
    this.#files.rename(temporary, name);
    for (const old of this.#files.list())
      if (/^(log|snapshot)-\d+$/.test(old) && revisionIn(old) < revision) this.#files.remove(old);
  }
}

function* snapshotChunks(revision: number, items: KeyValue[]): Generator<Buffer> {
  const mark = (type: 'snapshot' | 'end'): StoreRecord => ({
    type,
    kv: { key: '', value: '', createRevision: 0, modRevision: revision, version: items.length },
  });
  let chunk: StoreRecord[] = [mark('snapshot')];
  let size = 0;
  for (const kv of items) {
    chunk.push({ type: 'put', kv });
    size += kv.value.length;
    if (size < CHUNK) continue;
    yield encodeRecords(chunk);
    chunk = [];
    size = 0;
  }
  yield encodeRecords([...chunk, mark('end')]);
}

const isDiskFull = (error: Error) => ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
