import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { removeData, runningServer, stopBackground } from '../../src/cluster/background.ts';
import { openEmbedded } from '../../src/cluster/embedded.ts';
import { pathsIn, writePrivate } from '../../src/cluster/folders.ts';
import { enterContext } from '../../src/cluster/user-kubeconfig.ts';

async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-damaged-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const messageOf = (error: Error) => error.message;
const opening = (dataDir: string) => openEmbedded({ dataDir }).then((cluster) => cluster.stop());

test('a damaged store names the file and the remedy, and the remedy helps', () =>
  inFolder(async (dataDir) => {
    const file = join(pathsIn(dataDir).store, 'snapshot-0000000100');
    writePrivate(file, 'junk');
    assert.is(
      await opening(dataDir).catch(messageOf),
      `open store: ${file}: the snapshot is not whole; nothing was changed; put the file back from a copy, ` +
        "or forget everything with 'portolan cluster reset'",
    );
    await removeData({ dataDir, clock: realClock });
    await opening(dataDir);
  }));

test('damaged credentials name the file and the remedy', () =>
  inFolder(async (dataDir) => {
    const { credentials } = pathsIn(dataDir);
    for (const text of ['', '{', 'null', '{}', '{"ca":{"cert":"x"}}']) {
      writePrivate(credentials, text);
      const told = String(await opening(dataDir).catch(messageOf));
      assert.match(told, `read credentials: "${credentials}" is damaged (`);
      assert.match(told, 'remove it, and new ones are made');
    }
    rmSync(credentials);
    await opening(dataDir);
  }));

test('a damaged note of the last server is none', () =>
  inFolder((dataDir) => {
    for (const text of ['', '{', 'null', '[]', '{"pid":"1"}']) {
      writePrivate(pathsIn(dataDir).server, text);
      assert.is(runningServer(dataDir), undefined, text);
    }
  }));

test('a server that was killed is not running, though another process has its number now', () =>
  inFolder(async (dataDir) => {
    const state = { pid: process.pid, url: 'https://127.0.0.1:1', port: 1, started: '' };
    writePrivate(pathsIn(dataDir).server, JSON.stringify(state));
    assert.is(runningServer(dataDir), undefined, 'no lock');
    const stale = { pid: process.pid, started: '0', command: 'portolan cluster serve' };
    writePrivate(join(pathsIn(dataDir).store, 'lock'), JSON.stringify(stale));
    assert.is(runningServer(dataDir), undefined, 'the lock of an earlier process');
    assert.not(await stopBackground({ dataDir, clock: realClock }), 'nobody was told to stop');
    const cluster = await openEmbedded({ dataDir });
    try {
      assert.equal(runningServer(dataDir), state, 'the holder of the lock');
    } finally {
      await cluster.stop();
    }
  }));

test('a damaged note of the context before is none', () =>
  inFolder((dataDir) => {
    writePrivate(pathsIn(dataDir).context, '{');
    const path = join(dataDir, 'config');
    writeFileSync(path, '');
    enterContext(path, { server: 'https://127.0.0.1:1', ca: 'a', cert: 'b', key: 'c' }, dataDir);
  }));

test.run();
