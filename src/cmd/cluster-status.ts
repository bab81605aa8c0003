/** `cluster status`: whether the embedded cluster runs, and where. */
import { runningServer } from '../cluster/background.ts';
import { pathsIn } from '../cluster/folders.ts';
import type { ServerState } from '../cluster/server-state.ts';
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
    const told = { running: server !== undefined, ...server, dataDir, log: pathsIn(dataDir).log };
    stdout.write(
      formatted(flags.string('output'), told, () =>
        server === undefined
          ? `The embedded cluster is not running; its data is in ${dataDir}\n`
          : runningText(server, dataDir),
      ),
    );
    return server === undefined ? 1 : undefined;
  },
};

/** A line each, so that it fits narrow terminals. */
function runningText({ url, pid, started }: ServerState, dataDir: string): string {
  const rows = [
    ['server', url],
    ['process', String(pid)],
    ['since', `${started.slice(0, 19).replace('T', ' ')} UTC`],
    ['data', dataDir],
    ['log', pathsIn(dataDir).log],
  ];
  return `The embedded cluster is running\n${rows.map(([word, text]) => `${word!.padEnd(9)}${text}\n`).join('')}`;
}
