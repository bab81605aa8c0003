/** `pull`: a chart of a repository into a folder. */
import { pullChart } from '../action/pull.ts';
import { type Command, minimumArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { downloadFlags, placesOf } from './repositories.ts';

const LONG = `
Download a chart, to look at it or to change it, without installing it.

    $ portolan pull stable/mysql
    $ portolan pull stable/mysql --version ~1.0 --untar
`;

export const command: Command = {
  use: 'pull [chart URL | repo/chartname] [...]',
  long: LONG,
  args: minimumArgs(1),
  flags: [
    { name: 'devel', type: 'bool', help: "use development versions too; the same as --version '>0.0.0-0'" },
    { name: 'untar', type: 'bool', help: 'unpack the chart' },
    { name: 'untardir', type: 'string', default: '.', help: 'folder to unpack into' },
    { name: 'destination', short: 'd', type: 'string', default: '.', help: 'folder to write to' },
    ...CHART_PATH_FLAGS,
  ],
  async run(context) {
    const { args, flags, environment, log, signal } = context;
    for (const reference of args)
      await pullChart(reference, {
        ...downloadFlags(context),
        places: placesOf(context),
        directory: environment.directory,
        version: flags.string('version') || (flags.bool('devel') ? '>0.0.0-0' : ''),
        repoUrl: flags.string('repo'),
        destination: flags.string('destination'),
        untar: flags.bool('untar'),
        untarDir: flags.string('untardir'),
        log,
        signal,
      });
    return undefined;
  },
};
