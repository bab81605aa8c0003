/** `plugin install`: a plugin from a folder, an archive, a registry or a git repository. */
import { installPlugin } from '../action/plugin-install.ts';
import { type Command, exactArgs } from './command.ts';
import type { Flag } from './flag.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { pluginFolder, runContext } from './plugin-run.ts';
import { downloadFlags } from './repositories.ts';

const LONG = `
Install a plugin. It may be a folder, which is then linked; an archive on this
disk, of a web server or of a registry, which must be signed by someone in the
keyring unless --verify=false is given; or a git repository, which cannot be.

    $ portolan plugin install ./my-plugin
    $ portolan plugin install https://example.com/my-plugin-1.0.0.tgz
    $ portolan plugin install https://example.com/my-plugin.git --verify=false

Plugins are programs that run with your rights.
`;

const UNUSED = new Set(['repo', 'pass-credentials', 'verify', 'version']);

const FLAGS: Flag[] = [
  { name: 'version', type: 'string', help: 'tag of a git repository, or a range of versions; the latest where absent' },
  { name: 'verify', type: 'bool', default: 'true', help: 'verify the archive before installing it' },
  ...CHART_PATH_FLAGS.filter(({ name }) => !UNUSED.has(name)),
];

export const command: Command = {
  use: 'install [options] <path|url>',
  long: LONG,
  args: exactArgs(1),
  flags: FLAGS,
  async run(context) {
    const { args, flags, environment, stdout, log } = context;
    const plugin = await installPlugin(args[0]!, {
      directory: environment.directory,
      plugins: pluginFolder(context),
      version: flags.string('version'),
      ...(flags.bool('verify') && { keyring: flags.string('keyring') }),
      download: { ...downloadFlags(context), onPulled: undefined },
      run: await runContext(context),
      print: (text) => stdout.write(text),
      log,
    });
    stdout.write(`Installed plugin: ${plugin.name}\n`);
    return undefined;
  },
};
