/** `package`: the directory of a chart becomes an archive. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { packageChart } from '../action/package.ts';
import { anyArgs, type Command } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';

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
    ...CHART_PATH_FLAGS.filter(({ name }) => !UNUSED.has(name)),
  ],
  async run({ args, flags, environment, stdout, clock }) {
    if (args.length === 0) throw new Error('need at least one argument, the path to the chart');
    const epoch = environment.variables.SOURCE_DATE_EPOCH;
    for (const argument of args) {
      if (statSync(argument, { throwIfNoEntry: false }) === undefined)
        throw new Error(`stat ${argument}: no such file or directory`);
      const path = resolve(argument);
      if (flags.bool('dependency-update')) {
        const { updateDependencies } = await import('../action/dependency.ts');
        await updateDependencies({ path, now: () => clock.now() });
      }
      const packaged = await packageChart({
        path,
        destination: flags.string('destination'),
        version: flags.string('version'),
        appVersion: flags.string('app-version'),
        ...(epoch && /^\d+$/.test(epoch) && { mtime: new Date(Number(epoch) * 1000) }),
      });
      stdout.write(`Successfully packaged chart and saved it to: ${resolve(packaged.path)}\n`);
    }
    return undefined;
  },
};
