/** `repo serve`: a repository's folder on this machine, for a look and for tests. */
import { resolve } from 'node:path';
import { serveRepository } from '../action/serve-repository.ts';
import { type Command, exactArgs } from './command.ts';

const LONG = `
Serve the folder of a repository on this machine only, until ctrl-C: its index
and archives for programs, its pages for people.

    $ portolan repo serve ./repo --port 8879
`;

export const command: Command = {
  use: 'serve DIR',
  long: LONG,
  args: exactArgs(1),
  flags: [{ name: 'port', type: 'int', default: '0', help: 'port to listen on; 0 is any that is free' }],
  async run({ args, flags, environment, stdout, signal }) {
    const served = await serveRepository({
      directory: resolve(environment.directory, args[0]!),
      port: flags.number('port'),
    });
    stdout.write(`Serving ${args[0]} at ${served.url}\n`);
    await new Promise<void>((end) => {
      if (signal.aborted) end();
      else signal.addEventListener('abort', () => end(), { once: true });
    });
    await served.stop();
    return undefined;
  },
};
