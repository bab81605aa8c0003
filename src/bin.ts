/** The process: its words, streams and signals handed to the command line, its exit code taken from there. */
import { fstatSync, realpathSync, statSync, writeSync } from 'node:fs';
import { realClock } from './clock.ts';
import type { Output } from './cmd/environment.ts';
import { runCommandLine } from './cmd/run.ts';
import { lazily } from './encoding/lazy.ts';

const INTERRUPTED = 130;
const os = lazily('node:os', () => require('node:os') as typeof import('node:os'));
const tty = lazily('node:tty', () => require('node:tty') as typeof import('node:tty'));

/** Whether V8's flags may change: the code that is kept of a run is only good for the flags at its end. */
declare const PORTOLAN_IS_COMPILED: boolean;

/** A chart of so many files takes longer than what it takes to change flags. */
const MANY_FILES = 100;
/** Eight times what V8 of Node 20 has, in bytes of bytecode. */
const FLAGS = '--interrupt-budget=500000';

/**
 * A rendering of half a second makes hundreds of functions look hot. To optimize them takes V8 more time on the other
 * cores than rendering takes on this one, and more than it saves: only what stays hot for longer is worth it.
 */
function prepareFor(files: number): void {
  if (files < MANY_FILES || typeof PORTOLAN_IS_COMPILED === 'undefined' || !PORTOLAN_IS_COMPILED) return;
  (require('node:v8') as typeof import('node:v8')).setFlagsFromString(FLAGS);
}

/** Asked for by commands that take time: whoever does not ask is ended by the signal itself. */
let interruption: AbortController | undefined;

function listening(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      controller.abort(new Error('context canceled'));
    });
  return controller;
}

/**
 * A file or a pipe is written here, at once, as Node's streams do after a setting up that short commands would feel.
 * A terminal is written through its stream, which knows its width.
 */
function outputOn(fd: 1 | 2, stream: () => NodeJS.WriteStream): Output {
  // What is drawn over goes to standard error, and a dumb terminal can only add lines.
  const terminal = isTerminal(fd) && !(fd === 2 && process.env.TERM === 'dumb');
  return {
    terminal,
    descriptor: fd,
    write: terminal ? (text) => void stream().write(text) : (text) => writeAll(fd, Buffer.from(text)),
    ...(!terminal && { writeBytes: (bytes) => writeAll(fd, bytes) }),
    get columns() {
      return (terminal && stream().columns) || 80;
    },
  };
}

/** Only devices can be terminals. Which of them is one takes longer to ask. */
function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice()) return false;
    const isNull = stat.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
    return !isNull && tty().isatty(fd);
  } catch {
    return false;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSome(fd, rest));
}

function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A reader that has seen enough, as in `portolan template … | head`, is no failure. Progress that nobody reads any
    // more does not end the work.
    if (code === 'EPIPE' && fd === 2) return bytes.length;
    if (code === 'EPIPE') process.exit(0);
    if (code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

const stdout = outputOn(1, () => process.stdout);
const stderr = outputOn(2, () => process.stderr);
const ended = runCommandLine(process.argv.slice(2), {
  environment: {
    variables: process.env,
    get home() {
      // As os.homedir() of Unix, which takes a while to load.
      return (process.platform !== 'win32' && process.env.HOME) || os().homedir() || os().userInfo().homedir;
    },
    platform: process.platform,
    directory: process.cwd(),
    get program() {
      return realpathSync(process.argv[1]!);
    },
    pid: process.pid,
    get hostname() {
      return os().hostname();
    },
    node: process.version,
    isAlive,
    prepareFor,
  },
  stdout,
  stderr,
  stdin: async () => Buffer.concat(await process.stdin.toArray()).toString('utf8'),
  clock: realClock,
  get signal() {
    return (interruption ??= listening()).signal;
  },
});
// Whatever ends the process before the command has ended: that is no success.
process.exitCode = 1;
void ended.then((code) => {
  process.exitCode = code;
  // A loop of events that runs empty also waits for V8's threads, which compile what nobody will run any more. Terminals
  // may have something left to be written.
  if (!stdout.terminal && !stderr.terminal) process.exit();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
