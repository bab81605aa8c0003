/** A data folder that cannot be had is told in one line: what was to be done, why not, and what helps. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { folderError, prepareFolder } from '../../src/cluster/folders.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from '../cmd/io.ts';

for (const [code, reason] of [
  ['ENAMETOOLONG', 'its name is too long'],
  ['ENOSPC', 'no space is left on the disk'],
  ['EROFS', 'the disk is read-only'],
  ['EACCES', 'it may not be written to'],
  ['ENOTDIR', 'it is no folder'],
])
  test(`told of ${code}`, () => {
    const cause = Object.assign(new Error(`${code}: as Node says it`), { code });
    const error = folderError('/data', cause) as Error;
    assert.is(error.message, `keep the embedded cluster in "/data": ${reason}; $PORTOLAN_HOME can name another folder`);
    assert.is(error.cause, cause);
  });

test('other errors stay what they are', () => {
  const error = new Error('the store is damaged');
  assert.is(folderError('/data', error), error);
});

test('a folder is made, and nothing is left in it', () => {
  const parent = mkdtempSync(join(tmpdir(), 'portolan-folders-'));
  try {
    prepareFolder(join(parent, 'a', 'b'));
    assert.equal(readdirSync(join(parent, 'a', 'b')), []);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

for (const [words, code, stdout] of [
  [['cluster', 'start'], 1, ''],
  [['list'], 1, ''],
  [['cluster', 'nodes', 'list'], 1, ''],
  [['cluster', 'status'], 1, 'The embedded cluster is not running; its data is in HOME\n'],
  [['cluster', 'stop'], 0, 'The embedded cluster is not running\n'],
  [['cluster', 'reset'], 0, 'The embedded cluster is empty\n'],
] as [string[], number, string][])
  test(`a file where the folder should be: ${words.join(' ')}`, async () => {
    const parent = mkdtempSync(join(tmpdir(), 'portolan-folders-'));
    const home = join(parent, 'file');
    writeFileSync(home, '');
    try {
      const io = testIo({ variables: { PORTOLAN_HOME: home }, home: parent, directory: parent });
      assert.is(await runCommandLine(words, { ...io, clock: realClock }), code, io.out.stderr);
      assert.is(io.out.stdout, stdout.replace('HOME', home));
      const told = `keep the embedded cluster in "${home}": it is no folder; $PORTOLAN_HOME can name another folder\n`;
      if (stdout === '') assert.ok(io.out.stderr.endsWith(told), io.out.stderr);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });

test.run();
