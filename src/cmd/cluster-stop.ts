/** `cluster stop`: ends the embedded cluster in the background; what it holds stays. */
import { stopBackground } from '../cluster/background.ts';
import { leaveContext } from '../cluster/user-kubeconfig.ts';
import { dataDirOf } from './cluster.ts';
import { type Command, noArgs } from './command.ts';

const LONG = `
Stop the embedded cluster. Everything in it stays on disk: the next command or
'portolan cluster start' finds it again. The context you had before comes back.
`;

export const command: Command = {
  use: 'stop',
  long: LONG,
  args: noArgs,
  flags: [],
  async run(context) {
    const { stdout, clock, signal } = context;
    const dataDir = dataDirOf(context);
    const stopped = await stopBackground({ dataDir, clock, signal });
    stdout.write(stopped ? 'The embedded cluster is stopped\n' : 'The embedded cluster is not running\n');
    const path = leaveContext(dataDir);
    if (path !== undefined) stdout.write(`Took the context "portolan" out of ${path}\n`);
    return undefined;
  },
};
