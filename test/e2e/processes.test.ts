/** Commands in processes of their own, at work at the same time, interrupted and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const program = fileURLToPath(new URL('../../dist/portolan.cjs', import.meta.url));

interface Running {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

interface Scene {
  start(...words: string[]): Running;
  run(...words: string[]): Running['ended'];
  /** Resolves once the newest revision has the status. */
  reached(status: string): Promise<void>;
}

async function withPlane(use: (scene: Scene) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'portolan-processes-'));
  const env = { PATH: process.env.PATH, HOME: home, USER: 'ada', KUBECONFIG: join(home, 'kubeconfig') };
  const start = (...words: string[]): Running => {
    const child = spawn(process.execPath, [program, ...words], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout!.on('data', (chunk) => (stdout += chunk));
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Awaited<Running['ended']>>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    );
    return { child, ended };
  };
  const run = (...words: string[]) => start(...words).ended;
  const reached = async (status: string) => {
    for (let look = 0; look < 100; look++) {
      const { stdout } = await run('history', 'web', '-o', 'json', '--max', '1');
      if (stdout.includes(`"status":"${status}"`)) return;
    }
    throw new Error(`the release never was ${status}`);
  };
  for (const [name, text] of Object.entries({
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    'templates/a.yaml': `{{ if .Values.endless }}${CLAIM}{{ else }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n{{ end }}`,
  })) {
    mkdirSync(join(home, 'web/templates'), { recursive: true });
    writeFileSync(join(home, 'web', name), text);
  }
  try {
    assert.is((await run('cluster', 'start')).code, 0);
    await use({ start, run, reached });
  } finally {
    await run('cluster', 'stop');
    rmSync(home, { recursive: true, force: true });
  }
}

/** Of a class that nobody provides: waited for without end. */
const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec:
  storageClassName: nobody
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;
const ENDLESS = ['./web', '--set', 'endless=true', '--wait', '--timeout', '60s'];

test('of two at once the second is refused, who only reads is not, and a signal ends the first in order', () =>
  withPlane(async ({ start, run, reached }) => {
    for (const [signal, words, status] of [
      ['SIGTERM', ['install', 'web', ...ENDLESS], 'pending-install'],
      ['SIGINT', ['upgrade', 'web', ...ENDLESS], 'pending-upgrade'],
    ] as const) {
      const first = start(...words);
      await reached(status);
      for (const second of [
        ['upgrade', 'web', './web'],
        ['rollback', 'web', '1'],
        ['uninstall', 'web'],
      ]) {
        const { code, stderr } = await run(...second);
        assert.is(code, 1);
        const held = new RegExp(`is in progress: the release is held by ada@\\S+:${first.child.pid}\\n$`);
        assert.match(stderr, held, second[0]);
      }
      assert.match((await run('status', 'web')).stdout, new RegExp(`STATUS: ${status}`));
      first.child.kill(signal);
      const { code, stdout, stderr } = await first.ended;
      assert.is(code, 1, signal);
      assert.is(stdout, 'Release web has been cancelled.\n');
      assert.match(stderr, /Error: (INSTALLATION|UPGRADE) FAILED: context canceled\n$/);
      assert.match((await run('status', 'web')).stdout, /STATUS: failed/);
      assert.match((await run('release', 'unlock', 'web')).stderr, /is not locked: revision \d is failed/);
    }
    assert.is((await run('upgrade', 'web', './web')).code, 0);
  }));

test('what was killed is taken over by the next, which tells whose it was', () =>
  withPlane(async ({ start, run, reached }) => {
    assert.is((await run('install', 'web', './web')).code, 0);
    const killed = start('upgrade', 'web', ...ENDLESS);
    await reached('pending-upgrade');
    killed.child.kill('SIGKILL');
    assert.is((await killed.ended).signal, 'SIGKILL');
    const { code, stderr } = await run('upgrade', 'web', './web');
    assert.is(code, 0, stderr);
    assert.match(stderr, new RegExp(`taken over .* name=web holder=ada@\\S+:${killed.child.pid}\\n`));
    assert.match(stderr, /an interrupted upgrade was found and is now marked failed/);
    const { stdout } = await run('history', 'web', '-o', 'json');
    const statuses = JSON.parse(stdout).map(({ status }: { status: string }) => status);
    assert.equal(statuses, ['superseded', 'failed', 'deployed']);
  }));

test.run();
