/** `--post-renderer`: a plugin that all manifests go through before they are applied. */
import type { RenderChartOptions } from '../action/render.ts';
import { mergeForPostRender, splitPostRendered } from '../manifest/post-render.ts';
import { findPlugins, type Plugin } from '../plugin/load.ts';
import { runPostRenderer } from '../plugin/run.ts';
import type { CommandContext } from './command.ts';
import { pluginVariables } from './plugin-run.ts';

/** Throws Helm's words where there is no such plugin. */
export function findPostRenderer(name: string, { settings, log }: Pick<CommandContext, 'settings' | 'log'>): Plugin {
  const [plugin] = findPlugins(settings.plugins, log, { type: 'postrenderer/v1', name });
  if (plugin === undefined) throw new Error(`plugin: {Name:${name} Type:postrenderer/v1} not found`);
  return plugin;
}

/** The files as the plugin leaves them. Throws Helm's words. */
export async function postRender(
  context: CommandContext,
  files: Parameters<NonNullable<RenderChartOptions['postRender']>>[0],
) {
  const { flags, signal } = context;
  const plugin = findPostRenderer(flags.string('post-renderer'), context);
  const run = { variables: await pluginVariables(context), signal };
  const merged = await mergeForPostRender(files).catch(failing('error merging manifests'));
  const text = await runPostRenderer(plugin, merged, flags.list('post-renderer-args'), run).catch(
    failing('error while running post render on files'),
  );
  return splitPostRendered(text).catch(failing('error while parsing post rendered output'));
}

const failing = (doing: string) => (cause: Error) => {
  throw new Error(`${doing}: ${cause.message}`, { cause });
};
