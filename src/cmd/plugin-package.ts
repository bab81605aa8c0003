/** `plugin package`: the folder of a plugin becomes an archive. */
import { join, resolve } from 'node:path';
import { packagePlugin } from '../action/plugin-package.ts';
import { type Command, exactArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { sourceDate } from './repositories.ts';
import { SIGN_FLAGS, signingOf } from './signing.ts';

const LONG = `
Pack the folder of a plugin into an archive, NAME-VERSION.tgz, and sign it, so
that it can be verified where it is installed. The same files give the same bytes.
`;

export const command: Command = {
  use: 'package [PATH]',
  long: LONG,
  args: exactArgs(1),
  flags: [
    ...SIGN_FLAGS.map((flag) => (flag.name === 'sign' ? { ...flag, default: 'true' } : flag)),
    ...CHART_PATH_FLAGS.filter(({ name }) => name === 'keyring'),
    { name: 'destination', short: 'd', type: 'string', default: '.', help: 'directory to write to' },
  ],
  async run(context) {
    const { args, flags, environment, stdout } = context;
    const date = sourceDate(context);
    const destination = flags.string('destination');
    const directory = resolve(environment.directory, args[0]!);
    const path = await packagePlugin(directory, {
      destination: resolve(environment.directory, destination),
      ...(date !== undefined && { mtime: new Date(date) }),
      sign: () => signingOf(context),
    }).catch((error: Error) => {
      throw new Error(error.message.replace(`stat ${directory}: `, `stat ${args[0]}: `), { cause: error });
    });
    const shown = join(destination, path.slice(path.lastIndexOf('/') + 1));
    stdout.write(
      !flags.bool('sign')
        ? 'WARNING: Skipping plugin signing. This is not recommended for plugins intended for distribution.\n'
        : `Successfully signed. Signature written to: ${shown}.prov\n`,
    );
    stdout.write(`Successfully packaged plugin and saved it to: ${shown}\n`);
    return undefined;
  },
};
