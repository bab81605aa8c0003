/** The server as a process of its own: started, found, stopped, its data removed. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { acquireLock, type Holder, isRunning, lockHolder } from '../store/lock.ts';
import { folderError, pathsIn, prepareFolder } from './folders.ts';
import { readServerState, type ServerState } from './server-state.ts';

export interface BackgroundOptions {
  dataDir: string;
  clock: Clock;
  signal?: AbortSignal;
}

const POLL = 20;
const START_LIMIT = 30_000;
const OTHER_LIMIT = 3_000;
const STOP_LIMIT = 15_000;

/** The server that runs in the background, undefined where none does. */
export const runningServer = (dataDir: string): ServerState | undefined => findServer(dataDir)?.state;

/** A server that was killed has told its number too, and another process may bear it now: the store's lock knows which. */
function findServer(dataDir: string): { state: ServerState; holder: Holder } | undefined {
  const state = readServerState(dataDir);
  const holder = state && state.pid !== 0 ? lockHolder(lockIn(dataDir)) : undefined;
  return state && holder?.pid === state.pid ? { state, holder } : undefined;
}

const lockIn = (dataDir: string) => join(pathsIn(dataDir).store, 'lock');

/**
 * Runs `script` (a program for this Node, and its arguments), which must serve the cluster of `dataDir`, and answers when
 * it is ready. Throws what it said otherwise.
 */
export async function startBackground(script: string[], options: BackgroundOptions): Promise<ServerState> {
  const { dataDir, clock, signal } = options;
  prepareFolder(dataDir);
  const { log } = pathsIn(dataDir);
  writeFileSync(log, '', { mode: 0o600 });
  const output = openSync(log, 'a');
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
  const other = await startedMeanwhile(options);
  if (other !== undefined) return other;
  // Its error stands behind what it logged on the way.
  const said = readFileSync(log, 'utf8')
    .split(/^Error: /m)
    .at(-1)!
    .trim()
    .split('\n')
    .slice(-5)
    .join('\n');
  throw new Error(`start the cluster: ${said || (ended ?? `it was not ready within ${START_LIMIT / 1000} s`)}`);
}

/** A server that was started at the same time and was faster: it holds the store, and is ready soon. */
async function startedMeanwhile({ dataDir, clock, signal }: BackgroundOptions): Promise<ServerState | undefined> {
  const deadline = clock.now() + OTHER_LIMIT;
  while (lockHolder(lockIn(dataDir)) !== undefined && clock.now() < deadline) {
    const state = runningServer(dataDir);
    if (state !== undefined) return state;
    await sleep(clock, POLL, signal);
  }
  return undefined;
}

/** Answers whether there was one to stop. */
export async function stopBackground({ dataDir, clock, signal }: BackgroundOptions): Promise<boolean> {
  const server = findServer(dataDir);
  if (server === undefined) return false;
  const { pid } = server.holder;
  process.kill(pid, 'SIGTERM');
  const deadline = clock.now() + STOP_LIMIT;
  while (isRunning(server.holder)) {
    if (clock.now() > deadline) process.kill(pid, 'SIGKILL'); // the store bears it
    await sleep(clock, POLL, signal);
  }
  return true;
}

/** Forgets every object of the cluster; credentials stay. Throws LockedError while a command uses the store. */
export async function removeData({ dataDir, clock, signal }: BackgroundOptions): Promise<void> {
  const { store } = pathsIn(dataDir);
  if (!existsSync(store)) return;
  try {
    await acquireLock(lockIn(dataDir), { clock, signal });
    rmSync(store, { recursive: true, force: true }); // the lock with it
  } catch (error) {
    throw folderError(dataDir, error);
  }
}
