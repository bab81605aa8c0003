/** Packs the folder of a plugin into an archive, and signs it. */
import { mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toYaml } from '../encoding/yaml.ts';
import { packPlugin } from '../plugin/archive.ts';
import { loadPlugin, type Plugin } from '../plugin/load.ts';
import { pluginArchiveName } from '../plugin/signing.ts';
import type { SigningOptions } from '../provenance/signing-options.ts';
import { writeAtomic } from '../repo/repositories.ts';

export interface PluginPackageOptions {
  destination: string;
  /** The time of every file; always the same where absent. */
  mtime?: Date;
  /** Asked once the folder is known to hold a plugin; undefined: it is not signed. */
  sign?: () => SigningOptions | undefined;
}

/** The path of the archive. Throws Helm's words. */
export async function packagePlugin(directory: string, options: PluginPackageOptions): Promise<string> {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`stat ${directory}: no such file or directory`);
  if (!stats.isDirectory()) throw new Error('plugin package only supports directories, not tarballs');
  const plugin = loadFolder(directory);
  const { destination, mtime, sign } = options;
  mkdirSync(destination, { recursive: true });
  const key = await loadKey(sign?.());
  const path = join(destination, pluginArchiveName(plugin));
  const bytes = await packPlugin(directory, plugin.name, mtime);
  const provenance = key && (await signed(plugin, bytes, basename(path), key));
  writeAtomic(path, bytes, 0o644);
  if (provenance !== undefined) writeAtomic(`${path}.prov`, provenance, 0o644);
  return path;
}

function loadFolder(directory: string): Plugin {
  try {
    return loadPlugin(directory);
  } catch (cause) {
    throw new Error(`invalid plugin directory: ${(cause as Error).message}`, { cause });
  }
}

async function loadKey(options: SigningOptions | undefined) {
  if (options === undefined) return undefined;
  const { loadSigningKey } = await import('../provenance/sign.ts');
  return loadSigningKey(options);
}

async function signed(
  plugin: Plugin,
  bytes: Uint8Array,
  fileName: string,
  key: NonNullable<Awaited<ReturnType<typeof loadKey>>>,
) {
  const { signArchive } = await import('../provenance/sign.ts');
  const { name, version, type, runtime, apiVersion, sourceUrl } = plugin;
  // As Helm names them here, where it writes what it has read and not the file.
  const metadata = toYaml({
    APIVersion: apiVersion,
    Name: name,
    Runtime: runtime,
    SourceURL: sourceUrl,
    Type: type,
    Version: version,
  });
  return signArchive({ bytes, fileName, metadata }, key);
}
