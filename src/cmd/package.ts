/** `package`: the directory of a chart becomes an archive. */
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { packageChart } from '../action/package.ts';
import { anyArgs, type Command } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { downloadFlags, placesOf, sourceDate } from './repositories.ts';
import { SIGN_FLAGS, signingOf } from './signing.ts';

const LONG = `
Pack the directory of a chart into an archive, NAME-VERSION.tgz, which the other
commands take and repositories hold. The same files give the same bytes;
$SOURCE_DATE_EPOCH sets the time that stands in them.

    $ portolan package ./web --destination ./archives
`;

const UNUSED = new Set(['version', 'verify', 'repo', 'pass-credentials']);

export const command: Command = {
  use: 'package [CHART_PATH] [...]',
  long: LONG,
  args: anyArgs,
  flags: [
    { name: 'version', type: 'string', help: 'version to put into the chart' },
    { name: 'app-version', type: 'string', help: 'appVersion to put into the chart' },
    { name: 'destination', short: 'd', type: 'string', default: '.', help: 'directory to write to' },
    { name: 'dependency-update', short: 'u', type: 'bool', help: 'bring dependencies into charts/ first' },
    ...SIGN_FLAGS,
    ...CHART_PATH_FLAGS.filter(({ name }) => !UNUSED.has(name)),
  ],
  async run(context) {
    const { args, flags, environment, stdout, clock, log } = context;
    if (args.length === 0) throw new Error('need at least one argument, the path to the chart');
    const sign = signingOf(context);
    const date = sourceDate(context);
    for (const argument of args) {
      if (statSync(resolve(environment.directory, argument), { throwIfNoEntry: false }) === undefined)
        throw new Error(`stat ${argument}: no such file or directory`);
      const path = resolve(environment.directory, argument);
      if (flags.bool('dependency-update')) {
        const { updateDependencies } = await import('../action/dependency.ts');
        const { remoteDependencies } = await import('../repo/dependencies.ts');
        const remote = remoteDependencies({
          ...downloadFlags(context),
          places: placesOf(context),
          log,
          print: () => {},
        });
        await updateDependencies({ path, remote, now: () => clock.now() });
      }
      const packaged = await packageChart({
        path,
        destination: resolve(environment.directory, flags.string('destination')),
        version: flags.string('version'),
        appVersion: flags.string('app-version'),
        ...(date !== undefined && { mtime: new Date(date) }),
        sign,
      });
      const destination = flags.string('destination');
      const shown = destination === '.' ? packaged.path : join(destination, basename(packaged.path));
      stdout.write(`Successfully packaged chart and saved it to: ${shown}\n`);
    }
    return undefined;
  },
};
