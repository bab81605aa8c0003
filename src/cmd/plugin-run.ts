/** What plugins are told and given when a command runs them. */
import { delimiter } from 'node:path';
import type { RunContext, Sink, Variables } from '../plugin/run.ts';
import type { CommandContext } from './command.ts';
import { settingVariables } from './env.ts';
import type { Output } from './environment.ts';
import { namespaceOf } from './kubeconfig.ts';

/** Where new plugins go: the first of the places. */
export const pluginFolder = ({ settings }: CommandContext): string => settings.plugins.split(delimiter)[0]!;

/** The environment with Helm's settings in it. */
export async function pluginVariables(context: CommandContext): Promise<Variables> {
  return { ...context.environment.variables, ...settingVariables(context, await namespaceOf(context)) };
}

/** A plugin that is run for itself has the user's terminal. */
export async function runContext(context: CommandContext): Promise<RunContext> {
  const { stdout, stderr, stdin, signal } = context;
  return {
    variables: await pluginVariables(context),
    stdout: sinkOf(stdout),
    stderr: sinkOf(stderr),
    ...(stdout.descriptor === undefined && { input: await stdin() }),
    signal,
  };
}

export const sinkOf = (output: Output): Sink => output.descriptor ?? ((text) => output.write(text));
