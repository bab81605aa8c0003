/** Plugins among the commands: rows like those of our own, which take every word as it is. */
import { lineLog } from '../log.ts';
import { findPlugins, type Plugin } from '../plugin/load.ts';
import { PluginExitError, runCliPlugin } from '../plugin/run.ts';
import { anyArgs, type Command, type CommandRow, ExitError } from './command.ts';
import type { Io } from './environment.ts';
import { runContext } from './plugin-run.ts';
import { pluginPlaces } from './settings.ts';

/** The root with the plugins that are installed; a command of ours hides a plugin of its name. */
export function withPlugins(root: CommandRow, { environment, stderr }: Io): CommandRow {
  if (environment.variables.HELM_NO_PLUGINS === '1') return root;
  const log = lineLog((line) => stderr.write(`${line}\n`));
  const own = new Set(root.commands?.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const rows = pluginsOf(pluginPlaces(environment), log).filter(({ name }) => !own.has(name));
  const byName = (a: CommandRow, b: CommandRow) => (a.name < b.name ? -1 : 1);
  return { ...root, commands: [...(root.commands ?? []), ...rows.map(rowOf)].sort(byName) };
}

function pluginsOf(places: string, log: ReturnType<typeof lineLog>): Plugin[] {
  try {
    return findPlugins(places, log, { type: 'cli/v1' });
  } catch (error) {
    log.error('failed to load plugins', { error });
    return [];
  }
}

const rowOf = (plugin: Plugin): CommandRow => ({
  name: plugin.name,
  short: plugin.shortHelp || `the "${plugin.name}" plugin`,
  plugin: plugin.directory,
  split: splitWords,
  load: async () => ({ command: commandOf(plugin) }),
});

const commandOf = (plugin: Plugin): Command => ({
  use: plugin.usage || plugin.name,
  long: plugin.longHelp || plugin.shortHelp || `the "${plugin.name}" plugin`,
  args: anyArgs,
  flags: [],
  async run(context) {
    const words = plugin.ignoreFlags ? [] : context.args;
    await runCliPlugin(plugin, words, await runContext(context)).catch((error: Error) => {
      throw error instanceof PluginExitError ? new ExitError(error.exitCode, error.message) : error;
    });
    return undefined;
  },
});

/** Global flags that Helm reads itself wherever they stand; a plugin learns of them by variables. */
const TAKEN = [
  '--kube-context',
  '--namespace',
  '-n',
  '--kubeconfig',
  '--kube-apiserver',
  '--kube-token',
  '--kube-as-user',
  '--kube-as-group',
  '--kube-ca-file',
  '--registry-config',
  '--repository-cache',
  '--repository-config',
  '--kube-insecure-skip-tls-verify',
  '--kube-tls-server-name',
];

function splitWords(words: readonly string[]): { known: string[]; rest: string[] } {
  const [known, rest]: string[][] = [[], []];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (TAKEN.includes(word)) known!.push(...words.slice(at, ++at + 1));
    else if (word === '--debug' || TAKEN.some((flag) => word.startsWith(`${flag}=`))) known!.push(word);
    else rest!.push(word);
  }
  return { known: known!, rest: rest! };
}
