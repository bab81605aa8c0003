/** Every flag that helm 4.2.3 documents is ours too: name, letter, type, what it is when bare, default. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandRow } from '../../src/cmd/command.ts';
import { ROOT } from '../../src/cmd/commands.ts';
import type { Environment } from '../../src/cmd/environment.ts';
import { FLAG_TYPES, type Flag } from '../../src/cmd/flag.ts';
import { flagHead, helpText } from '../../src/cmd/help.ts';
import { defaultText } from '../../src/cmd/parse.ts';
import { GLOBAL_FLAGS } from '../../src/cmd/settings.ts';
import { realTools, runHelm } from '../support/real.ts';

const HOME = '/nonexistent';
const environment = { variables: {}, home: HOME, platform: 'linux' } as unknown as Environment;

interface Leaf {
  path: string;
  row: CommandRow;
}
const leaves = (row: CommandRow, path: string[] = []): Leaf[] =>
  (row.commands ?? []).flatMap((child) =>
    child.commands ? leaves(child, [...path, child.name]) : [{ path: [...path, child.name].join(' '), row: child }],
  );

/** `-n, --namespace string` and the default of each flag in a help text. */
function documented(help: string, section: string): Map<string, { head: string; fallback: string }> {
  const found = new Map<string, { head: string; fallback: string }>();
  const text = help.split(`\n${section}:\n`)[1]?.split('\n\n')[0] ?? '';
  for (const line of text.split('\n')) {
    const head = /^ {2}(?:-\w, | {4})--[\w-]+(?: \w+)?(?:\[=[^\]]*\])?/.exec(line)?.[0];
    if (head === undefined) continue;
    const name = /--[\w-]+/.exec(head)![0];
    const fallback = /\(default (.*)\)$/.exec(line)?.[1] ?? '';
    if (name !== '--help') found.set(name, { head: head.trimEnd(), fallback });
  }
  return found;
}

function fallbackOf(flag: Flag): string {
  const text = defaultText(flag, environment);
  if (['stringToString', 'postRendererArgsSlice'].includes(flag.type)) return '[]';
  if (flag.type === 'format' || flag.type === 'WaitStrategy') return String(FLAG_TYPES[flag.type].zero);
  if (text === undefined || ['', '0', 'false'].includes(text)) return '';
  return flag.type === 'string' ? JSON.stringify(text) : text;
}

const compared = realTools() ? test : test.skip;

compared("each command has helm's flags", async () => {
  const differences: string[] = [];
  for (const { path, row } of leaves(ROOT)) {
    if (!row.load || row.hidden || /^(cluster|diff|release|init|publish|repo serve)\b/.test(path)) continue;
    const { stdout, code } = runHelm([...path.split(' '), '--help'], { HOME });
    assert.is(code, 0, path);
    const { command } = await row.load();
    const ours = new Map(command.flags.map((flag) => [`--${flag.name}`, flag]));
    for (const [name, { head, fallback }] of documented(stdout, 'Flags')) {
      const flag = ours.get(name);
      if (!flag) differences.push(`${path}: ${name} is missing`);
      else if (flagHead(flag) !== head) differences.push(`${path}: ${flagHead(flag)} for ${head}`);
      else if (fallbackOf(flag) !== fallback)
        differences.push(`${path}: ${name} is ${fallbackOf(flag)}, not ${fallback}`);
    }
    const aliases = /\nAliases:\n {2}(.*)\n/.exec(stdout)?.[1] ?? '';
    assert.is(row.aliases ? [row.name, ...row.aliases].join(', ') : '', aliases, path);
    const usage = /\nUsage:\n {2}helm (.*) \[flags\]\n/.exec(stdout)?.[1] ?? '';
    assert.is(usage, `${path.split(' ').slice(0, -1).concat(command.use).join(' ')}`, path);
  }
  assert.equal(differences, []);
});

compared("the global flags are helm's", () => {
  const { stdout } = runHelm(['list', '--help'], { HOME });
  const ours = new Map(GLOBAL_FLAGS.map((flag) => [`--${flag.name}`, flag]));
  for (const [name, { head, fallback }] of documented(stdout, 'Global Flags')) {
    assert.ok(ours.has(name), name);
    assert.is(flagHead(ours.get(name)!), head);
    assert.is(fallbackOf(ours.get(name)!), fallback, name);
  }
});

test('help stays within 80 columns', async () => {
  for (const { path, row } of leaves(ROOT)) {
    const command = (await row.load?.())?.command;
    if (!command) continue;
    const text = helpText({ row, path: `portolan ${path}`, command }, { ...environment, home: '/home/u' });
    for (const line of text.split('\n')) assert.ok(line.length <= 80, `${path}: ${line}`);
  }
  for (const line of helpText({ row: ROOT, path: 'portolan' }, { ...environment, home: '/home/u' }).split('\n'))
    assert.ok(line.length <= 80, line);
});

test('no command uses a letter or a name twice', async () => {
  for (const { path, row } of leaves(ROOT)) {
    const flags = (await row.load?.())?.command.flags ?? [];
    const names = flags.map(({ name }) => name);
    const letters = flags.flatMap(({ short }) => short ?? []);
    assert.is(new Set(names).size, names.length, path);
    assert.is(new Set(letters).size, letters.length, path);
  }
});

test.run();
