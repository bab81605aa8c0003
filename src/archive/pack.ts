/** Writes a chart archive, byte for byte the same for the same input, and unpacks one to disk. */
import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, gzipSync } from 'node:zlib';
import { readArchive } from './read.ts';
import type { ArchiveFile } from './tar.ts';

/** The time of files whose own time means nothing: with it the same files always make the same archive. */
export const REPRODUCIBLE_TIME = new Date(Date.UTC(1980, 0, 1));

export interface PackOptions {
  /** Stands for the time of every file, so that the same files give the same digest. */
  mtime: Date;
}

/**
 * A gzipped tar of `files`, in the order given; names start with the chart's directory (`web/Chart.yaml`).
 */
export async function packArchive(files: ArchiveFile[], { mtime }: PackOptions): Promise<Uint8Array> {
  const { Header, Pax } = await import('tar');
  const blocks: Uint8Array[] = [];
  for (const { name, data, mode = 0o644 } of files) {
    const fields = { path: name, mode, uid: 0, gid: 0, size: data.length, mtime, type: 'File' as const };
    const header = new Header(fields);
    if (header.encode()) blocks.push(new Pax({ path: name, size: data.length, mtime }).encode());
    blocks.push(header.block!, data, new Uint8Array((512 - (data.length % 512)) % 512));
  }
  blocks.push(new Uint8Array(1024));
  const packed = gzipSync(Buffer.concat(blocks), { level: constants.Z_BEST_COMPRESSION });
  packed[9] = 255; // the operating system: unknown, wherever it was packed
  return packed;
}

/**
 * Unpacks a chart archive into `directory`, without the name of the directory that it holds. What `readArchive` refuses
 * is refused before the first byte is written; tar's own checks of every path stand behind that.
 */
export async function unpackChart(archive: Uint8Array, directory: string): Promise<void> {
  readArchive(archive);
  const { extract } = await import('tar');
  mkdirSync(directory, { recursive: true });
  const target = extract({ cwd: directory, strip: 1, strict: true, noMtime: true, filter: isFile, sync: false });
  await pipeline(Readable.from([archive]), target);
}

/** Directories come with their files; anything else has been refused. */
const isFile = (_path: string, entry: object): boolean => 'type' in entry && /File$/.test(String(entry.type));
