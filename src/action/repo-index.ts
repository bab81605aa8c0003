/** Makes index.yaml for a folder of packaged charts. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadArchive } from '../chart/load.ts';
import type { Logger } from '../log.ts';
import {
  encodeIndex,
  encodeIndexJson,
  mergeIndexes,
  parseIndex,
  type RepositoryIndex,
  sortVersions,
} from '../repo/index-file.ts';
import { writeAtomic } from '../repo/repositories.ts';

export interface RepoIndexOptions {
  directory: string;
  /** The address of the folder; archives are named relative to it where empty. */
  url: string;
  /** Another index whose entries are taken where this folder has none of the same version. */
  merge: string;
  /** As the user calls it. */
  shownMerge?: string;
  json: boolean;
  now: number;
  log: Logger;
}

export function indexDirectory(options: RepoIndexOptions): RepositoryIndex {
  const { directory, merge, shownMerge = merge, now, log } = options;
  let index: RepositoryIndex = {
    apiVersion: 'v1',
    generated: new Date(now).toISOString(),
    entries: Object.create(null),
  };
  for (const file of archivesIn(directory)) addArchive(index, directory, file, options);
  if (merge !== '') {
    if (existsSync(merge)) index = mergeIndexes(index, loadIndex(merge, shownMerge, log));
    else writeIndex(merge, { ...index, entries: Object.create(null) }, options.json);
  }
  for (const versions of Object.values(index.entries)) sortVersions(versions);
  writeIndex(join(directory, 'index.yaml'), index, options.json);
  return index;
}

/** As Helm: those in the folder itself, then those one folder below. */
function archivesIn(directory: string): string[] {
  if (!existsSync(directory)) throw new Error(`open ${join(directory, 'index.yaml')}: no such file or directory`);
  const archives = (folder: string) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.tgz'))
      .sort();
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...archives(directory),
    ...folders.flatMap(({ name }) => archives(join(directory, name)).map((file) => `${name}/${file}`)),
  ];
}

function addArchive(
  index: RepositoryIndex,
  directory: string,
  file: string,
  { url, now, log }: RepoIndexOptions,
): void {
  const bytes = readFileSync(join(directory, file));
  let metadata: ReturnType<typeof loadArchive>['metadata'];
  try {
    metadata = loadArchive(bytes, { log }).metadata;
  } catch {
    return; // as Helm: what does not load is no chart
  }
  const versions = (index.entries[metadata.name] ??= []);
  versions.push({
    ...metadata,
    urls: [url === '' ? file : `${url.replace(/\/+$/, '')}/${encodeURI(file).replace(/[?#]/g, encodeURIComponent)}`],
    created: new Date(now).toISOString(),
    digest: createHash('sha256').update(bytes).digest('hex'),
  });
}

function loadIndex(path: string, shown: string, log: Logger): RepositoryIndex {
  try {
    return parseIndex(readFileSync(path, 'utf8'), shown, log);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EISDIR' ? `read ${shown}: is a directory` : `error loading ${shown}: ${message}`;
    throw new Error(`merge failed: ${why}`, { cause });
  }
}

const writeIndex = (path: string, index: RepositoryIndex, json: boolean): void =>
  writeAtomic(path, json ? encodeIndexJson(index) : encodeIndex(index), 0o644);
