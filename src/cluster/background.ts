/** The server as a process of its own: started, found, stopped, its data removed. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { acquireLock } from '../store/lock.ts';
import { pathsIn } from './folders.ts';
import { readServerState, type ServerState } from './serve.ts';

export interface BackgroundOptions {
  dataDir: string;
  clock: Clock;
  signal?: AbortSignal;
}

const POLL = 20;
const START_LIMIT = 30_000;
const STOP_LIMIT = 15_000;

/** The server that runs in the background, undefined where none does. */
export function runningServer(dataDir: string): ServerState | undefined {
  const state = readServerState(dataDir);
  return state !== undefined && isAlive(state.pid) ? state : undefined;
}

/**
 * Runs `script` (a program for this Node, and its arguments), which must serve the cluster of `dataDir`, and answers when
 * it is ready. Throws what it said otherwise.
 */
export async function startBackground(script: string[], options: BackgroundOptions): Promise<ServerState> {
  const { dataDir, clock, signal } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { log } = pathsIn(dataDir);
  const output = openSync(log, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...script], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, by) => (ended = `it ended with ${by ?? `code ${code}`}`));
  const deadline = clock.now() + START_LIMIT;
  while (ended === undefined && clock.now() < deadline) {
    const state = runningServer(dataDir);
    if (state?.pid === child.pid) {
      child.unref();
      return state!;
    }
    await sleep(clock, POLL, signal);
  }
  child.kill();
  const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n');
  throw new Error(`start the cluster: ${said || (ended ?? `it was not ready within ${START_LIMIT / 1000} s`)}`);
}

/** Answers whether there was one to stop. */
export async function stopBackground({ dataDir, clock, signal }: BackgroundOptions): Promise<boolean> {
  const state = runningServer(dataDir);
  if (state === undefined) return false;
  process.kill(state.pid, 'SIGTERM');
  const deadline = clock.now() + STOP_LIMIT;
  while (isAlive(state.pid)) {
    if (clock.now() > deadline) process.kill(state.pid, 'SIGKILL'); // the store bears it
    await sleep(clock, POLL, signal);
  }
  return true;
}

/** Forgets every object of the cluster; credentials stay. Throws LockedError while a command uses the store. */
export async function removeData({ dataDir, clock, signal }: BackgroundOptions): Promise<void> {
  const { store } = pathsIn(dataDir);
  mkdirSync(store, { recursive: true, mode: 0o700 });
  await acquireLock(join(store, 'lock'), { clock, signal });
  rmSync(store, { recursive: true, force: true }); // the lock with it
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
