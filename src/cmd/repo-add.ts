/** `repo add`: a repository joins the user's list. */
import { addRepository } from '../action/repo-add.ts';
import { newRepository } from '../repo/repositories.ts';
import { type Command, type CommandContext, exactArgs } from './command.ts';
import { DOWNLOAD_TIMEOUT_FLAG, networkOf, passwordFrom, placesOf } from './repositories.ts';
import { askSecret } from './terminal.ts';

const LONG = `
Add a chart repository by its address. Its index is fetched at once, so an
address that leads nowhere is refused. A folder is added as file:///its/path.

    $ portolan repo add bitnami https://charts.bitnami.com/bitnami
`;

export const command: Command = {
  use: 'add [NAME] [URL]',
  long: LONG,
  args: exactArgs(2),
  flags: [
    { name: 'username', type: 'string', help: 'user name for the repository' },
    { name: 'password', type: 'string', help: 'password for the repository' },
    { name: 'password-stdin', type: 'bool', help: 'read the password from standard input' },
    { name: 'force-update', type: 'bool', help: 'replace a repository of this name' },
    { name: 'cert-file', type: 'string', help: 'certificate to present to the repository' },
    { name: 'key-file', type: 'string', help: 'key of that certificate' },
    { name: 'ca-file', type: 'string', help: "certificate authority of the repository's certificate" },
    { name: 'insecure-skip-tls-verify', type: 'bool', help: "do not check the repository's certificate" },
    { name: 'allow-deprecated-repos', type: 'bool', help: 'allow repositories that are known to be gone' },
    { name: 'pass-credentials', type: 'bool', help: 'send credentials to every host' },
    DOWNLOAD_TIMEOUT_FLAG,
  ],
  async run(context) {
    const { args, flags, stdout, log } = context;
    const [name, url] = args as [string, string];
    const username = flags.string('username');
    const repository = newRepository(name, url, {
      username,
      password: await passwordOf(context, username),
      certFile: flags.string('cert-file'),
      keyFile: flags.string('key-file'),
      caFile: flags.string('ca-file'),
      insecure_skip_tls_verify: flags.bool('insecure-skip-tls-verify'),
      pass_credentials_all: flags.bool('pass-credentials'),
    });
    const added = await addRepository(repository, {
      places: placesOf(context),
      forceUpdate: flags.bool('force-update'),
      allowDeprecated: flags.bool('allow-deprecated-repos'),
      timeout: flags.number('timeout'),
      ...networkOf(context),
      log,
    });
    const shown = JSON.stringify(name);
    stdout.write(
      added
        ? `${shown} has been added to your repositories\n`
        : `${shown} already exists with the same configuration, skipping\n`,
    );
    return undefined;
  },
};

/** Asked for where a user name stands alone. */
async function passwordOf(context: CommandContext, username: string): Promise<string> {
  const { flags, stdin } = context;
  const password = flags.string('password');
  if (username === '' || password !== '') return password;
  return flags.bool('password-stdin') ? passwordFrom(stdin) : askSecret(context, 'Password: ');
}
