/** Installs a plugin: a link to a folder, an archive of this disk, the web or a registry unpacked, or a git repository cloned. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Logger } from '../log.ts';
import { isPluginArchive, type PluginArchive, readPluginArchive, unpackPlugin } from '../plugin/archive.ts';
import { loadPlugin, PLUGIN_FILE, type Plugin } from '../plugin/load.ts';
import { type RunContext, runHook } from '../plugin/run.ts';
import { pluginArchiveName } from '../plugin/signing.ts';
import type { Verification } from '../provenance/verify.ts';
import { type DownloadOptions, download } from '../repo/download.ts';
import { git } from '../repo/git.ts';
import { writeAtomic } from '../repo/repositories.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { sortNewestFirst } from '../semver/sort.ts';
import { isVersion, parseVersion } from '../semver/version.ts';

export interface PluginInstallOptions {
  /** The folder that relative paths are seen from. */
  directory: string;
  /** Where plugins are installed. */
  plugins: string;
  /** A tag or a range of versions, of what comes from git. */
  version: string;
  /** The keyring that must know who signed an archive; undefined: nothing is verified. */
  keyring?: string;
  download: DownloadOptions;
  /** For what the plugin does once it is installed. */
  run: RunContext;
  print(text: string): void;
  log: Logger;
}

/** Throws Helm's words. */
export async function installPlugin(source: string, options: PluginInstallOptions): Promise<Plugin> {
  const { print, plugins, run, keyring, log } = options;
  const found = sourceOf(source, options);
  if (found.kind === 'folder') print('Installing plugin from local directory (development mode)\n');
  else if (found.kind === 'git' && !REMOTE.test(source)) throw unknownSource(source, 'Cannot detect VCS');
  else if (keyring === undefined) print('WARNING: Skipping plugin signature verification\n');
  else if (found.kind === 'git')
    throw new Error('plugin source does not support verification. Use --verify=false to skip verification');
  else print('Verifying plugin signature...\n');
  mkdirSync(plugins, { recursive: true });
  const directory =
    found.kind === 'archive'
      ? await installArchive(found, options)
      : found.kind === 'folder'
        ? linkFolder(found.path, options)
        : await cloneRepository(source, options);
  log.debug('loading plugin', { path: directory });
  const plugin = loadInstalled(directory);
  await runHook(plugin, 'install', run);
  return plugin;
}

/** What git can clone from. */
const REMOTE = /^(?:https?|git|ssh|git\+ssh|file):\/\/|^[\w.-]+@[\w.-]+:/;

function loadInstalled(directory: string): Plugin {
  try {
    return loadPlugin(directory);
  } catch (cause) {
    throw new Error(`plugin is installed but unusable: ${(cause as Error).message}`, { cause });
  }
}

type Source = { kind: 'folder'; path: string } | { kind: 'archive'; fetch(): Promise<PluginFile> } | { kind: 'git' };

interface PluginFile {
  fileName: string;
  bytes: Uint8Array;
  provenance(): Promise<Uint8Array | undefined>;
}

function sourceOf(source: string, options: PluginInstallOptions): Source {
  if (source.startsWith('oci://')) return { kind: 'archive', fetch: () => pullPlugin(source, options) };
  const path = resolve(options.directory, source);
  if (existsSync(path)) return localSource(path);
  if (!/^https?:\/\//.test(source) || !isPluginArchive(new URL(source).pathname)) return { kind: 'git' };
  return { kind: 'archive', fetch: () => downloadPlugin(source, options) };
}

function localSource(path: string): Source {
  if (!isPluginArchive(path)) return { kind: 'folder', path };
  const provenance = async () => (existsSync(`${path}.prov`) ? readFileSync(`${path}.prov`) : undefined);
  return { kind: 'archive', fetch: async () => ({ fileName: basename(path), bytes: readFileSync(path), provenance }) };
}

async function downloadPlugin(source: string, options: PluginInstallOptions): Promise<PluginFile> {
  const bytes = await download(source, options.download).catch((cause: Error) => {
    throw options.keyring === undefined ? cause : new Error(`failed to download plugin: ${cause.message}`, { cause });
  });
  const provenance = () => download(`${source}.prov`, options.download).catch(() => undefined);
  return { fileName: basename(new URL(source).pathname), bytes, provenance };
}

async function pullPlugin(source: string, { download }: PluginInstallOptions): Promise<PluginFile> {
  const { fetchOciPlugin } = await import('../repo/oci.ts');
  try {
    const { provenance, ...file } = await fetchOciPlugin(source, download);
    return { ...file, provenance: async () => provenance };
  } catch (cause) {
    throw new Error(`failed to pull plugin from ${source}: ${(cause as Error).message}`, { cause });
  }
}

function checkFree(path: string, { log }: PluginInstallOptions): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
  log.warn('plugin already exists', { path });
  throw new Error('plugin already exists');
}

function linkFolder(path: string, options: PluginInstallOptions): string {
  const target = join(options.plugins, basename(path));
  checkFree(target, options);
  if (!statSync(path).isDirectory())
    throw new Error("expected plugin to be a directory (containing a file 'plugin.yaml')");
  if (!existsSync(join(path, PLUGIN_FILE))) throw new Error('plugin metadata (plugin.yaml) missing');
  symlinkSync(path, target);
  return target;
}

/** The archive is kept beside the plugin, so that it can be verified later. */
async function installArchive(source: Extract<Source, { kind: 'archive' }>, options: PluginInstallOptions) {
  const { plugins, keyring, print } = options;
  const file = await source.fetch().catch((cause: Error) => {
    throw keyring === undefined ? cause : new Error(`failed to get verification data: ${cause.message}`, { cause });
  });
  const { bytes, fileName } = file;
  const provenance = await file.provenance();
  if (keyring !== undefined) print(await verified(bytes, provenance, fileName, keyring));
  const archive = readArchive(bytes);
  const target = join(plugins, archive.metadata.name);
  checkFree(target, options);
  const kept = join(plugins, pluginArchiveName(archive.metadata));
  unpackPlugin(archive, target);
  writeAtomic(kept, bytes, 0o644);
  if (provenance !== undefined) writeAtomic(`${kept}.prov`, provenance, 0o644);
  return target;
}

function readArchive(bytes: Uint8Array): PluginArchive {
  try {
    return readPluginArchive(bytes);
  } catch (cause) {
    throw new Error(`failed to extract plugin metadata from tarball: ${(cause as Error).message}`, { cause });
  }
}

/** What is told of who signed it. */
async function verified(bytes: Uint8Array, provenance: Uint8Array | undefined, fileName: string, keyring: string) {
  if (provenance === undefined) throw new Error('plugin verification failed: no provenance file (.prov) found');
  const { verifyArchive, verificationText } = await import('../provenance/verify.ts');
  let verification: Verification;
  try {
    verification = await verifyArchive(bytes, provenance, fileName, keyring);
  } catch (cause) {
    throw new Error(`plugin verification failed: ${(cause as Error).message}`, { cause });
  }
  return verificationText(verification, 'Plugin');
}

async function cloneRepository(source: string, options: PluginInstallOptions): Promise<string> {
  const { plugins, version, download, run } = options;
  const name = basename(source).replace(/\.git$/, '');
  const target = join(plugins, name);
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) throw unknownSource(source, 'Cannot detect VCS');
  checkFree(target, options);
  const temporary = join(plugins, `.${name}.${process.pid}.tmp`);
  const inClone = { directory: temporary, variables: run.variables, signal: download.signal };
  try {
    await git(['clone', '--quiet', '--', source, temporary], { ...inClone, directory: plugins }).catch(
      (cause: Error) => {
        throw unknownSource(source, cause.message, cause);
      },
    );
    const reference = version === '' ? undefined : await findTag(source, version, inClone);
    if (reference !== undefined) await git(['checkout', '--quiet', '--detach', reference, '--'], inClone);
    if (!existsSync(join(temporary, PLUGIN_FILE))) throw new Error('plugin metadata (plugin.yaml) missing');
    renameSync(temporary, target);
    return target;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const unknownSource = (source: string, reason: string, cause?: Error): Error =>
  new Error(
    `cannot get information about plugin source "${source}" (if it's a local directory, does it exist?), last error was: ${reason}`,
    { cause },
  );

/** The tag of that name, else the newest within the range. */
async function findTag(source: string, version: string, options: Parameters<typeof git>[1]): Promise<string> {
  const tags = (await git(['tag', '--list'], options)).split('\n').filter((tag) => tag !== '');
  if (tags.includes(version)) return `refs/tags/${version}`;
  const constraint = parseConstraint(version);
  const found = sortNewestFirst(tags.filter(isVersion), (tag) => tag).find((tag) =>
    satisfies(parseVersion(tag), constraint),
  );
  if (found === undefined)
    throw new Error(`requested version ${JSON.stringify(version)} does not exist for plugin ${JSON.stringify(source)}`);
  return `refs/tags/${found}`;
}
