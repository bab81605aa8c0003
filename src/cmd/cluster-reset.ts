/** `cluster reset`: an empty cluster again. */
import { removeData, stopBackground } from '../cluster/background.ts';
import { leaveContext } from '../cluster/user-kubeconfig.ts';
import { dataDirOf } from './cluster.ts';
import { type Command, noArgs } from './command.ts';

const LONG = `
Stop the embedded cluster and remove every object in it, releases among them.
`;

export const command: Command = {
  use: 'reset',
  long: LONG,
  args: noArgs,
  flags: [],
  async run(context) {
    const { stdout, clock, signal } = context;
    const dataDir = dataDirOf(context);
    const stopped = await stopBackground({ dataDir, clock, signal });
    await removeData({ dataDir, clock, signal });
    stdout.write(`The embedded cluster is ${stopped ? 'stopped and ' : ''}empty\n`);
    const path = leaveContext(dataDir);
    if (path !== undefined) stdout.write(`Took the context "portolan" out of ${path}\n`);
    return undefined;
  },
};
