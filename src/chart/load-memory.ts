/** A chart from memory where archives are unpacked by waiting, as in a browser: all of them before the chart is read. */
import { gunzipStream } from '../archive/gunzip-stream.ts';
import { type ArchiveFile, archiveSum, DEFAULT_LIMITS, readTar } from '../archive/tar.ts';
import type { Logger } from '../log.ts';
import { encodeUtf8 } from '../template/utf8.ts';
import { checkFilesVersion } from './api-version.ts';
import type { Chart } from './chart.ts';
import { loadFiles } from './load-files.ts';

export interface LoadMemoryOptions {
  log?: Logger;
}

/** Texts or bytes by their names in the chart's directory: `Chart.yaml`, `templates/service.yaml`. */
export type ChartFiles = Record<string, string | Uint8Array>;

/** A chart's files by the names they have in its directory. */
export const toArchiveFiles = (files: ChartFiles): ArchiveFile[] =>
  Object.entries(files).map(([name, content]) => ({
    name,
    data: typeof content === 'string' ? encodeUtf8(content) : content,
  }));

/** From the bytes of an archive, as `helm package` makes it. Throws Helm's words. */
export async function loadArchiveLater(bytes: Uint8Array, options: LoadMemoryOptions = {}): Promise<Chart> {
  const files = await unpack(bytes);
  return loadFilesLater(files, options);
}

export async function loadFilesLater(files: ArchiveFile[], options: LoadMemoryOptions = {}): Promise<Chart> {
  checkFilesVersion(files);
  const unpacked: Unpacked = new Map();
  await unpackAll(files, unpacked, archiveSum(), 0);
  return loadFiles(files, { ...options, unpack: (bytes) => filesOf(unpacked.get(bytes)) });
}

const unpack = async (bytes: Uint8Array): Promise<ArchiveFile[]> => readTar(await gunzipStream(bytes, DEFAULT_LIMITS));

/** By the bytes of the archive; why it could not be unpacked is thrown where it is read. */
type Unpacked = Map<Uint8Array, ArchiveFile[] | Error>;

const SUBCHART_ARCHIVE = /^(charts\/[^/]+\/)*charts\/[^/]+\.tgz$/;
/** What is deeper is refused when the chart is read. */
const MAX_NESTING = 64;

async function unpackAll(
  files: readonly ArchiveFile[],
  unpacked: Unpacked,
  add: (files: readonly ArchiveFile[]) => void,
  depth: number,
): Promise<void> {
  if (depth > MAX_NESTING) return;
  for (const { name, data } of files) {
    if (!SUBCHART_ARCHIVE.test(name)) continue;
    const inner = await unpack(data).catch((error: Error) => error);
    unpacked.set(data, inner);
    if (inner instanceof Error) continue;
    add(inner);
    await unpackAll(inner, unpacked, add, depth + 1);
  }
}

function filesOf(found: ArchiveFile[] | Error | undefined): ArchiveFile[] {
  if (found === undefined) throw new Error('an archive that was not unpacked');
  if (found instanceof Error) throw found;
  return found;
}
