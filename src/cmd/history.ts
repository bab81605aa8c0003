/** `history`: the revisions of a release. */
import { releaseHistory } from '../action/history.ts';
import { formatAnsic, formatRfc3339Nano } from '../release/time.ts';
import { type Command, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { appVersion, chartName } from './list.ts';
import { onReleases } from './operation.ts';
import { formatted, tableText } from './output.ts';

const LONG = `
List the revisions of a release, oldest first: when each was deployed, what
became of it, which chart it was made of.

    $ portolan history web --max 5
`;

export const command: Command = {
  use: 'history RELEASE_NAME',
  long: LONG,
  args: exactArgs(1),
  complete: completeOneRelease,
  flags: [{ name: 'max', type: 'int', default: '256', help: 'how many of the newest revisions to show' }, OUTPUT_FLAG],
  async run(context) {
    const { args, flags, stdout } = context;
    const all = await onReleases(context, {}, (action) => releaseHistory(action, args[0]!));
    const most = Math.max(0, flags.number('max'));
    const rows = (most === 0 ? [] : all.slice(-most)).map(({ revision, info, chart }) => ({
      time: info.lastDeployed,
      row: {
        revision,
        ...(info.lastDeployed && { updated: formatRfc3339Nano(info.lastDeployed) }),
        status: info.status,
        chart: chartName(chart),
        app_version: appVersion(chart),
        description: info.description,
      },
    }));
    const text = formatted(
      flags.string('output'),
      rows.map(({ row }) => row),
      () =>
        tableText([
          ['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION'],
          ...rows.map(({ time, row }) => [
            String(row.revision),
            time ? formatAnsic(time) : 'Mon Jan  1 00:00:00 0001',
            row.status,
            row.chart,
            row.app_version,
            row.description,
          ]),
        ]),
    );
    stdout.write(text);
    return undefined;
  },
};
