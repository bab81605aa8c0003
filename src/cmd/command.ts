/** What a command is: words about it, its flags, and one call. Groups hold commands and do nothing themselves. */
import type { Logger } from '../log.ts';
import type { Io } from './environment.ts';
import type { Flag } from './flag.ts';
import type { FlagValues } from './parse.ts';
import type { Settings } from './settings.ts';

/** A row of the command table: enough to find a command and to list it, without loading it. */
export interface CommandRow {
  name: string;
  /** One line for lists of commands. */
  short: string;
  aliases?: string[];
  /** Words that are not this command but make us suggest it. */
  suggestFor?: string[];
  hidden?: boolean;
  /** A group's members and its own description. */
  commands?: CommandRow[];
  long?: string;
  /** A group that refuses words it does not know, where one of Helm shows its help. */
  strict?: boolean;
  /** A plugin's folder. */
  plugin?: string;
  /** Takes the global flags out of the words of a command that reads all others itself. */
  split?: (words: readonly string[]) => { known: string[]; rest: string[] };
  load?: () => Promise<{ command: Command }>;
}

export interface Command {
  /** `install [NAME] [CHART]` */
  use: string;
  long: string;
  args: ArgumentRule;
  flags: Flag[];
  /** Groups of flags of which only one may be given. */
  exclusive?: string[][];
  /** Answers the exit code where it is not 0. */
  run(context: CommandContext): Promise<number | undefined>;
  /** Candidates for the next argument, for shells: `word` or `word<tab>description`. */
  complete?(context: CommandContext, typed: string): Promise<string[]>;
  /** Which argument is a chart, one less where a name is generated; and whether one on this disk will do. */
  chart?: { at: number; files: boolean };
}

export interface CommandContext extends Io {
  args: string[];
  flags: FlagValues;
  settings: Settings;
  log: Logger;
}

/** How many arguments a command takes, with Helm's complaint when there are others. */
export type ArgumentRule = (count: number, path: string, usage: string) => string | undefined;

const plural = (n: number) => (n === 1 ? 'argument' : 'arguments');

export const noArgs: ArgumentRule = (count, path, usage) =>
  count > 0 ? `"${path}" accepts no arguments\n\nUsage:  ${usage}` : undefined;
export const exactArgs =
  (n: number): ArgumentRule =>
  (count, path, usage) =>
    count !== n ? `"${path}" requires ${n} ${plural(n)}\n\nUsage:  ${usage}` : undefined;
export const maximumArgs =
  (n: number): ArgumentRule =>
  (count, path, usage) =>
    count > n ? `"${path}" accepts at most ${n} ${plural(n)}\n\nUsage:  ${usage}` : undefined;
export const minimumArgs =
  (n: number): ArgumentRule =>
  (count, path, usage) =>
    count < n ? `"${path}" requires at least ${n} ${plural(n)}\n\nUsage:  ${usage}` : undefined;
export const anyArgs: ArgumentRule = () => undefined;

/** A failure that was already told, or that has an exit code of its own. */
export class ExitError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message = '') {
    super(message);
    this.name = 'ExitError';
    this.exitCode = exitCode;
  }
}
