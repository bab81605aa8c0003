/** What may stand next on a command line: asked by the scripts that `completion` prints. */
import { lineLog } from '../log.ts';
import type { CommandContext, CommandRow } from './command.ts';
import type { Io } from './environment.ts';
import { findCommand, subcommand } from './find.ts';
import type { Flag } from './flag.ts';
import { helpFlag } from './help.ts';
import { bareValue, type Parsed, parseArguments } from './parse.ts';
import { GLOBAL_FLAGS, settingsOf } from './settings.ts';

export interface Completion {
  /** `word`, or `word<tab>description`; what ends in a slash goes on. */
  candidates: string[];
  /** Whether files may stand there too. */
  files: boolean;
}

/** `words` end in the one that is being typed, which may be ''. */
export async function completeLine(words: string[], io: Io, root: CommandRow): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { row, words: rest } = findCommand(root, before, GLOBAL_FLAGS);
  const command = (await row.load?.())?.command;
  const flags = [...(command?.flags ?? []), ...GLOBAL_FLAGS, helpFlag(row.name)];

  const awaiting = flagAwaitingValue(before.at(-1), flags);
  if (row.plugin !== undefined) {
    const { completePlugin } = await import('./plugin-complete.ts');
    const { known, rest: args } = row.split!(rest);
    return completePlugin(row.plugin, contextFor(args, parseArguments(known, GLOBAL_FLAGS, io.environment), io), typed);
  }
  if (awaiting?.name === 'version' && flags.some(({ name }) => name === 'repo')) {
    const { completeVersions } = await import('./complete-charts.ts');
    const parsed = parseArguments(rest.slice(0, -1), flags, io.environment);
    return chosen(completeVersions(contextFor(parsed.args, parsed, io)), typed, false);
  }
  if (awaiting) return chosen(valuesOf(awaiting), typed, valuesOf(awaiting).length === 0);
  if (typed.startsWith('-')) return chosen(flagWords(flags), typed, false);
  if (row.commands) return chosen(commandWords(row, typed), typed, false);
  if (row.name === 'help') return chosen(commandWords(helpSubject(root, rest), typed), typed, false);
  if (!command?.complete && !command?.chart) return { candidates: [], files: true };
  const parsed = parseArguments(rest, flags, io.environment);
  const context = contextFor(parsed.args, parsed, io);
  if (command.chart && isNext(command.chart.at, context)) {
    const { completeCharts } = await import('./complete-charts.ts');
    return chosen(completeCharts(context, typed, command.chart.files), typed, command.chart.files);
  }
  return chosen((await command.complete?.(context, typed)) ?? [], typed, false);
}

const isNext = (at: number, { args, flags }: CommandContext): boolean =>
  args.length === (flags.has('generate-name') && flags.bool('generate-name') ? at - 1 : at);

function contextFor(args: string[], { flags }: Parsed, io: Io): CommandContext {
  const settings = settingsOf(flags, io.environment, false);
  return { ...io, stderr: silent, args, flags, settings, log: lineLog(() => {}) };
}

const silent = { write() {}, terminal: false, columns: 80 };

function chosen(all: string[], typed: string, files: boolean): Completion {
  return { candidates: all.filter((candidate) => candidate.startsWith(typed)), files };
}

/** The flag that the word before leaves without its value. */
function flagAwaitingValue(word: string | undefined, flags: Flag[]): Flag | undefined {
  if (!word?.startsWith('-') || word.includes('=')) return undefined;
  const flag = flags.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
  return flag && bareValue(flag) === undefined ? flag : undefined;
}

const VALUES: Record<string, string[]> = {
  output: ['json\tprint as JSON', 'table\tprint for people', 'yaml\tprint as YAML'],
  color: ['always', 'auto', 'never'],
  colour: ['always', 'auto', 'never'],
  cascade: ['background', 'foreground', 'orphan'],
};

const valuesOf = ({ name }: Flag): string[] => VALUES[name] ?? [];

const flagWords = (flags: Flag[]): string[] =>
  flags
    .filter(({ hidden, deprecated }) => !hidden && !deprecated)
    .map(({ name, help }) => `--${name}\t${help}`)
    .sort();

/** Aliases too, once they are being typed. */
const commandWords = ({ commands = [] }: CommandRow, typed: string): string[] =>
  commands
    .filter(({ hidden }) => !hidden)
    .flatMap(({ name, aliases = [], short }) => {
      const alias = typed === '' || name.startsWith(typed) ? undefined : aliases.find((word) => word.startsWith(typed));
      return `${alias ?? name}\t${short}`;
    });

const helpSubject = (root: CommandRow, words: string[]): CommandRow =>
  words.reduce((row, word) => subcommand(row, word) ?? row, root);
