/** From what the user calls a chart (a path, `repo/name`, an address) to a path that can be loaded. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fetchToCache } from './archive-cache.ts';
import { findSource, type SourceOptions } from './source.ts';

export interface LocateOptions extends SourceOptions {
  /** The folder that relative paths are seen from. */
  directory: string;
  /** `--verify`: the keyring that must know who signed the archive. */
  keyring?: string;
}

/** Throws Helm's words. */
export async function locateChart(reference: string, options: LocateOptions): Promise<string> {
  const { directory, keyring, ...rest } = options;
  const name = reference.trim();
  const version = options.version?.trim();
  if ((options.repoUrl ?? '') === '') {
    const path = resolve(directory, name);
    if (name !== '' && existsSync(path)) {
      if (keyring !== undefined) await (await import('../provenance/verify.ts')).verifyFile(path, keyring);
      return path;
    }
    if (isAbsolute(name) || name.startsWith('.')) throw new Error(`path ${JSON.stringify(name)} not found`);
  }
  const source = await findSource(name, { ...rest, version });
  return fetchToCache(source, options.places.content, keyring);
}
