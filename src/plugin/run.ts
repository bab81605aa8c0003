/** Runs plugins: programs of their own, told by variables where they are and what Helm's settings are. */
import { spawn } from 'node:child_process';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { machineOf, type PreparedCommand, prepareCommand } from './command.ts';
import type { Plugin } from './load.ts';

export type Variables = Record<string, string | undefined>;

/** Where a plugin's output goes: to a descriptor of ours, or to whoever takes its texts. */
export type Sink = number | ((text: string) => void);

export interface RunContext {
  /** The environment, with Helm's settings in it. */
  variables: Variables;
  stdout: Sink;
  stderr: Sink;
  /** What it reads; our own standard input where absent. */
  input?: string;
  signal?: AbortSignal;
}

/** A plugin ended with another exit code than 0. */
export class PluginExitError extends Error {
  readonly exitCode: number;
  constructor(plugin: string, exitCode: number) {
    super(`plugin ${JSON.stringify(plugin)} exited with error`);
    this.name = 'PluginExitError';
    this.exitCode = exitCode;
  }
}

/** A plugin as a command. Throws PluginExitError. */
export async function runCliPlugin(plugin: Plugin, extra: readonly string[], context: RunContext): Promise<void> {
  const variables = variablesFor(plugin, context.variables);
  await runProgram(plugin, prepared(plugin, { variables, expandArgs: true, extra }), { ...context, variables });
}

/** What the plugin makes of a stream of manifests. Throws Helm's words. */
export async function runPostRenderer(
  plugin: Plugin,
  manifests: string,
  extra: readonly string[],
  context: Pick<RunContext, 'variables' | 'signal'>,
): Promise<string> {
  let text = '';
  const fail = (cause: Error): never => {
    throw new Error(`failed to invoke post-renderer plugin "${plugin.name}": ${cause.message}`, { cause });
  };
  const variables = variablesFor(plugin, context.variables);
  const run = async () =>
    runProgram(plugin, prepared(plugin, { variables, expandArgs: true, extra }), {
      ...context,
      variables,
      input: manifests,
      stdout: (chunk) => (text += chunk),
      stderr: () => {},
    });
  await run().catch(fail);
  if (text.trim() === '') throw new Error(`post-renderer "${plugin.name}" produced empty output`);
  return text;
}

export interface GetterOptions {
  certFile?: string;
  keyFile?: string;
  caFile?: string;
  username?: string;
  password?: string;
  passCredentialsAll?: boolean;
}

/** No plugin may fetch more. */
const MAX_FETCHED = 512 * 1024 * 1024;

/** What the plugin fetches from `url`. */
export async function runGetter(
  plugin: Plugin,
  url: string,
  options: GetterOptions,
  context: Pick<RunContext, 'variables' | 'stderr' | 'signal'>,
): Promise<Uint8Array> {
  const scheme = url.slice(0, url.indexOf(':'));
  const commands = plugin.protocolCommands.find(({ protocols }) => protocols.includes(scheme))?.commands;
  if (commands === undefined) throw new Error(`no downloader found for protocol ${JSON.stringify(scheme)}`);
  const variables = {
    ...variablesFor(plugin, context.variables),
    HELM_PLUGIN_USERNAME: options.username ?? '',
    HELM_PLUGIN_PASSWORD: options.password ?? '',
    HELM_PLUGIN_PASS_CREDENTIALS_ALL: String(options.passCredentialsAll ?? false),
  };
  const extra = [options.certFile ?? '', options.keyFile ?? '', options.caFile ?? '', url];
  const { file, args } = prepareCommand(commands, { machine: thisMachine(), variables, expandArgs: false, extra });
  const chunks: Buffer[] = [];
  let size = 0;
  const command = { file: join(plugin.directory, file), args };
  await runProgram(plugin, command, { ...context, variables, input: '', stdout: () => {} }, (chunk) => {
    size += chunk.length;
    if (size > MAX_FETCHED) throw new Error(`plugin "${plugin.name}" answers with more than ${MAX_FETCHED} bytes`);
    chunks.push(chunk);
  });
  return new Uint8Array(Buffer.concat(chunks));
}

export type HookEvent = 'install' | 'update' | 'delete';

/** What the plugin wants done once it was installed, updated or deleted. Throws Helm's words. */
export async function runHook(plugin: Plugin, event: HookEvent, context: RunContext): Promise<void> {
  const commands = plugin.hooks[event] ?? [];
  if (commands.length === 0) return;
  const variables = variablesFor(plugin, context.variables);
  const command = prepareCommand(commands, { machine: thisMachine(), variables, expandArgs: plugin.expandsHooks });
  await runProgram(plugin, command, { ...context, variables, input: '' }).catch((cause: Error) => {
    if (!(cause instanceof PluginExitError)) throw cause;
    throw new Error(`plugin ${event} hook for ${JSON.stringify(plugin.name)} exited with error`, { cause });
  });
}

const thisMachine = () => machineOf(platform(), arch());

const variablesFor = ({ name, directory }: Plugin, variables: Variables): Variables => ({
  ...variables,
  HELM_PLUGIN_NAME: name,
  HELM_PLUGIN_DIR: directory,
});

function prepared(plugin: Plugin, options: { variables: Variables; expandArgs: boolean; extra: readonly string[] }) {
  if (plugin.runtime !== 'subprocess')
    throw new Error(`plugin "${plugin.name}" is made for the runtime ${plugin.runtime}, which is not supported`);
  try {
    return prepareCommand(plugin.commands, { machine: thisMachine(), ...options });
  } catch (cause) {
    throw new Error(`failed to prepare plugin command: ${(cause as Error).message}`, { cause });
  }
}

/** A program of the plugin. Texts are whole characters, wherever its writes end. Throws PluginExitError. */
export function runProgram(
  plugin: Plugin,
  { file, args }: PreparedCommand,
  { variables, stdout, stderr, input, signal }: RunContext,
  onBytes?: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: variables,
      signal,
      stdio: [
        input === undefined ? 'inherit' : 'pipe',
        typeof stdout === 'number' ? stdout : 'pipe',
        typeof stderr === 'number' ? stderr : 'pipe',
      ],
    });
    const fail = (cause: Error) => reject(cause);
    child.on('error', (cause) => fail(startError(cause, file)));
    child.stdin?.on('error', () => {}); // it need not read all that it is given
    child.stdin?.end(input);
    if (onBytes !== undefined)
      child.stdout?.on('data', (chunk: Buffer) => {
        try {
          onBytes(chunk);
        } catch (error) {
          fail(error as Error);
          child.kill();
        }
      });
    else if (typeof stdout !== 'number') child.stdout?.setEncoding('utf8').on('data', stdout);
    if (typeof stderr !== 'number') child.stderr?.setEncoding('utf8').on('data', stderr);
    child.on('close', (code) => (code === 0 ? resolve() : fail(new PluginExitError(plugin.name, code ?? -1))));
  });
}

/** Go's words for a program that cannot be started. */
function startError(cause: NodeJS.ErrnoException, file: string): Error {
  const reason = { ENOENT: 'no such file or directory', EACCES: 'permission denied' }[cause.code ?? ''];
  if (reason === undefined) return cause;
  if (cause.code === 'ENOENT' && !file.includes('/'))
    return new Error(`exec: ${JSON.stringify(file)}: executable file not found in $PATH`, { cause });
  return new Error(`fork/exec ${file}: ${reason}`, { cause });
}
