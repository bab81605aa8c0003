/** `cluster status`: whether the embedded cluster runs, and where. */
import { runningServer } from '../cluster/background.ts';
import { dataDirOf } from './cluster.ts';
import { type Command, noArgs } from './command.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { formatted } from './output.ts';

const LONG = `
Tell whether the embedded cluster runs in the background. Exits with 1 where it
does not; commands then run it in their own process.
`;

export const command: Command = {
  use: 'status',
  long: LONG,
  args: noArgs,
  flags: [OUTPUT_FLAG],
  async run(context) {
    const { flags, stdout } = context;
    const dataDir = dataDirOf(context);
    const server = runningServer(dataDir);
    const told = { running: server !== undefined, ...server, dataDir };
    stdout.write(
      formatted(flags.string('output'), told, () =>
        server === undefined
          ? `The embedded cluster is not running; its data is in ${dataDir}\n`
          : `The embedded cluster runs at ${server.url} (process ${server.pid}, since ${server.started}); its data is in ${dataDir}\n`,
      ),
    );
    return server === undefined ? 1 : undefined;
  },
};
