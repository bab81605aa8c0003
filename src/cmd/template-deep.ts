/**
 * A release whose templates nest deeper than the stack of this thread holds is rendered again in one that holds as deep
 * as Helm goes: 1,000 includes of one name, 100,000 templates in all.
 */
import type { CommandContext } from './command.ts';
import { TemplatePool } from './template-pool.ts';

const STACK_MB = 256;
/** What fits on it, with the same room to spare that templates leave on Node's own stack of one megabyte. */
const STACK_FRAMES = 1_000_000;
const HEAP_MB = 4096;

/** Whether that can be: such a thread nests no deeper, and standard input is read only once. */
export const canRenderDeep = ({ environment, flags }: CommandContext): boolean =>
  environment.stackFrames === undefined && !flags.list('values').includes('-');

/** Prints what the command prints. Its log is left out: up to the failure it has been written. */
export async function renderDeep({
  args,
  flags,
  environment,
  stdout,
  stderr,
  clock,
}: CommandContext): Promise<undefined> {
  const pool = new TemplatePool({
    program: environment.program,
    variables: environment.variables,
    start: {
      directory: environment.directory,
      stdin: '',
      stderr: { terminal: stderr.terminal, columns: stderr.columns },
      stackFrames: STACK_FRAMES,
    },
    threads: 1,
    expected: 1,
    timeout: Number.POSITIVE_INFINITY,
    heapMegabytes: HEAP_MB,
    stackMegabytes: STACK_MB,
    clock,
  });
  try {
    const { text, error } = await pool.run({ args, flags: flags.given });
    if (error !== undefined) throw new Error(error);
    stdout.write(text);
  } finally {
    await pool.close();
  }
}
