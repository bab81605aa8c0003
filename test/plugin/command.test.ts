// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of plugins are written like this
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expandVariables, machineOf, prepareCommand } from '../../src/plugin/command.ts';
import type { PlatformCommand } from '../../src/plugin/metadata.ts';

const command = (os: string, arch: string, line = `${os}-${arch}`): PlatformCommand => ({
  os,
  arch,
  command: line,
  args: [],
});

const CHOICES: [commands: PlatformCommand[], chosen: string][] = [
  [[command('', ''), command('linux', ''), command('linux', 'amd64')], 'linux-amd64'],
  [[command('', ''), command('linux', ''), command('linux', 'arm64')], 'linux-'],
  [[command('LINUX', 'AMD64')], 'LINUX-AMD64'],
  [[command('windows', ''), command('', '')], '-'],
  [[command('linux', '', 'one'), command('linux', '', 'two')], 'one'],
  [[command('', '', 'one'), command('', '', 'two')], 'one'],
];

const options = { machine: { os: 'linux', arch: 'amd64' }, variables: { HOME: '/h', EMPTY: '' }, expandArgs: true };

test('the command for this machine is chosen', () => {
  for (const [commands, chosen] of CHOICES) assert.is(prepareCommand(commands, options).file, chosen);
});

test('none is applicable', () => {
  for (const commands of [[], [command('windows', '')], [command('', 'amd64')], [command('', '', '')]])
    assert.throws(() => prepareCommand(commands, options), 'no plugin command is applicable');
});

test('arguments of the command, of its list and of the user follow each other', () => {
  const commands = [{ os: '', arch: '', command: '$HOME/run first $HOME', args: ['${HOME}', 'a b'] }];
  assert.equal(prepareCommand(commands, { ...options, extra: ['$HOME'] }), {
    file: '/h/run',
    args: ['first', '/h', '/h', 'a b', '$HOME'],
  });
  assert.equal(prepareCommand(commands, { ...options, expandArgs: false }), {
    file: '/h/run',
    args: ['first', '$HOME', '${HOME}', 'a b'],
  });
});

const EXPANDED: [text: string, expanded: string][] = [
  ['$HOME/x', '/h/x'],
  ['${HOME}x', '/hx'],
  ['$HOMEx', ''],
  ['$EMPTY.', '.'],
  ['a$', 'a$'],
  ['$1a', 'a'],
  ['100%', '100%'],
];

test('variables are replaced as by a shell', () => {
  for (const [text, expanded] of EXPANDED) assert.is(expandVariables(text, options.variables), expanded, text);
});

test("Node's names become Go's", () => {
  assert.equal(machineOf('win32', 'x64'), { os: 'windows', arch: 'amd64' });
  assert.equal(machineOf('darwin', 'arm64'), { os: 'darwin', arch: 'arm64' });
});

test.run();
