/** The help of a command in cobra's layout, kept within 80 columns. */
import type { Command, CommandRow } from './command.ts';
import type { Environment } from './environment.ts';
import { FLAG_TYPES, type Flag } from './flag.ts';
import { defaultText } from './parse.ts';
import { GLOBAL_FLAGS } from './settings.ts';

const COLUMNS = 80;
/** Where descriptions of flags begin at the latest; a longer flag stands on a line of its own. */
const WIDEST = 36;

export interface HelpSubject {
  row: CommandRow;
  path: string;
  /** The loaded command; none for a group. */
  command?: Command;
}

export const helpText = (subject: HelpSubject, environment: Environment): string =>
  `${paragraphs(subject.command?.long ?? subject.row.long ?? subject.row.short)}\n\n${usageText(subject, environment)}`;

/** Lines that are too long are broken, except examples. */
const paragraphs = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : wrapped(line, 0)))
    .join('\n');

export const helpFlag = (name: string): Flag => ({ name: 'help', short: 'h', type: 'bool', help: `help for ${name}` });

export function usageText({ row, path, command }: HelpSubject, environment: Environment): string {
  const isRoot = !path.includes(' ');
  const own = [...(command?.flags ?? []), ...(isRoot ? GLOBAL_FLAGS : []), helpFlag(row.name)];
  const sections = [`Usage:\n  ${command ? useLine(path, command) : `${path} [command]`}`];
  if (row.aliases) sections.push(`Aliases:\n  ${[row.name, ...row.aliases].join(', ')}`);
  if (row.commands) sections.push(`Available Commands:\n${commandList(row.commands)}`);
  sections.push(`Flags:\n${flagList(own, environment)}`);
  if (!isRoot) sections.push(`Global Flags:\n${flagList(GLOBAL_FLAGS, environment)}`);
  if (row.commands) sections.push(`Use "${path} [command] --help" for more information about a command.`);
  return `${sections.join('\n\n')}\n`;
}

/** `portolan install [NAME] [CHART] [flags]` */
export function useLine(path: string, command: Command): string {
  const parent = path.slice(0, path.lastIndexOf(' ') + 1);
  const line = `${parent}${command.use}`;
  return line.includes('[flags]') ? line : `${line} [flags]`;
}

function commandList(commands: CommandRow[]): string {
  const shown = commands.filter((command) => !command.hidden);
  const width = Math.max(11, ...shown.map((command) => command.name.length));
  return shown.map(({ name, short }) => `  ${name.padEnd(width)} ${wrapped(short, width + 3)}`).join('\n');
}

function flagList(flags: Flag[], environment: Environment): string {
  const shown = flags
    .filter((flag) => !flag.hidden && !flag.deprecated)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => ({ head: flagHead(flag), text: `${flag.help}${shownDefault(flag, environment)}` }));
  const column = Math.min(WIDEST, Math.max(...shown.map(({ head }) => head.length)) + 3);
  return shown
    .map(({ head, text }) => {
      const body = wrapped(text, column);
      return head.length + 3 <= column ? `${head.padEnd(column)}${body}` : `${head}\n${' '.repeat(column)}${body}`;
    })
    .join('\n');
}

/** `  -n, --namespace string` */
export function flagHead(flag: Flag): string {
  const name = flag.short ? `  -${flag.short}, --${flag.name}` : `      --${flag.name}`;
  const word = FLAG_TYPES[flag.type].word ?? flag.type;
  const bare =
    flag.bare === undefined || flag.type === 'bool'
      ? ''
      : `[=${flag.type === 'string' ? JSON.stringify(flag.bare) : flag.bare}]`;
  return `${name}${word === '' ? '' : ` ${word}`}${bare}`;
}

/** As pflag: zero values are not shown, and only plain strings are quoted. */
function shownDefault(flag: Flag, environment: Environment): string {
  const text = defaultText(flag, environment);
  if (flag.type === 'stringToString' || flag.type === 'postRendererArgsSlice') return ' (default [])';
  if (flag.type === 'format') return ' (default table)';
  if (flag.type === 'WaitStrategy') return ' (default hookOnly)';
  if (text === undefined || ['', '0', 'false'].includes(text)) return '';
  return ` (default ${flag.type === 'string' ? JSON.stringify(text) : text})`;
}

/** Breaks `text` at blanks so that it stands between `column` and the right edge. */
function wrapped(text: string, column: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && column + line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(column)}`);
}
