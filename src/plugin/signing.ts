/** Whether the archive that a plugin was installed from is signed, as the list of plugins tells it. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveDigest } from '../provenance/sign.ts';
import { signedDigests, signedText } from '../provenance/verify.ts';
import type { PluginMetadata } from './metadata.ts';

export type SigningStatus =
  /** A link to a folder. */
  | 'local dev'
  | 'unsigned'
  | 'invalid provenance'
  /** It is of another archive. */
  | 'mismatched provenance'
  /** By whom is not looked at. */
  | 'signed'
  | 'unknown';

/** `NAME-VERSION.tgz` */
export const pluginArchiveName = ({ name, version }: PluginMetadata): string => `${name}-${version}.tgz`;

/** `folder`: where plugins are installed. */
export async function signingStatus(plugin: PluginMetadata, folder: string): Promise<SigningStatus> {
  const stats = lstatSync(join(folder, plugin.name), { throwIfNoEntry: false });
  if (stats === undefined) return 'unknown';
  if (stats.isSymbolicLink()) return 'local dev';
  const fileName = pluginArchiveName(plugin);
  const archive = join(folder, fileName);
  if (!existsSync(archive) || !existsSync(`${archive}.prov`)) return 'unsigned';
  let digests: Record<string, unknown>;
  try {
    digests = await signedDigests(await signedText(readFileSync(`${archive}.prov`)));
  } catch {
    return 'invalid provenance';
  }
  const digest = archiveDigest(readFileSync(archive));
  const isSame = Object.entries(digests).some(([name, signed]) => name.includes(fileName) && signed === digest);
  return isSame ? 'signed' : 'mismatched provenance';
}
