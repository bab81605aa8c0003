/** `list`: the releases of a namespace, or of all. */
import { type ListOptions, listReleases } from '../action/list.ts';
import { compileRegexp, findAll } from '../regexp/regexp.ts';
import type { Release, ReleaseStatus } from '../release/release.ts';
import { formatGoString, formatLayout } from '../release/time.ts';
import { type Command, type CommandContext, noArgs } from './command.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { onReleases } from './operation.ts';
import { formatted, paintHeader, paintNamespace, paintStatus, tableText } from './output.ts';
import type { FlagValues } from './parse.ts';

const LONG = `
List releases: the newest revision of each, in the namespace of the context or
of --namespace, whatever its status. --deployed, --failed and the like choose
by status and may be combined.

    $ portolan list --all-namespaces
    $ portolan list --filter 'web.*' --failed --date

At most 256 are shown; --max and --offset page through more.
`;

/** What each flag shows. */
const STATUS_FLAGS: Record<string, ReleaseStatus[]> = {
  uninstalled: ['uninstalled'],
  superseded: ['superseded'],
  uninstalling: ['uninstalling'],
  deployed: ['deployed'],
  failed: ['failed'],
  pending: ['pending-install', 'pending-upgrade', 'pending-rollback'],
};

export const command: Command = {
  use: 'list',
  long: LONG,
  args: noArgs,
  flags: [
    { name: 'short', short: 'q', type: 'bool', help: 'print names only' },
    { name: 'no-headers', type: 'bool', help: 'print no column heads' },
    {
      name: 'time-format',
      type: 'string',
      help: 'how to print times, as a Go layout such as "2006-01-02 15:04:05Z0700"',
    },
    { name: 'date', short: 'd', type: 'bool', help: 'order by date' },
    { name: 'reverse', short: 'r', type: 'bool', help: 'reverse the order' },
    { name: 'uninstalled', type: 'bool', help: 'show releases that were uninstalled and kept in the history' },
    { name: 'superseded', type: 'bool', help: 'show revisions that newer ones replaced' },
    { name: 'uninstalling', type: 'bool', help: 'show releases that are being uninstalled' },
    { name: 'deployed', type: 'bool', help: 'show deployed releases' },
    { name: 'failed', type: 'bool', help: 'show failed releases' },
    { name: 'pending', type: 'bool', help: 'show releases with an operation under way' },
    { name: 'all-namespaces', short: 'A', type: 'bool', help: 'list the releases of all namespaces' },
    { name: 'max', short: 'm', type: 'int', default: '256', help: 'how many to show at most' },
    { name: 'offset', type: 'int', help: 'how many to pass over first' },
    { name: 'filter', short: 'f', type: 'string', help: 'regular expression that names must match' },
    { name: 'selector', short: 'l', type: 'string', help: 'label query over the records: key1=value1,key2!=value2' },
    OUTPUT_FLAG,
  ],
  async run(context) {
    const { flags, stdout } = context;
    const allNamespaces = flags.bool('all-namespaces');
    const options = optionsOf(flags);
    const releases = await onReleases(context, { allNamespaces }, (action) => listReleases(action, options));
    stdout.write(flags.bool('short') ? shortText(releases, flags) : longText(releases, context));
    return undefined;
  },
};

function optionsOf(flags: FlagValues): ListOptions {
  const filter = flags.string('filter');
  const pattern = filter === '' ? undefined : compileRegexp(filter);
  return {
    statuses: Object.entries(STATUS_FLAGS).flatMap(([flag, statuses]) => (flags.bool(flag) ? statuses : [])),
    ...(pattern && { filter: (name: string) => findAll(pattern, name, 1).length > 0 }),
    selector: flags.string('selector'),
    byDate: flags.bool('date'),
    reverse: flags.bool('reverse'),
    limit: flags.number('max'),
    offset: flags.number('offset'),
  };
}

function shortText(releases: Release[], flags: FlagValues): string {
  const names = releases.map(({ name }) => name);
  return formatted(flags.string('output'), names, () => names.map((name) => `${name}\n`).join(''));
}

function longText(releases: Release[], { flags, settings: { color } }: CommandContext): string {
  const layout = flags.string('time-format');
  const rows = releases.map(({ name, namespace, revision, info, chart }) => ({
    name,
    namespace,
    revision: String(revision),
    updated: info.lastDeployed ? (layout === '' ? formatGoString : formatAs(layout))(info.lastDeployed) : '-',
    status: info.status,
    chart: chartName(chart),
    app_version: appVersion(chart),
  }));
  return formatted(flags.string('output'), rows, () =>
    tableText([
      ...(flags.bool('no-headers') ? [] : [HEADERS.map((header) => paintHeader(header, color))]),
      ...rows.map((row) => [
        row.name,
        paintNamespace(row.namespace, color),
        row.revision,
        row.updated,
        paintStatus(row.status, color),
        row.chart,
        row.app_version,
      ]),
    ]),
  );
}

const HEADERS = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION'];
const formatAs = (layout: string) => (time: NonNullable<Release['info']['lastDeployed']>) => formatLayout(time, layout);

/** `mysql-1.6.9`; records without a chart have been seen. */
export const chartName = (chart: Release['chart']): string =>
  chart?.metadata ? `${chart.metadata.name ?? ''}-${chart.metadata.version ?? ''}` : 'MISSING';
export const appVersion = (chart: Release['chart']): string =>
  chart?.metadata ? (chart.metadata.appVersion ?? '') : 'MISSING';
