/** Archives of plugins: packed the same for the same files, unpacked into a new folder and nowhere else. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packArchive, REPRODUCIBLE_TIME } from '../archive/pack.ts';
import { gunzip } from '../archive/read.ts';
import { type ArchiveFile, type ArchiveLimits, LINKS_AND_DEVICES, tarEntries } from '../archive/tar.ts';
import { PLUGIN_FILE } from './load.ts';
import { type PluginMetadata, parsePluginMetadata } from './metadata.ts';

/** Plugins are programs, which are large. */
const LIMITS: ArchiveLimits = { total: 512 * 1024 * 1024, file: 256 * 1024 * 1024, count: 20_000 };

export const isPluginArchive = (name: string): boolean => /\.(?:tgz|tar\.gz)$/.test(name);

export interface PluginArchive {
  metadata: PluginMetadata;
  /** Paths are relative to the plugin's folder. */
  files: ArchiveFile[];
}

/** Throws for everything that is no plain file or leads out of the archive. */
export function readPluginArchive(bytes: Uint8Array, limits: ArchiveLimits = LIMITS): PluginArchive {
  const files: ArchiveFile[] = [];
  let left = limits.total;
  for (const { name, type, size, mode, data } of tarEntries(gunzip(bytes, limits), limits)) {
    checkPath(name);
    if (type === '5' || name.endsWith('/')) continue;
    if (LINKS_AND_DEVICES[type] !== undefined)
      throw new Error(`the archive illegally contains a ${LINKS_AND_DEVICES[type]}: ${JSON.stringify(name)}`);
    left -= size;
    if (size > limits.file || left < 0) throw new Error(`unpacked, the plugin is larger than ${limits.total} bytes`);
    files.push({ name: name.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, ''), data, mode });
  }
  const folder = folderOf(files);
  const inside = files
    .filter(({ name }) => name.startsWith(folder))
    .map((file) => ({ ...file, name: file.name.slice(folder.length) }));
  const text = Buffer.from(inside.find(({ name }) => name === PLUGIN_FILE)!.data).toString('utf8');
  return { metadata: parsePluginMetadata(text), files: inside };
}

/** As Helm: what looks like an attempt is told, not cleaned. */
function checkPath(name: string): void {
  if (name.includes(':')) throw new Error("path contains ':', which is illegal");
  if (name.includes('\0')) throw new Error('path contains a zero byte, which is illegal');
  const path = name.replaceAll('\\', '/');
  if (path.split('/').includes('..')) throw new Error("path contains '..', which is illegal");
  if (path.startsWith('/')) throw new Error('path is absolute, which is illegal');
}

/** Where plugin.yaml lies: the archive's root, else a folder in it. */
function folderOf(files: readonly ArchiveFile[]): string {
  if (files.some(({ name }) => name === PLUGIN_FILE)) return '';
  const inFolder = files.find(({ name }) => name.endsWith(`/${PLUGIN_FILE}`) && name.split('/').length === 2);
  if (inFolder === undefined) throw new Error(`${PLUGIN_FILE} not found in tarball`);
  return inFolder.name.slice(0, -PLUGIN_FILE.length);
}

/** The folder appears whole or not at all. */
export function unpackPlugin({ files }: PluginArchive, directory: string): void {
  const temporary = `${directory}.${process.pid}.tmp`;
  try {
    for (const { name, data, mode = 0o644 } of files) {
      const path = join(temporary, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
      chmodSync(path, mode | 0o600);
    }
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** The same files give the same bytes. */
export function packPlugin(directory: string, name: string, mtime = REPRODUCIBLE_TIME): Promise<Uint8Array> {
  const files: ArchiveFile[] = [];
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder).sort()) {
      const path = join(folder, entry);
      const stats = lstatSync(path);
      if (stats.isDirectory()) walk(path, `${prefix}${entry}/`);
      else if (stats.isFile())
        files.push({ name: `${prefix}${entry}`, data: readFileSync(path), mode: stats.mode & 0o111 ? 0o755 : 0o644 });
      else throw new Error(`${JSON.stringify(path)} is neither a file nor a folder, and could not be installed`);
    }
  };
  walk(directory, `${name}/`);
  return packArchive(files, { mtime });
}
