/** The process: its words, streams and signals handed to the command line, its exit code taken from there. */
import { homedir, hostname } from 'node:os';
import { realClock } from './clock.ts';
import type { Output } from './cmd/environment.ts';
import { runCommandLine } from './cmd/run.ts';

const INTERRUPTED = 130;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(INTERRUPTED);
    interruption.abort(new Error('context canceled'));
  });

const outputOn = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => void stream.write(text),
  terminal: stream.isTTY === true,
  get columns() {
    return stream.columns || 80;
  },
});

// A reader that has seen enough, as in `portolan template … | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const ended = runCommandLine(process.argv.slice(2), {
  environment: {
    variables: process.env,
    home: homedir(),
    platform: process.platform,
    directory: process.cwd(),
    program: process.argv[1] ?? 'portolan',
    pid: process.pid,
    hostname: hostname(),
    node: process.version,
    isAlive,
  },
  stdout: outputOn(process.stdout),
  stderr: outputOn(process.stderr),
  stdin: async () => Buffer.concat(await process.stdin.toArray()).toString('utf8'),
  clock: realClock,
  signal: interruption.signal,
});
void ended.then((code) => (process.exitCode = code));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
