/** Runs one command line: finds the command, loads it and nothing else, reads its flags, calls it, tells its failure. */
import { lineLog } from '../log.ts';
import { type Command, type CommandContext, type CommandRow, ExitError } from './command.ts';
import { ROOT } from './commands.ts';
import type { Io } from './environment.ts';
import { type Found, findCommand, firstPlainWord, unknownCommand } from './find.ts';
import type { Flag } from './flag.ts';
import { helpFlag, helpText, usageText, useLine } from './help.ts';
import { exclusiveProblem, type FlagValues, type Parsed, parseArguments } from './parse.ts';
import { GLOBAL_FLAGS, type Settings, settingsOf } from './settings.ts';

/** Answers the exit code. */
export async function runCommandLine(words: string[], io: Io, root: CommandRow = ROOT): Promise<number> {
  try {
    return (await dispatch(words, io, root)) ?? 0;
  } catch (error) {
    return tellFailure(error, io);
  }
}

/** Answers the exit code. */
function tellFailure(error: unknown, { stderr }: Io): number {
  const isExit = error instanceof ExitError;
  if (!isExit || error.message !== '')
    stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  return isExit ? error.exitCode : 1;
}

async function dispatch(words: string[], io: Io, root: CommandRow): Promise<number | undefined> {
  if (words[0] === '__complete' || words[0] === '__completeNoDesc') return complete(words, io, root);
  if (words[0] === 'help') return help(words.slice(1), io, root);
  if (words.length === 1 && words[0] === '--version') words = ['version'];
  let found = findCommand(root, words, GLOBAL_FLAGS);
  if (found.row === root) {
    const { withPlugins } = await import('./plugin-command.ts');
    root = withPlugins(root, io);
    found = findCommand(root, words, GLOBAL_FLAGS);
  }
  if (found.row.load === undefined) return group(found, io, root);
  const { command } = await found.row.load();
  return call(found, command, io);
}

async function call({ row, path, words }: Found, command: Command, io: Io): Promise<number | undefined> {
  const { environment, stdout, stderr } = io;
  const split = row.split?.(words);
  const parsed = parseArguments(
    split?.known ?? words,
    [...command.flags, helpFlag(row.name), ...GLOBAL_FLAGS],
    environment,
  );
  const { flags, warnings } = parsed;
  const args = split?.rest ?? parsed.args;
  for (const line of warnings) stderr.write(`${line}\n`);
  if (flags.bool('help')) {
    stdout.write(helpText({ row, path, command }, environment));
    return 0;
  }
  const settings = knownSettings(flags, io);
  const complaint =
    command.args(args.length, path, useLine(path, command)) ?? exclusiveProblem(flags, command.exclusive ?? []);
  if (complaint !== undefined) throw new Error(complaint);
  const log = lineLog((line) => stderr.write(`${line}\n`), settings.debug ? 'debug' : 'info');
  await checkFlags(command, parsed, { settings, log });
  try {
    return await command.run(contextOf(io, { args, flags, settings, log }));
  } catch (error) {
    const code = tellFailure(error, io);
    // What reads our standard error in place of a person expects Helm's text and nothing behind it.
    if (error instanceof Error && error.cause !== undefined && (settings.debug || stderr.terminal)) {
      const { renderFailureText } = await import('./explain-render.ts');
      stderr.write(renderFailureText(error, stderr));
    }
    return code;
  }
}

/** The signal is asked of `io` when the command asks for it: to listen for one takes part in a short command's time. */
const contextOf = (io: Io, own: Omit<CommandContext, keyof Io>): CommandContext => ({
  environment: io.environment,
  stdout: io.stdout,
  stderr: io.stderr,
  stdin: io.stdin,
  clock: io.clock,
  get signal() {
    return io.signal;
  },
  ...own,
});

async function checkFlags({ flags }: Command, given: Parsed, context: Parameters<NonNullable<Flag['check']>>[1]) {
  for (const { name, check } of flags) {
    const text = check !== undefined && given.flags.isSet(name) ? given.flags.string(name) : '';
    if (text === '') continue;
    await check!(text, context).catch((cause: Error) => {
      throw new Error(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${cause.message}`, { cause });
    });
  }
}

/** Helm looks at its colour mode before it has a command that could fail. */
function knownSettings(flags: FlagValues, { environment, stdout, stderr }: Io): Settings {
  try {
    return settingsOf(flags, environment, stdout.terminal);
  } catch (error) {
    lineLog((line) => stderr.write(`${line}\n`)).warn('command failed', { error });
    throw new ExitError(1);
  }
}

/** The groups of Helm show their help, whatever follows; the root and ours refuse words that they do not know. */
function group(found: Found, io: Io, root: CommandRow): number {
  const { flags } = parseArguments(found.words, [helpFlag(found.row.name), ...GLOBAL_FLAGS], io.environment);
  const at = firstPlainWord(found.words, GLOBAL_FLAGS);
  if ((found.row === root || found.row.strict) && at >= 0 && !flags.bool('help'))
    throw new Error(`${unknownCommand(found.words[at]!, found)}\nRun '${found.path} --help' for usage.`);
  io.stdout.write(helpText(found, io.environment));
  return 0;
}

/** Candidates line by line, then cobra's bits for what comes after them: 2 no space, 4 no files. */
async function complete([asked, ...words]: string[], io: Io, root: CommandRow): Promise<number> {
  const { completeLine } = await import('./complete.ts');
  const { withPlugins } = await import('./plugin-command.ts');
  root = withPlugins(root, io);
  const { candidates, files } = await completeLine(words, io, root).catch(() => ({ candidates: [], files: true }));
  const goesOn = candidates.some((candidate) => candidate.split('\t')[0]!.endsWith('/'));
  const lines = asked === '__complete' ? candidates : candidates.map((candidate) => candidate.split('\t')[0]!);
  io.stdout.write([...lines, `:${(goesOn ? 2 : 0) + (files ? 0 : 4)}`].map((line) => `${line}\n`).join(''));
  return 0;
}

async function help(words: string[], io: Io, root: CommandRow): Promise<number> {
  const { withPlugins } = await import('./plugin-command.ts');
  root = withPlugins(root, io);
  const found = findCommand(root, words, GLOBAL_FLAGS);
  const command = (await found.row.load?.())?.command;
  if (found.row === root && firstPlainWord(found.words, GLOBAL_FLAGS) >= 0) {
    const topic = words.map((word) => `\`${word}\``).join(' ');
    io.stderr.write(`Unknown help topic [${topic}]\n${usageText(found, io.environment)}`);
    return 0;
  }
  io.stdout.write(helpText({ ...found, ...(command && { command }) }, io.environment));
  return 0;
}
