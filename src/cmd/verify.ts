/** `verify`: whether an archive is what someone trusted has signed. */
import { verificationText, verifyFile } from '../provenance/verify.ts';
import { type Command, exactArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';

const LONG = `
Verify a packaged chart by the provenance file beside it: that one of the keys
in the keyring has signed it, and that nothing was changed since.

    $ portolan package --sign --key me --keyring ~/.gnupg/secring.gpg ./web
    $ portolan verify web-1.0.0.tgz --keyring ~/.gnupg/pubring.kbx
`;

export const command: Command = {
  use: 'verify PATH',
  long: LONG,
  args: exactArgs(1),
  flags: CHART_PATH_FLAGS.filter(({ name }) => name === 'keyring'),
  async run({ args, flags, environment, stdout }) {
    const verification = await verifyFile(args[0]!, flags.string('keyring'), { directory: environment.directory });
    stdout.write(verificationText(verification));
    return undefined;
  },
};
