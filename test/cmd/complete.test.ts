import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../../src/cmd/commands.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from './io.ts';

async function complete(...words: string[]): Promise<string[]> {
  const io = testIo();
  assert.is(await runCommandLine(['__completeNoDesc', ...words], io, ROOT), 0);
  assert.is(io.out.stderr, '');
  return io.out.stdout.trimEnd().split('\n');
}

test('commands, flags and their values', async () => {
  assert.equal(await complete('inst'), ['install', ':4']);
  assert.equal(await complete('get', 'm'), ['manifest', 'metadata', ':4']);
  assert.equal(await complete('dependency', 'up'), ['update', ':4']);
  assert.equal(await complete('dele'), ['delete', ':4']);
  assert.equal(await complete('list', '--no'), ['--no-headers', ':4']);
  assert.equal(await complete('list', '-o', ''), ['json', 'table', 'yaml', ':4']);
  assert.equal(await complete('-n', 'x', 'list', '--output', 'j'), ['json', ':4']);
  assert.equal(await complete('help', 'roll'), ['rollback', ':4']);
  assert.equal(await complete('help', 'get', 'val'), ['values', ':4']);
});

test('where nothing is known, files may stand', async () => {
  assert.equal(await complete('lint', ''), [':0']);
  assert.equal(await complete('install', '--values', ''), [':0']);
});

test('what a command knows', async () => {
  assert.equal(await complete('env', 'HELM_BURST'), ['HELM_BURST_LIMIT', ':4']);
});

test('descriptions come after a tab', async () => {
  const io = testIo();
  await runCommandLine(['__complete', 'roll'], io, ROOT);
  assert.is(io.out.stdout, 'rollback\troll a release back to an earlier revision\n:4\n');
});

test('scripts ask the program', async () => {
  for (const [words, asks] of [
    ['completion bash', '__complete'],
    ['completion bash --no-descriptions', '__completeNoDesc'],
    ['completion zsh', '__complete'],
    ['completion zsh --no-descriptions', '__completeNoDesc'],
    ['completion fish', '__complete'],
    ['completion fish --no-descriptions', '__completeNoDesc'],
    ['completion powershell', '__complete'],
    ['completion powershell --no-descriptions', '__completeNoDesc'],
  ] as const) {
    const io = testIo();
    assert.is(await runCommandLine(words.split(' '), io, ROOT), 0);
    assert.match(io.out.stdout, `portolan ${asks} `, words);
  }
});

test.run();
