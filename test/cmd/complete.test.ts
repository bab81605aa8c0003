import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

test('charts of the repositories that are added, and their versions', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-complete-'));
  const files = {
    '.config/helm/repositories.yaml':
      'repositories:\n- {name: one, url: https://one.example}\n- {name: odd, url: https://odd.example}\n',
    '.cache/helm/repository/one-charts.txt': 'db\nweb\n',
    '.cache/helm/repository/one-index.yaml':
      'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0}\n  - {name: web, version: 2.0.0, appVersion: "9", created: "2026-03-01T00:00:00Z"}\n',
    'work/one.txt': '',
  };
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), text);
    }
    for (const [words, expected] of [
      [
        ['pull', ''],
        ['one/', 'odd/', 'oci://', 'https://', 'http://', 'file://', ':6'],
      ],
      [
        ['pull', 'one/'],
        ['one/db', 'one/web', ':4'],
      ],
      [
        ['pull', 'oc'],
        ['oci://', ':6'],
      ],
      [
        ['pull', 'one/web', '--version', ''],
        ['2.0.0', '1.0.0', ':4'],
      ],
      [
        ['install', 'a', 'on'],
        ['one/', 'one.txt', ':2'],
      ],
      [
        ['install', 'a', 'one/w'],
        ['one/web', ':0'],
      ],
      [
        ['install', '--generate-name', 'od'],
        ['odd/', ':2'],
      ],
      [['show', 'chart', 'nope'], [':0']],
      [['template', ''], [':4']],
    ] as const) {
      const io = testIo({ home, directory: join(home, 'work') });
      await runCommandLine(['__completeNoDesc', ...words], io, ROOT);
      assert.equal(io.out.stdout.trimEnd().split('\n'), [...expected], words.join(' '));
    }
    const io = testIo({ home });
    await runCommandLine(['__complete', 'template', 'a', 'one/web', '--version', '2'], io, ROOT);
    assert.is(io.out.stdout, '2.0.0\tApp: 9, Created: March 1, 2026 \n:4\n');
  } finally {
    rmSync(home, { recursive: true });
  }
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
