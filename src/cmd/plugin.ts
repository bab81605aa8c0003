/** `plugin list|uninstall|update|verify`: the plugins that are there. */
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { uninstallPlugin, updatePlugin } from '../action/plugin-remove.ts';
import { isPluginArchive } from '../plugin/archive.ts';
import { findPlugins, type Plugin } from '../plugin/load.ts';
import { PLUGIN_TYPES, type PluginType } from '../plugin/metadata.ts';
import type { RunContext } from '../plugin/run.ts';
import { signingStatus } from '../plugin/signing.ts';
import { anyArgs, type Command, type CommandContext, exactArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { tableText } from './output.ts';
import { pluginFolder, runContext } from './plugin-run.ts';

export const list: Command = {
  use: 'list',
  long: 'List the plugins that are installed: where they come from, and whether what they came in is signed.',
  args: anyArgs,
  flags: [{ name: 'type', type: 'string', help: `only those of this type: ${PLUGIN_TYPES.join(', ')}` }],
  async run(context) {
    const { flags, settings, stdout, log } = context;
    const type = flags.string('type');
    const plugins = findPlugins(settings.plugins, log, { ...(type !== '' && { type: type as PluginType }) });
    const rows = plugins.map(async (plugin) => [
      plugin.name,
      plugin.version,
      plugin.type,
      plugin.apiVersion,
      await signingStatus(plugin, pluginFolder(context)),
      plugin.sourceUrl || 'unknown',
    ]);
    const head = ['NAME', 'VERSION', 'TYPE', 'APIVERSION', 'PROVENANCE', 'SOURCE'];
    stdout.write(tableText([head, ...(await Promise.all(rows))]));
    return undefined;
  },
};

/** Does it for every one that is named; what fails is told at the end. */
const forEach = (
  verb: 'uninstall' | 'update',
  done: string,
  long: string,
  act: (plugin: Plugin, run: RunContext) => Promise<void>,
): Command => ({
  use: `${verb} <plugin>...`,
  long,
  args: anyArgs,
  flags: [],
  complete: completePlugins,
  async run(context) {
    const { args, settings, stdout, log } = context;
    if (args.length === 0) throw new Error(`please provide plugin name to ${verb}`);
    const plugins = findPlugins(settings.plugins, log);
    const run = await runContext(context);
    const failures: string[] = [];
    for (const name of args) {
      const plugin = plugins.find((candidate) => candidate.name === name);
      if (plugin === undefined) failures.push(`plugin: ${name} not found`);
      else
        await act(plugin, run).then(
          () => stdout.write(`${done} plugin: ${name}\n`),
          (error: Error) => failures.push(`failed to ${verb} plugin ${name}, got error (${error.message})`),
        );
    }
    if (failures.length > 0) throw new Error(failures.join('\n'));
    return undefined;
  },
});

export const uninstall = forEach(
  'uninstall',
  'Uninstalled',
  'Uninstall plugins. Of one that is a link, the folder it points to stays.',
  uninstallPlugin,
);

export const update = forEach(
  'update',
  'Updated',
  'Update plugins that came from git repositories. Others are uninstalled and installed anew.',
  updatePlugin,
);

async function completePlugins({ args, settings, log }: CommandContext): Promise<string[]> {
  return findPlugins(settings.plugins, log, { type: 'cli/v1' })
    .filter(({ name }) => !args.includes(name))
    .map(({ name, shortHelp }) => `${name}\t${shortHelp}`);
}

export const verify: Command = {
  use: 'verify [PATH]',
  long: 'Verify the archive of a plugin by the provenance file beside it.',
  args: exactArgs(1),
  flags: CHART_PATH_FLAGS.filter(({ name }) => name === 'keyring'),
  async run({ args, flags, environment, stdout }) {
    const path = args[0]!;
    const absolute = resolve(environment.directory, path);
    const stats = statSync(absolute, { throwIfNoEntry: false });
    if (stats === undefined) throw new Error(`stat ${path}: no such file or directory`);
    if (stats.isDirectory())
      throw new Error('directory verification not supported - only plugin tarballs can be verified');
    if (!isPluginArchive(path)) throw new Error('plugin file must be a gzipped tarball (.tar.gz or .tgz)');
    const provenance = `${path}.prov`;
    if (statSync(`${absolute}.prov`, { throwIfNoEntry: false }) === undefined)
      throw new Error(`could not find provenance file ${provenance}: stat ${provenance}: no such file or directory`);
    const { verifyArchive, verificationText } = await import('../provenance/verify.ts');
    const [archive, signature] = [readFileSync(absolute), readFileSync(`${absolute}.prov`)];
    const verification = await verifyArchive(archive, signature, basename(path), flags.string('keyring'));
    stdout.write(verificationText(verification, 'Plugin'));
    return undefined;
  },
};
