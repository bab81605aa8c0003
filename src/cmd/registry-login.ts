/** `registry login`: credentials that a registry has accepted are kept for later. */
import { logIn } from '../registry/login.ts';
import { type Command, minimumArgs } from './command.ts';
import { passwordFrom } from './repositories.ts';
import { askLine, askSecret } from './terminal.ts';

const LONG = `
Log in to a registry. The credentials are kept in the file that --registry-config
names, which Helm reads too; credentials of docker are used where they are there.

    $ portolan registry login registry.example -u me --password-stdin < token
`;

export const command: Command = {
  use: 'login [host]',
  long: LONG,
  args: minimumArgs(1),
  flags: [
    { name: 'username', short: 'u', type: 'string', help: 'user name' },
    { name: 'password', short: 'p', type: 'string', help: 'password or identity token' },
    { name: 'password-stdin', type: 'bool', help: 'read the password from standard input' },
    { name: 'insecure', type: 'bool', help: "do not check the registry's certificate" },
    { name: 'cert-file', type: 'string', help: 'certificate to present to the registry' },
    { name: 'key-file', type: 'string', help: 'key of that certificate' },
    { name: 'ca-file', type: 'string', help: "certificate authority of the registry's certificate" },
    { name: 'plain-http', type: 'bool', help: 'connect over plain HTTP' },
  ],
  async run(context) {
    const { args, flags, settings, environment, stdin, stdout, log, signal } = context;
    const host = args[0]!;
    let [username, password] = [flags.string('username'), flags.string('password')];
    if (flags.bool('password-stdin')) password = await passwordFrom(stdin);
    else if (password !== '') log.warn('using --password via the CLI is insecure. Use --password-stdin');
    else {
      if (username === '') username = (await askLine(context, 'Username: ')).trim();
      const what = username === '' ? 'Token' : 'Password';
      password = await askSecret(context, `${what}: `);
      if (password === '') throw new Error(`${what.toLowerCase()} required`);
    }
    if (host.includes('/'))
      log.warn('registry login currently only supports registry hostname, not a repository path', {
        host,
        suggested: host.slice(0, host.indexOf('/')),
      });
    await logIn(host, { username, password }, settings.registryConfig, {
      plainHttp: flags.bool('plain-http'),
      certFile: flags.string('cert-file'),
      keyFile: flags.string('key-file'),
      caFile: flags.string('ca-file'),
      insecureSkipTlsVerify: flags.bool('insecure'),
      variables: environment.variables,
      signal,
    });
    stdout.write('Login Succeeded\n');
    return undefined;
  },
};
