import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommandRow, ExitError, exactArgs, minimumArgs, noArgs } from '../../src/cmd/command.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from './io.ts';

const loaded: string[] = [];
const row = (name: string, rest: Partial<CommandRow> = {}, args = minimumArgs(0)): CommandRow => ({
  name,
  short: `do ${name}`,
  ...rest,
  load: async () => {
    loaded.push(name);
    return {
      command: {
        use: `${name} NAME`,
        long: `Does ${name}.`,
        args,
        flags: [{ name: 'loud', short: 'l', type: 'bool', help: 'say it loud' }],
        async run({ args: words, flags, settings, stdout }) {
          if (words[0] === 'seven') throw new ExitError(7);
          if (words[0] === 'fail') throw new Error('it failed');
          stdout.write(`${name} ${words.join(' ')} ${flags.bool('loud')} ${settings.namespace}\n`);
          return words[0] === 'two' ? 2 : undefined;
        },
      },
    };
  },
});

const ROOT: CommandRow = {
  name: 'prog',
  short: 'a program',
  long: 'A program.',
  commands: [
    { name: 'get', short: 'get things', long: 'Gets things.', commands: [row('all', {}, exactArgs(1)), row('values')] },
    { name: 'help', short: 'help' },
    { name: 'ours', short: 'ours', strict: true, commands: [row('start', { suggestFor: ['up'] })] },
    row('install', { aliases: ['i'] }),
    row('list', { aliases: ['ls'] }, noArgs),
    row('uninstall', { suggestFor: ['rm'] }),
  ],
};

async function run(line: string, environment = {}) {
  const io = testIo(environment);
  const code = await runCommandLine(line === '' ? [] : line.split(' '), io, ROOT);
  return { code, ...io.out };
}

test('a command gets its words, whatever stands before it', async () => {
  for (const [line, out] of [
    ['install a b', 'install a b false \n'],
    ['i a', 'install a false \n'],
    ['-n ns install a', 'install a false ns\n'],
    ['--namespace=ns install -l a', 'install a true ns\n'],
    ['install -n ns a --loud', 'install a true ns\n'],
    ['--debug install a', 'install a false \n'],
    ['get -n x values a', 'values a false x\n'],
    ['install -- --loud', 'install --loud false \n'],
  ] as const)
    assert.equal(await run(line), { code: 0, stdout: out, stderr: '' }, line);
});

test('only the command that is called is loaded', async () => {
  loaded.length = 0;
  await run('get all x');
  await run('');
  await run('--help');
  await run('bogus');
  assert.equal(loaded, ['all']);
});

test('exit codes', async () => {
  assert.equal(await run('install two'), { code: 2, stdout: 'install two false \n', stderr: '' });
  assert.equal(await run('install seven'), { code: 7, stdout: '', stderr: '' });
  assert.equal(await run('install fail'), { code: 1, stdout: '', stderr: 'Error: it failed\n' });
});

test("mistakes get cobra's words", async () => {
  for (const [line, stderr] of [
    ['bogus', 'Error: unknown command "bogus" for "prog"\nRun \'prog --help\' for usage.\n'],
    [
      'instal',
      'Error: unknown command "instal" for "prog"\n\nDid you mean this?\n\tinstall\n\nRun \'prog --help\' for usage.\n',
    ],
    [
      'rm',
      'Error: unknown command "rm" for "prog"\n\nDid you mean this?\n\tuninstall\n\nRun \'prog --help\' for usage.\n',
    ],
    [
      'ours up',
      'Error: unknown command "up" for "prog ours"\n\nDid you mean this?\n\tstart\n\nRun \'prog ours --help\' for usage.\n',
    ],
    ['--bogus', 'Error: unknown flag: --bogus\n'],
    ['list --bogus', 'Error: unknown flag: --bogus\n'],
    ['list x', 'Error: "prog list" accepts no arguments\n\nUsage:  prog list NAME [flags]\n'],
    ['get all', 'Error: "prog get all" requires 1 argument\n\nUsage:  prog get all NAME [flags]\n'],
    [
      'list --color=pink',
      'level=WARN msg="command failed" error="invalid color mode \\"pink\\": must be one of: never, auto, always"\n',
    ],
  ] as const)
    assert.equal(await run(line), { code: 1, stdout: '', stderr }, line);
});

test('help of the root, a group and a command', async () => {
  const root = await run('');
  assert.match(
    root.stdout,
    /^A program\.\n\nUsage:\n {2}prog \[command\]\n\nAvailable Commands:\n {2}get {9}get things\n/,
  );
  assert.equal(await run('--help'), root);
  assert.equal(await run('help'), root);
  const group = await run('get');
  assert.match(group.stdout, /^Gets things\.\n\nUsage:\n {2}prog get \[command\]\n/);
  assert.equal(await run('get bogus'), group);
  assert.equal(await run('help get'), group);
  const command = await run('list --help');
  assert.match(
    command.stdout,
    /^Does list\.\n\nUsage:\n {2}prog list NAME \[flags\]\n\nAliases:\n {2}list, ls\n\nFlags:\n/,
  );
  assert.match(command.stdout, /\n {2}-h, --help {3}help for list\n {2}-l, --loud {3}say it loud\n\nGlobal Flags:\n/);
  assert.equal(await run('help list'), command);
  const unknown = await run('help bogus');
  assert.is(unknown.code, 0);
  assert.match(unknown.stderr, /^Unknown help topic \[`bogus`\]\nUsage:\n/);
});

test('settings come from the environment, flags win', async () => {
  const environment = { variables: { HELM_NAMESPACE: 'env' } };
  assert.is((await run('install a', environment)).stdout, 'install a false env\n');
  assert.is((await run('install a -n flag', environment)).stdout, 'install a false flag\n');
});

test.run();
