/** `renderer`: a thread of `template --all`. It renders what it is told to, one release after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Command, noArgs } from './command.ts';
import { runTemplateJob, type TemplateJob } from './template-job.ts';
import type { ThreadStart } from './template-pool.ts';

export const command: Command = {
  use: 'renderer',
  long: 'A thread of `template --all`; not for use by itself.',
  args: noArgs,
  flags: [],
  async run(context) {
    if (parentPort === null) throw new Error('"renderer" is a thread of "template --all", not a command');
    const port = parentPort;
    const { directory, stdin, stderr, stackFrames } = workerData as ThreadStart;
    const io = {
      ...context,
      // Flags of V8 are those of all threads, and one large chart does not tell of the others.
      environment: { ...context.environment, directory, prepareFor() {}, ...(stackFrames && { stackFrames }) },
      stdin: async () => stdin,
      stderr: { ...context.stderr, ...stderr },
    };
    await new Promise<void>((resolve) => {
      port.on('message', async (job: TemplateJob | undefined) => {
        if (job !== undefined) return port.postMessage(await runTemplateJob(job, io));
        port.close();
        resolve();
      });
    });
    return undefined;
  },
};
