/** Downloads a chart into a folder, as an archive or unpacked. */
import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { loadArchive } from '../chart/load.ts';
import { unpackChart } from '../chart/save.ts';
import type { Verification } from '../provenance/verify.ts';
import { fetchArchive } from '../repo/archive-cache.ts';
import { writeAtomic } from '../repo/repositories.ts';
import { findSource, type SourceOptions } from '../repo/source.ts';

export interface PullOptions extends SourceOptions {
  /** The folder that relative paths are seen from. */
  directory: string;
  destination: string;
  untar: boolean;
  /** Below `destination` unless it is absolute. */
  untarDir: string;
  /** `--verify`: the keyring that must know who signed the archive. */
  keyring?: string;
  /** `--prov`: the provenance too, unverified. */
  provenance?: boolean;
  /** Told what is missing, and does not matter. */
  warn?(message: string): void;
}

export interface Pulled {
  /** Of the archive or of the chart's directory. */
  path: string;
  verification?: Verification;
}

/** Throws Helm's words. */
export async function pullChart(reference: string, options: PullOptions): Promise<Pulled> {
  const { places, keyring, warn, provenance: wanted } = options;
  const source = await findSource(reference, options);
  const { bytes, fileName, provenance } = await fetchArchive(source, {
    content: places.content,
    provenance: keyring !== undefined || (wanted === true && 'optional'),
    onMissing: (reason) => warn?.(`WARNING: Verification not found for ${reference}: ${reason}`),
  });
  const verification = keyring === undefined ? undefined : await verify(bytes, provenance!, fileName, keyring);
  const directory = resolve(options.directory, options.destination);
  if (options.untar) return { path: await untar(reference, bytes, directory, options), verification };
  const path = join(directory, fileName);
  if (!existsSync(directory)) throw new Error(`open ${join(options.destination, fileName)}: no such file or directory`);
  writeAtomic(path, bytes, 0o644);
  if (provenance !== undefined) writeAtomic(`${path}.prov`, provenance, 0o644);
  return { path, verification };
}

async function verify(bytes: Uint8Array, provenance: Uint8Array, fileName: string, keyring: string) {
  const { verifyArchive } = await import('../provenance/verify.ts');
  return verifyArchive(bytes, provenance, fileName, keyring);
}

async function untar(reference: string, bytes: Uint8Array, destination: string, options: PullOptions) {
  const parent = isAbsolute(options.untarDir) ? options.untarDir : join(destination, options.untarDir);
  if (existsSync(parent) && !statSync(parent).isDirectory())
    throw new Error(`failed to untar (mkdir): mkdir ${shownFolder(options)}: not a directory`);
  const taken = join(parent, basename(reference));
  if (existsSync(taken))
    throw new Error(
      `failed to untar: a file or directory with the name ${join(shownFolder(options), basename(reference))} already exists`,
    );
  const directory = join(parent, loadArchive(bytes, { log: options.log }).metadata.name);
  unpackChart(bytes, directory);
  return directory;
}

/** As the user would write it. */
const shownFolder = ({ destination, untarDir }: PullOptions): string =>
  isAbsolute(untarDir) ? untarDir : join(destination, untarDir);
