/** `registry logout`: what was kept for a registry is forgotten. */
import { logOut } from '../registry/login.ts';
import { type Command, minimumArgs } from './command.ts';

const LONG = `
Log out of a registry: its credentials are taken out of the file that
--registry-config names.
`;

export const command: Command = {
  use: 'logout [host]',
  long: LONG,
  args: minimumArgs(1),
  flags: [],
  async run({ args, settings, stdout }) {
    logOut(args[0]!, settings.registryConfig);
    stdout.write(`Removing login credentials for ${args[0]}\n`);
    return undefined;
  },
};
