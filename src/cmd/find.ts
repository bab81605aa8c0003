/** Finds which command a line names, as cobra does: words that are not flags, until one names no command. */
import type { CommandRow } from './command.ts';
import type { Flag } from './flag.ts';
import { bareValue } from './parse.ts';

export interface Found {
  row: CommandRow;
  /** `portolan get values` */
  path: string;
  /** The words that are left for the command: its flags and arguments. */
  words: string[];
}

export function findCommand(root: CommandRow, words: string[], globals: Flag[]): Found {
  let found: Found = { row: root, path: root.name, words };
  for (;;) {
    const at = firstPlainWord(found.words, globals);
    const next = at < 0 ? undefined : subcommand(found.row, found.words[at]!);
    if (!next) return found;
    found = {
      row: next,
      path: `${found.path} ${next.name}`,
      words: [...found.words.slice(0, at), ...found.words.slice(at + 1)],
    };
  }
}

export const subcommand = (row: CommandRow, word: string): CommandRow | undefined =>
  row.commands?.find((command) => command.name === word || command.aliases?.includes(word));

/** The place of the first word that is neither a flag nor a flag's value; -1 where there is none before `--`. */
export function firstPlainWord(words: string[], flags: Flag[]): number {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') return -1;
    if (!word.startsWith('-')) {
      if (word !== '') return at;
    } else if (takesNext(word, flags)) at++;
  }
  return -1;
}

function takesNext(word: string, flags: Flag[]): boolean {
  if (word.includes('=')) return false;
  if (word.startsWith('--')) {
    const flag = flags.find((candidate) => candidate.name === word.slice(2));
    return flag === undefined || bareValue(flag) === undefined;
  }
  if (word.length !== 2) return false;
  const flag = flags.find((candidate) => candidate.short === word[1]);
  return flag === undefined || bareValue(flag) === undefined;
}

/** cobra's complaint about a word after the command of that path, with what may have been meant. */
export function unknownCommand(word: string, { row, path }: Pick<Found, 'row' | 'path'>): string {
  const typed = word.toLowerCase();
  const meant = (row.commands ?? [])
    .filter((command) => !command.hidden)
    .filter(
      ({ name, suggestFor }) =>
        distance(typed, name.toLowerCase()) <= 2 ||
        name.toLowerCase().startsWith(typed) ||
        suggestFor?.some((other) => other.toLowerCase() === typed),
    )
    .map(({ name }) => `\t${name}\n`);
  const suggestion = meant.length === 0 ? '' : `\n\nDid you mean this?\n${meant.join('')}`;
  return `unknown command ${JSON.stringify(word)} for "${path}"${suggestion}`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
