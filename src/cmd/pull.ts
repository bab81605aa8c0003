/** `pull`: a chart of a repository into a folder. */
import { pullChart } from '../action/pull.ts';
import { verificationText } from '../provenance/verify.ts';
import { type Command, minimumArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { sourceFlags } from './repositories.ts';

const LONG = `
Download a chart, to look at it or to change it, without installing it.

    $ portolan pull stable/mysql
    $ portolan pull stable/mysql --version ~1.0 --untar
`;

export const command: Command = {
  use: 'pull [chart URL | repo/chartname] [...]',
  long: LONG,
  args: minimumArgs(1),
  chart: { at: 0, files: false },
  flags: [
    { name: 'devel', type: 'bool', help: "use development versions too; the same as --version '>0.0.0-0'" },
    { name: 'untar', type: 'bool', help: 'unpack the chart' },
    { name: 'prov', type: 'bool', help: 'fetch the provenance file too, without verifying it' },
    { name: 'untardir', type: 'string', default: '.', help: 'folder to unpack into' },
    { name: 'destination', short: 'd', type: 'string', default: '.', help: 'folder to write to' },
    ...CHART_PATH_FLAGS,
  ],
  async run(context) {
    const { args, flags, stdout } = context;
    for (const reference of args) {
      const { verification } = await pullChart(reference, {
        ...sourceFlags(context),
        destination: flags.string('destination'),
        untar: flags.bool('untar'),
        untarDir: flags.string('untardir'),
        provenance: flags.bool('prov'),
        warn: (message) => stdout.write(`${message}\n`),
      });
      if (verification !== undefined) stdout.write(verificationText(verification));
    }
    return undefined;
  },
};
