/** Real kubectl against a server in this process; asynchronous, as the server must answer meanwhile. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '../../src/apiserver/server.ts';
import { type Clock, ManualClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { openMemoryStore } from '../../src/store/store.ts';
import { realTools } from '../support/real.ts';
import { splitLine } from '../support/transcript.ts';
import { listen } from './listen.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Kubectl {
  /**
   * Arguments separated by spaces; what stands in single quotes is one. `settles`: it goes on and is interrupted when it
   * has said something and then nothing for a while.
   */
  run(
    line: string,
    options?: { stdin?: string; env?: Record<string, string>; killAfter?: number; settles?: boolean },
  ): Promise<Ran>;
  /** Writes a file beside the others; answers its path, which lines may name as `@name`. */
  write(name: string, content: string): string;
  /** Where the files are. */
  folder: string;
  server: ReturnType<typeof createApiServer>;
  clock: Clock;
}

export async function withKubectl(body: (kubectl: Kubectl) => Promise<void>): Promise<void> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const store = openMemoryStore();
  const server = createApiServer({ store, clock, log: silentLog });
  const listener = await listen(server.handler);
  const folder = mkdtempSync(join(tmpdir(), 'portolan-kubectl-'));
  try {
    await body({
      server,
      clock,
      folder,
      write(name, content) {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      },
      run: (line, options = {}) => run(listener.url, folder, line, options),
    });
    store.check();
  } finally {
    server.stop();
    await listener.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(
  url: string,
  folder: string,
  line: string,
  {
    stdin,
    env,
    killAfter,
    settles,
  }: { stdin?: string; env?: Record<string, string>; killAfter?: number; settles?: boolean },
): Promise<Ran> {
  const args = splitLine(line).map((word) => word.replace(/(^|=)@/, `$1${folder}/`));
  const child = spawn(realTools()!.kubectl, ['--server', url, ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: '/dev/null', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let quiet: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (!settles) return;
    clearTimeout(quiet);
    quiet = setTimeout(() => child.kill('SIGINT'), 500);
  });
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), killAfter);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      resolve({ code: code ?? -1, stdout, stderr });
    }),
  );
}
