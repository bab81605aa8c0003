/**
 * The table of helm 4.2.3's commands and flags in src/cmd/README.md, each with a test that runs it, is what the tests
 * themselves say: transcripts of helm, and the words that other tests hand to a command line. `PORTOLAN_UPDATE=1` writes
 * it anew, and asks real helm which commands and flags there are.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runHelm } from './support/real.ts';
import { splitLine } from './support/transcript.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const readme = join(here, '..', 'src', 'cmd', 'README.md');
const recorded = join(here, 'golden', 'cmd', 'flags.txt');
/** What those flags stand under that every command has. */
const GLOBAL = 'every command';

/** By command: its aliases at every step, and its flags with their letters. */
interface HelmCommand {
  path: string;
  aliases: string[];
  flags: { name: string; letter?: string }[];
}

/** Lines of `path [aliases]: --flag -f, --other`. */
const printCommand = ({ path, aliases, flags }: HelmCommand): string =>
  `${path} [${aliases.join(' ')}]: ${flags.map(({ name, letter }) => `--${name}${letter ? ` -${letter}` : ''}`).join(', ')}`;

function parseCommand(line: string): HelmCommand {
  const [, path = '', aliases = '', flags = ''] = /^(.*) \[(.*)\]: ?(.*)$/.exec(line)!;
  return {
    path,
    aliases: aliases.split(' ').filter((alias) => alias !== ''),
    flags: flags.split(', ').flatMap((text) => {
      const [, name, letter] = /^--([\w-]+)(?: -(\w))?$/.exec(text) ?? [];
      return name === undefined ? [] : [{ name, ...(letter !== undefined && { letter }) }];
    }),
  };
}

/** Asks real helm, group by group. */
function askHelm(path: string[] = []): HelmCommand[] {
  const help = runHelm([...path, '--help'], { HOME: '/nonexistent' }).stdout;
  const section = (name: string) => help.split(`\n${name}:\n`)[1]?.split('\n\n')[0] ?? '';
  const flags = [...section('Flags').matchAll(/^ {2}(?:-(\w), | {4})--([\w-]+)/gm)]
    .map(([, letter, name]) => ({ name: name!, ...(letter && { letter }) }))
    .filter(({ name }) => name !== 'help');
  const aliases = section('Aliases').trim().split(', ').slice(1);
  const own = { path: path.join(' ') || GLOBAL, aliases, flags };
  const members = [...section('Available Commands').matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!);
  return [own, ...members.filter((name) => name !== 'help').flatMap((name) => askHelm([...path, name]))];
}

/** Words that tests write beside one another, in a call or a list, and those of every string that is a whole line. */
function* wordsIn(file: string): Generator<string[]> {
  const text = readFileSync(join(here, file), 'utf8');
  if (file.endsWith('.txt')) {
    for (const [, line] of text.matchAll(/^\$ (.+)$/gm)) yield splitLine(line!);
    return;
  }
  let words: string[] = [];
  let end = 0;
  for (const match of text.matchAll(/'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g)) {
    // Variables may stand between; a bracket begins another call or list.
    if (!/^[\s\w,.$!]*$/.test(text.slice(end, match.index))) {
      yield words;
      words = [];
    }
    const string = match[1] ?? match[2] ?? match[3] ?? '';
    if (/\s/.test(string)) for (const line of string.split('\n')) yield splitLine(line.trim());
    else words.push(string);
    end = match.index + match[0].length;
  }
  yield words;
}

/** Where each flag of each command is run: `install --wait` → files. */
function runsIn(files: string[], commands: HelmCommand[]): Map<string, string[]> {
  const runs = new Map<string, string[]>();
  const note = (what: string, file: string) => {
    const known = runs.get(what);
    if (known?.at(-1) !== file) runs.set(what, [...(known ?? []), file]);
  };
  const byName = namesOf(commands);
  const global = commands.find(({ path }) => path === GLOBAL)!;
  for (const file of files)
    for (const words of wordsIn(file)) {
      const command = byName.get(words.slice(0, 2).join(' ')) ?? byName.get(words[0] ?? '');
      if (!command) continue;
      note(command.path, file);
      for (const word of words) {
        const [, name, letter] = /^(?:--([\w-]+)|-([a-zA-Z]))(?:=.*)?$/s.exec(word) ?? [];
        if (name === undefined && letter === undefined) continue;
        const isNamed = (flag: HelmCommand['flags'][number]) =>
          name === undefined ? flag.letter === letter : flag.name === name;
        const [owner, flag] = [command, global]
          .map((each) => [each, each.flags.find(isNamed)] as const)
          .find(([, found]) => found) ?? [command];
        if (flag) note(`${owner.path} --${flag.name}`, file);
      }
    }
  return runs;
}

/** Every way to call a command: `dependency update`, `dep up`. */
function namesOf(commands: HelmCommand[]): Map<string, HelmCommand> {
  const groups = new Map(commands.map((command) => [command.path, [command.path, ...command.aliases]]));
  const names = new Map<string, HelmCommand>();
  for (const command of commands) {
    const [first = '', last] = command.path.split(' ');
    const lasts = last === undefined ? [] : [last, ...command.aliases];
    for (const start of last === undefined ? [first, ...command.aliases] : (groups.get(first) ?? [first]))
      for (const name of last === undefined ? [start] : lasts.map((end) => `${start} ${end}`)) names.set(name, command);
  }
  return names;
}

const testFiles = (): string[] =>
  (readdirSync(here, { recursive: true }) as string[])
    .filter((file) =>
      /^golden\/helm\/.*\.txt$|^(cmd|e2e|action|repo|registry|release|client|lint|chart)\/.*\.test\.ts$/.test(file),
    )
    .sort((a, b) => Number(b.startsWith('golden')) - Number(a.startsWith('golden')) || (a < b ? -1 : 1));

function readmeText(commands: HelmCommand[]): string {
  const runs = runsIn(testFiles(), commands);
  const rows: string[] = [];
  const untested: string[] = [];
  const row = (what: string, shown: string) => {
    const [file] = runs.get(what) ?? [];
    if (file === undefined) untested.push(shown);
    rows.push(`| ${shown} | ${file === undefined ? '' : `\`${file}\``} |`);
  };
  for (const { path, flags } of commands) {
    const isGroup = commands.some((other) => other.path.startsWith(`${path} `));
    if (path !== GLOBAL && !isGroup) row(path, `\`${path}\``);
    for (const { name, letter } of flags)
      row(`${path} --${name}`, `\`${path} ${letter ? `-${letter}, ` : ''}--${name}\``);
  }
  return `# Commands

One file a command: a table of flags, one call of an action, one print. \`commands.ts\` lists them without loading them,
\`parse.ts\` reads words as pflag does, \`run.ts\` calls what they name.

## Every command and flag of helm 4.2.3

Each with a test that runs it (below \`test/\`); \`golden/helm/\` are transcripts of real helm that we must repeat word for
word. That names, letters, types and defaults are helm's, and that every command has \`--help\`, is tested in
\`cmd/flags.test.ts\`. This table is made by \`test/commands.test.ts\` from the tests.

Without a test: ${untested.length === 0 ? 'none' : untested.join(', ')}.

| command or flag | run in |
| --- | --- |
${rows.join('\n')}
`;
}

test("the table of helm's commands and flags is what the tests run", () => {
  if (process.env.PORTOLAN_UPDATE) writeFileSync(recorded, `${askHelm().map(printCommand).join('\n')}\n`);
  const commands = readFileSync(recorded, 'utf8').trimEnd().split('\n').map(parseCommand);
  const expected = readmeText(commands);
  if (process.env.PORTOLAN_UPDATE) writeFileSync(readme, expected);
  assert.match(expected, 'Without a test: none.');
  assert.fixture(readFileSync(readme, 'utf8'), expected, 'PORTOLAN_UPDATE=1 writes it anew');
});

test.run();
