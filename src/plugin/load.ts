/** The plugins that are installed: folders with a plugin.yaml, in the places that HELM_PLUGINS names. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Logger } from '../log.ts';
import { type PluginMetadata, type PluginType, parsePluginMetadata } from './metadata.ts';

export interface Plugin extends PluginMetadata {
  directory: string;
}

export const PLUGIN_FILE = 'plugin.yaml';

/** No plugin.yaml is longer. */
const MAX_BYTES = 1 << 20;

/** Throws Helm's words. */
export function loadPlugin(directory: string): Plugin {
  const path = join(directory, PLUGIN_FILE);
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? `open ${path}: no such file or directory` : message;
    throw new Error(`failed to read plugin at ${JSON.stringify(path)}: ${reason}`, { cause });
  }
  try {
    return { ...parsePluginMetadata(text), directory };
  } catch (cause) {
    throw new Error(`failed to load plugin ${JSON.stringify(directory)}: ${(cause as Error).message}`, { cause });
  }
}

/** By folder name. `places` is a list as in $PATH. Those that do not load are told and left out; throws where two have one name. */
export function findPlugins(places: string, log: Logger, wanted: { type?: PluginType; name?: string } = {}): Plugin[] {
  const found = places.split(delimiter).flatMap((place) => (place === '' ? [] : loadAll(place, log)));
  return found.filter(
    ({ type, name }) =>
      (wanted.type === undefined || type === wanted.type) && (wanted.name === undefined || name === wanted.name),
  );
}

function loadAll(place: string, log: Logger): Plugin[] {
  const byName = new Map<string, Plugin>();
  for (const directory of foldersIn(place)) {
    const plugin = tryLoad(directory, log);
    if (plugin === undefined) continue;
    const other = byName.get(plugin.name);
    if (other !== undefined)
      throw new Error(`two plugins claim the name "${plugin.name}" at "${other.directory}" and "${directory}"`);
    byName.set(plugin.name, plugin);
  }
  return [...byName.values()];
}

function foldersIn(place: string): string[] {
  try {
    return readdirSync(place)
      .sort()
      .map((name) => join(place, name))
      .filter((folder) => existsSync(join(folder, PLUGIN_FILE)));
  } catch {
    return [];
  }
}

function tryLoad(directory: string, log: Logger): Plugin | undefined {
  try {
    return loadPlugin(directory);
  } catch (error) {
    log.warn('failed to load plugin (ignoring)', { plugin_yaml: join(directory, PLUGIN_FILE), error });
    return undefined;
  }
}
