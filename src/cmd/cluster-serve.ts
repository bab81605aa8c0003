/** `cluster serve`: the embedded cluster in the foreground; what `cluster start` runs. */
import { serveCluster } from '../cluster/serve.ts';
import { dataDirOf } from './cluster.ts';
import { type Command, noArgs } from './command.ts';
import type { Flag } from './flag.ts';

const LONG = `
Run the embedded cluster until ctrl-C. Its log goes to standard error.
`;

export const CLUSTER_FLAGS: Flag[] = [
  { name: 'port', type: 'uint', help: 'port to listen on; that of the last time, or any free one, where absent' },
  {
    name: 'host',
    type: 'string',
    default: '127.0.0.1',
    help: 'address to listen on; anything but loopback lets other machines in',
  },
];

export const command: Command = {
  use: 'serve',
  long: LONG,
  args: noArgs,
  flags: CLUSTER_FLAGS,
  async run(context) {
    const { flags, stdout, clock, log, signal } = context;
    const port = flags.number('port');
    const served = await serveCluster({
      dataDir: dataDirOf(context),
      host: flags.string('host'),
      ...(port !== 0 && { port }),
      clock,
      log,
    });
    stdout.write(`The embedded cluster is ready at ${served.state.url}\n`);
    await new Promise<void>((resolve) =>
      signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
    );
    await served.stop();
    return undefined;
  },
};
