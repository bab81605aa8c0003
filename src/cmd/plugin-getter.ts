/** Downloads by plugins, for addresses with schemes that they know. */
import { findPlugins } from '../plugin/load.ts';
import { runGetter } from '../plugin/run.ts';
import type { Getter } from '../repo/download.ts';
import type { CommandContext } from './command.ts';
import { pluginVariables, sinkOf } from './plugin-run.ts';

export function pluginGetter(scheme: string, context: CommandContext): Getter | undefined {
  const { settings, log, stderr, signal } = context;
  const plugins = findPlugins(settings.plugins, log, { type: 'getter/v1' });
  const plugin = plugins.find(({ protocols }) => protocols.includes(scheme));
  if (plugin === undefined) return undefined;
  return async (url, options) => {
    const run = { variables: await pluginVariables(context), stderr: sinkOf(stderr), signal };
    return runGetter(plugin, url, options, run).catch((cause: Error) => {
      throw new Error(`plugin ${JSON.stringify(plugin.name)} failed to invoke: ${cause.message}`, { cause });
    });
  };
}
