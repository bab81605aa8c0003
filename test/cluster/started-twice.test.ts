/** Two starts at the same moment, and starts beside others. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const program = fileURLToPath(new URL('../../dist/portolan.cjs', import.meta.url));

test('of two starts at once both end with the one server that runs; flags come too late for it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-twice-'));
  const cluster = (folder: string, ...words: string[]) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const data = join(home, folder);
      const env = { PATH: process.env.PATH, HOME: home, PORTOLAN_HOME: data, KUBECONFIG: join(home, `${folder}.yaml`) };
      const child = spawn(process.execPath, [program, 'cluster', ...words], { env });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (err += chunk));
      child.on('close', (code) => resolve({ code, out, err }));
    });
  try {
    const both = await Promise.all([cluster('a', 'start'), cluster('a', 'start')]);
    assert.equal(
      both.map(({ code, err }) => [code, err]),
      [
        [0, ''],
        [0, ''],
      ],
    );
    const processes = both.map(({ out }) => /\(process (\d+)\)/.exec(out)?.[1]);
    assert.is(processes[0], processes[1]);
    const late = await cluster('a', 'start', '--nodes=2', '--time-scale=60');
    assert.match(late.out, 'The embedded cluster is running already');
    assert.match(late.err, 'Warning: --nodes, --time-scale had no effect.');
    const { url } = JSON.parse((await cluster('a', 'status', '-o', 'json')).out);
    const { port } = new URL(url);
    const taken = await cluster('b', 'start', `--port=${port}`);
    assert.is(
      taken.err,
      `Error: start the cluster: listen on 127.0.0.1:${port}: the port is in use by another process\n`,
    );
    assert.is((await cluster('b', 'start')).code, 0, 'a home of its own is a cluster of its own');
  } finally {
    await Promise.all([cluster('a', 'stop'), cluster('b', 'stop')]);
    rmSync(home, { recursive: true, force: true });
  }
});

test.run();
