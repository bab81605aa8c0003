import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { loadCredentials } from '../../src/cluster/credentials.ts';
import { kubeconfigFor } from '../../src/cluster/kubeconfig-entry.ts';
import { runCommandLine } from '../../src/cmd/run.ts';

const SERVER = 'https://127.0.0.1:1';

async function listWith(home: string, dataDir: string): Promise<{ code: number; told: string }> {
  let told = '';
  const output = { write: (text: string) => void (told += text), terminal: false, columns: 80 };
  const code = await runCommandLine(['list'], {
    environment: {
      variables: { PORTOLAN_HOME: dataDir, KUBECONFIG: join(home, 'config') },
      home,
      platform: process.platform,
      directory: home,
      program: 'portolan',
      pid: process.pid,
      hostname: 'here',
      node: process.version,
      isAlive: () => false,
    },
    stdout: output,
    stderr: output,
    stdin: async () => '',
    clock: realClock,
    signal: new AbortController().signal,
  });
  return { code, told };
}

test('the context that a killed server left behind leads to the embedded cluster, that of another does not', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-left-over-'));
  try {
    const [ours, others] = [join(home, 'ours'), join(home, 'others')];
    const { ca, admin } = loadCredentials(ours, [], realClock.now());
    loadCredentials(others, [], realClock.now());
    writeFileSync(join(home, 'config'), kubeconfigFor({ server: SERVER, ca: ca.cert, ...admin }));
    const left = await listWith(home, ours);
    assert.is(left.code, 0, left.told);
    assert.match(left.told, `Using the embedded cluster (in this process, ${ours})`);
    const strange = await listWith(home, others);
    assert.is(strange.code, 1);
    assert.match(strange.told, 'connection refused');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test.run();
