/**
 * One process at a time: a lock file names its holder. A holder that no longer runs (by its process
 * number and start time) has left a stale lock, which is taken over by one taker at a time.
 */
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Clock, sleep } from '../clock.ts';

export class LockedError extends Error {
  readonly pid: number;
  constructor(path: string, holder: Holder) {
    super(`take "${path}": it is held by process ${holder.pid} (${holder.command})`);
    this.name = 'LockedError';
    this.pid = holder.pid;
  }
}

export interface Holder {
  pid: number;
  /** What tells this process from a later one with the same number; empty where the system does not say. */
  started: string;
  command: string;
}

export interface Lock {
  release(): void;
}

export interface LockOptions {
  clock: Clock;
  wait?: number;
  onWait?: (holder: Holder) => void;
  signal?: AbortSignal;
}

const POLL = 50;
let counter = 0;

/** Makes the file `path`, in a folder that exists. Throws LockedError while another process, or this one, holds it. */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const self = ownIdentity();
  const deadline = options.clock.now() + (options.wait ?? 0);
  for (let waited = false; ; ) {
    if (tryCreate(path, self)) return { release: () => release(path, self) };
    const holder = readHolder(path);
    if (holder === undefined) continue; // released between the two looks
    if (!isRunning(holder)) {
      takeOver(path, holder, self);
      continue;
    }
    if (options.clock.now() >= deadline) throw new LockedError(path, holder);
    if (!waited) options.onWait?.(holder);
    waited = true;
    await sleep(options.clock, POLL, options.signal);
  }
}

/** Who holds the lock; undefined where nobody does, or one that no longer runs. */
export function lockHolder(path: string): Holder | undefined {
  const holder = readHolder(path);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

function ownIdentity(): Holder {
  const words = process.argv.slice(1, 3).map((word, i) => (i === 0 ? basename(word) : word));
  return { pid: process.pid, started: startTime(process.pid), command: words.join(' ') };
}

/** A link either makes the name with its whole content or fails. Held by this very process counts as held. */
function tryCreate(path: string, self: Holder): boolean {
  const temporary = `${path}.${self.pid}.${counter++}`;
  writeFileSync(temporary, JSON.stringify(self), { mode: 0o600 });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
}

function release(path: string, self: Holder): void {
  const holder = readHolder(path);
  if (holder?.pid === self.pid && holder.started === self.started) unlinkSync(path);
}

/**
 * Removes a stale lock. Only the holder of `lock.takeover` may, and it looks again first: nobody else can have replaced
 * the lock meanwhile, because a lock that exists is not created anew and its dead holder does not release it.
 */
function takeOver(path: string, stale: Holder, self: Holder): void {
  const gate = `${path}.takeover`;
  if (!tryCreate(gate, self)) {
    const taker = readHolder(gate);
    if (taker !== undefined && !isRunning(taker)) unlinkSync(gate);
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder?.pid === stale.pid && holder.started === stale.started) unlinkSync(path);
  } finally {
    unlinkSync(gate);
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Holder | null) ?? UNREADABLE;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return UNREADABLE;
  }
}

const UNREADABLE: Holder = { pid: 0, started: '', command: 'unreadable lock' };

/** Whether this very process runs, and not a later one of the same number. */
export function isRunning({ pid, started }: Holder): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTime(pid) === started;
}

/** Field 22 of /proc/PID/stat: when the process began, in clock ticks since boot. One that only waits to be reaped has none. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
