/**
 * Durability: every change is appended to a log file, many in one write (group commit); when the log outgrows what it
 * describes, a snapshot of all items replaces it.
 *
 *     snapshot-0000000120      every item as of revision 120
 *     log-0000000118           the changes after revision 118; those up to 120 are in the snapshot too
 *     log-0000000410           the changes after 410, begun together with …
 *     snapshot-0000000415.tmp  … a snapshot not yet whole: renamed when it is, and only then the older files go
 *
 * Recovery takes the newest snapshot and the logs from there on. Only the last log may end in the middle of a record:
 * that write was never acknowledged and is cut off.
 */
import type { Logger } from '../log.ts';
import type { AppendFile, StoreFiles } from './files.ts';
import type { Journal } from './mvcc.ts';
import { decodeRecords, encodeRecords, hasRecordAfter, type StoreRecord } from './record.ts';
import type { KeyValue } from './types.ts';

/** What is on disk can not be what the store wrote; nothing was changed. */
export class CorruptError extends Error {
  readonly file: string;
  readonly why: string;
  constructor(file: string, why: string) {
    super(`open store: ${file}: ${why}`);
    this.name = 'CorruptError';
    this.file = file;
    this.why = why;
  }
}

export interface JournalOptions {
  log: Logger;
  snapshotBytes?: number;
}

const SNAPSHOT_BYTES = 16 << 20;
const CHUNK = 1 << 20;

const nameOf = (kind: 'log' | 'snapshot', revision: number) => `${kind}-${String(revision).padStart(10, '0')}`;
const revisionIn = (name: string) => Number(name.slice(name.indexOf('-') + 1));

export interface Recovered {
  items: Map<string, KeyValue>;
  revision: number;
  journal: FileJournal;
}

export function recover(files: StoreFiles, options: JournalOptions): Recovered {
  const names = files.list().sort();
  for (const name of names) if (name.endsWith('.tmp')) files.remove(name);
  const base = names.filter((name) => /^snapshot-\d+$/.test(name)).at(-1);
  const items = new Map<string, KeyValue>();
  const snapshot = base === undefined ? { revision: 1, size: 0 } : readSnapshot(files, base, items);
  const logs = logsFrom(names, snapshot.revision);
  const state: LogState = { items, covered: snapshot.revision, revision: snapshot.revision, size: 0, whole: 0 };
  for (const [i, name] of logs.entries()) readLog(files, name, i === logs.length - 1, state, options.log);
  const journal = new FileJournal(files, {
    ...options,
    revision: state.revision,
    name: logs.at(-1) ?? nameOf('log', state.revision),
    whole: state.whole,
    size: state.size,
    snapshotSize: snapshot.size,
  });
  return { items, revision: state.revision, journal };
}

/** The logs that may hold changes after `revision`: from the last that begins at or before it. */
function logsFrom(names: string[], revision: number): string[] {
  const logs = names.filter((name) => /^log-\d+$/.test(name));
  const first = logs.findLastIndex((name) => revisionIn(name) <= revision);
  return first < 0 ? logs : logs.slice(first);
}

function readSnapshot(files: StoreFiles, name: string, items: Map<string, KeyValue>) {
  const bytes = files.read(name);
  const { records } = decodeRecords(bytes);
  const [head, end] = [records[0], records.at(-1)];
  if (head?.type !== 'snapshot' || end?.type !== 'end' || head.kv.version !== records.length - 2)
    throw new CorruptError(name, 'the snapshot is not whole');
  for (let i = 1; i < records.length - 1; i++) items.set(records[i]!.kv.key, records[i]!.kv);
  return { revision: head.kv.modRevision, size: bytes.length };
}

interface LogState {
  items: Map<string, KeyValue>;
  /** The snapshot's revision: a log may repeat what it holds. */
  covered: number;
  revision: number;
  /** Bytes of whole records in all logs read, and in the last one. */
  size: number;
  whole: number;
}

function readLog(files: StoreFiles, name: string, isLast: boolean, state: LogState, log: Logger): void {
  const bytes = files.read(name);
  const { records, end } = decodeRecords(bytes);
  for (const { type, kv } of records) {
    if (kv.modRevision <= state.covered) continue;
    if (kv.modRevision !== state.revision + 1)
      throw new CorruptError(name, `revision ${kv.modRevision} follows revision ${state.revision}`);
    if (type === 'put') state.items.set(kv.key, kv);
    else state.items.delete(kv.key);
    state.revision = kv.modRevision;
  }
  state.size += end;
  state.whole = end;
  if (end === bytes.length) return;
  // A whole record after the broken one: that one is damaged, not cut short.
  if (!isLast || hasRecordAfter(bytes, end)) throw new CorruptError(name, `the record at byte ${end} is damaged`);
  log.warn('the last write to the store was not finished; it was never acknowledged and is cut off', {
    file: name,
    bytes: bytes.length - end,
  });
  files.truncate(name, end);
}

interface JournalState extends JournalOptions {
  revision: number;
  name: string;
  whole: number;
  size: number;
  snapshotSize: number;
}

/** Changes that go to disk in one write. */
class Batch {
  readonly records: StoreRecord[];
  resolve!: () => void;
  reject!: (error: Error) => void;
  /** Settles when the write has: nobody may be waiting for it. */
  readonly written: Promise<void>;

  constructor(records: StoreRecord[] = []) {
    this.records = records;
    this.written = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.written.catch(() => {});
  }
}

const lastRevision = (batch: Batch | undefined): number => batch?.records.at(-1)?.kv.modRevision ?? 0;

class FileJournal implements Journal {
  readonly #files: StoreFiles;
  readonly #log: Logger;
  readonly #threshold: number;
  /** The last revision on disk. */
  #revision: number;
  #name: string;
  #file: AppendFile | undefined;
  /** Bytes of the current log known to be whole, of all logs since the last snapshot, and of that snapshot. */
  #whole: number;
  #size: number;
  #snapshotSize: number;
  /** What is being written now, and what gathers meanwhile for the next write. */
  #writing: Batch | undefined;
  #next = new Batch();
  #snapshot: Promise<void> | undefined;
  #failure: Error | undefined;
  /** The store whose items a snapshot holds. */
  source: { readonly revision: number; range(prefix: string): { items: KeyValue[] } } | undefined;

  constructor(files: StoreFiles, state: JournalState) {
    this.#files = files;
    this.#log = state.log;
    this.#threshold = state.snapshotBytes ?? SNAPSHOT_BYTES;
    this.#revision = state.revision;
    this.#name = state.name;
    this.#whole = state.whole;
    this.#size = state.size;
    this.#snapshotSize = state.snapshotSize;
  }

  append(kv: KeyValue, type: 'put' | 'delete'): void {
    if (this.#failure !== undefined) throw this.#refusal(this.#failure);
    this.#next.records.push({ type, kv });
    this.#flush();
  }

  async durable(revision = Number.POSITIVE_INFINITY): Promise<void> {
    if (revision <= this.#revision) return;
    if (this.#failure !== undefined) throw this.#refusal(this.#failure);
    const isUnderWay = this.#next.records.length === 0 || revision <= lastRevision(this.#writing);
    await (isUnderWay ? this.#writing?.written : this.#next.written);
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

  /** A full disk may have room again: what is pending is tried once more, while who finds the failure is still refused. */
  #refusal(failure: Error): Error {
    if (isDiskFull(failure)) this.#flush();
    return refused(failure);
  }

  /** One write at a time; what comes in meanwhile goes with the next. */
  #flush(): void {
    if (this.#writing !== undefined) return;
    this.#writing = this.#next;
    // What is written in the same turn goes in the same batch.
    setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    const batch = this.#next;
    this.#writing = batch;
    this.#next = new Batch();
    try {
      await this.#append(batch.records);
    } catch (error) {
      this.#fail(error as Error, batch);
      return;
    }
    this.#failure = undefined;
    this.#writing = undefined;
    // The disk has its next work before those who waited go on.
    if (this.#next.records.length > 0) void this.#write();
    batch.resolve();
  }

  async #append(records: StoreRecord[]): Promise<void> {
    this.#file ??= await this.#files.append(this.#name);
    const bytes = encodeRecords(records);
    await this.#file.write(bytes);
    this.#whole += bytes.length;
    this.#size += bytes.length;
    this.#revision = records.at(-1)!.kv.modRevision;
    const limit = Math.max(this.#threshold, 2 * this.#snapshotSize);
    if (this.#size <= limit || this.#snapshot !== undefined) return;
    // The batch is on disk whatever becomes of this.
    await this.#beginSnapshot().catch((error) =>
      this.#log.error('a snapshot of the store was not begun; the log is kept', { error }),
    );
  }

  /** The batch may stand in the file in part: it is cut back to what is whole and the batch waits for another try. */
  #fail(error: Error, batch: Batch): void {
    this.#failure = error;
    this.#log.error('a write to the store failed', { error, file: this.#name });
    try {
      this.#files.truncate(this.#name, this.#whole);
    } catch (cause) {
      this.#failure = new Error(`${error.message}; cutting the log back failed too`, { cause });
    }
    const late = this.#next;
    this.#next = new Batch([...batch.records, ...late.records]);
    this.#writing = undefined;
    for (const each of [batch, late]) each.reject(refused(this.#failure));
  }

  /** Begins a new log and writes the items of this moment beside it, while changes go on into the new log. */
  async #beginSnapshot(): Promise<void> {
    if (this.source === undefined) return;
    const next = nameOf('log', this.#revision);
    const before = this.#file;
    this.#size = 0; // where this fails, it is tried again when the log has grown as much again
    this.#file = await this.#files.append(next);
    this.#name = next;
    this.#whole = 0;
    this.#snapshot = this.#writeSnapshot(this.source.revision, this.source.range('').items)
      .catch((error) => this.#log.error('a snapshot of the store failed; the log is kept', { error }))
      .finally(() => {
        this.#snapshot = undefined;
      });
    await before?.close();
  }

  async #writeSnapshot(revision: number, items: KeyValue[]): Promise<void> {
    const name = nameOf('snapshot', revision);
    const begun = revisionIn(this.#name);
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
    for (const old of this.#files.list()) {
      const isOld = /^log-\d+$/.test(old)
        ? revisionIn(old) < begun
        : /^snapshot-\d+$/.test(old) && revisionIn(old) < revision;
      if (isOld) this.#files.remove(old);
    }
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

const refused = (cause: Error): Error => new Error(`write to the store: ${cause.message}`, { cause });

const isDiskFull = (error: Error) => ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
