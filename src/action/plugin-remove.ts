/** Removes and updates plugins that are installed. */
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadPlugin, PLUGIN_FILE, type Plugin } from '../plugin/load.ts';
import { type RunContext, runHook } from '../plugin/run.ts';
import { pluginArchiveName } from '../plugin/signing.ts';
import { git } from '../repo/git.ts';

/** A link goes, what it points to stays. The plugin's own hook comes last, when only the system's programs are left to it. */
export async function uninstallPlugin(plugin: Plugin, run: RunContext): Promise<void> {
  rmSync(plugin.directory, { recursive: true, force: true });
  const archive = join(dirname(plugin.directory), pluginArchiveName(plugin));
  for (const path of [archive, `${archive}.prov`]) rmSync(path, { force: true });
  await runHook(plugin, 'delete', run);
}

/** What came from git is brought up to date; anything else is installed anew instead. Throws Helm's words. */
export async function updatePlugin(plugin: Plugin, run: RunContext): Promise<void> {
  const directory = realpathSync(plugin.directory);
  if (!existsSync(join(directory, '.git'))) throw new Error('cannot get information about plugin source');
  const options = { directory, variables: run.variables, signal: run.signal };
  if ((await git(['status', '--porcelain'], options)) !== '') throw new Error('plugin repo was modified');
  await git(['pull', '--quiet', '--ff-only'], options);
  if (!existsSync(join(directory, PLUGIN_FILE))) throw new Error('plugin metadata (plugin.yaml) missing');
  await runHook(loadPlugin(plugin.directory), 'update', run);
}
