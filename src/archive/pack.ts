/** Writes a chart archive, byte for byte the same for the same input. */
import { constants, gzipSync } from 'node:zlib';
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
