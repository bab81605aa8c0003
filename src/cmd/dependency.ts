/** `dependency build|list|update`: the charts that a chart depends on. */
import { normalize } from 'node:path';
import { buildDependencies, listDependencies, updateDependencies } from '../action/dependency.ts';
import { remoteDependencies } from '../repo/dependencies.ts';
import { type Command, type CommandContext, maximumArgs } from './command.ts';
import type { Flag } from './flag.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { tableText } from './output.ts';
import { downloadFlags, placesOf } from './repositories.ts';

const FLAGS: Flag[] = [
  { name: 'offline', type: 'bool', help: 'ask nobody: use the indexes and archives that were fetched before' },
  { name: 'recursive', type: 'bool', help: 'do the same first for every dependency that is a chart on this disk' },
  { name: 'skip-refresh', type: 'bool', help: 'leave what is known of the repositories as it is' },
  ...CHART_PATH_FLAGS.filter(({ name }) => !['version', 'repo', 'pass-credentials'].includes(name)),
];

const pathOf = ({ args }: CommandContext): string => (args[0] === undefined ? '.' : cleaned(args[0]));
const cleaned = (path: string): string => normalize(path).replace(/(.)\/$/, '$1');

function optionsOf(context: CommandContext, { mayBeUnsigned = false } = {}) {
  const { flags, stdout, clock, log } = context;
  const print = (line: string) => stdout.write(`${line}\n`);
  const keyring = flags.bool('verify') ? flags.string('keyring') : undefined;
  return {
    path: pathOf(context),
    skipRefresh: flags.bool('skip-refresh'),
    recursive: flags.bool('recursive'),
    remote: remoteDependencies({
      ...downloadFlags(context),
      offline: flags.bool('offline'),
      places: placesOf(context),
      keyring,
      mayBeUnsigned,
      log,
      print,
    }),
    print,
    now: () => clock.now(),
  };
}

export const list: Command = {
  use: 'list CHART',
  long: 'List the dependencies that a chart declares, and whether charts/ has them.',
  args: maximumArgs(1),
  flags: [{ name: 'max-col-width', type: 'uint', default: '80', help: 'how wide a column may get' }],
  async run(context) {
    const { rows, warnings } = listDependencies(pathOf(context));
    const table = rows && [
      ['NAME', 'VERSION', 'REPOSITORY', 'STATUS'],
      ...rows.map(({ name, version, repository, status }) => [name, version, repository, status]),
    ];
    if (table) context.stdout.write(`${tableText(table, context.flags.number('max-col-width'))}\n`);
    context.stdout.write(warnings.map((line) => `${line}\n`).join(''));
    return undefined;
  },
};

export const build: Command = {
  use: 'build CHART',
  long: 'Bring into charts/ exactly the dependencies that Chart.lock names; without one, as update does.',
  args: maximumArgs(1),
  flags: FLAGS,
  async run(context) {
    await buildDependencies(optionsOf(context, { mayBeUnsigned: true }));
    return undefined;
  },
};

export const update: Command = {
  use: 'update CHART',
  long: 'Find the newest versions that Chart.yaml allows, bring them into charts/, and write Chart.lock.',
  args: maximumArgs(1),
  flags: FLAGS,
  async run(context) {
    await updateDependencies(optionsOf(context));
    return undefined;
  },
};
