/** The disk as the store sees it: whole files read at the start, files appended to, files replaced by rename. */
import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  write,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

export interface StoreFiles {
  /** Makes the folder, readable by its owner alone. */
  prepare(): void;
  list(): string[];
  read(name: string): Buffer;
  /** Creates the file when it is not there. */
  append(name: string): Promise<AppendFile>;
  truncate(name: string, size: number): void;
  rename(from: string, to: string): void;
  remove(name: string): void;
}

export interface AppendFile {
  /** Resolves when the bytes are on disk. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export function realFiles(folder: string): StoreFiles {
  const path = (name: string) => join(folder, name);
  return {
    prepare: () => void mkdirSync(folder, { recursive: true, mode: 0o700 }),
    list: () => readdirSync(folder),
    read: (name) => readFileSync(path(name)),
    async append(name) {
      // O_DSYNC: a write returns when its data is on disk, one call instead of two.
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_DSYNC ?? 0);
      const handle = await open(path(name), flags, 0o600);
      syncFolder(folder);
      return { write: (bytes) => writeAll(handle.fd, bytes), close: () => handle.close() };
    },
    truncate: (name, size) => truncateSync(path(name), size),
    rename(from, to) {
      renameSync(path(from), path(to));
      syncFolder(folder);
    },
    remove: (name) => unlinkSync(path(name)),
  };
}

function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null) => (error === null ? resolve() : reject(error));
    const go = (at: number) =>
      write(descriptor, bytes, at, bytes.length - at, null, (error, written) => {
        if (error !== null) reject(error);
        else if (at + written < bytes.length) go(at + written);
        else if (constants.O_DSYNC === undefined) fdatasync(descriptor, settle);
        else resolve();
      });
    go(0);
  });
}

/** Makes new and renamed names durable, where the system can. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
