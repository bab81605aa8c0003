/** `publish`: charts into a static repository. */
import { resolve } from 'node:path';
import { type Published, type PublishOptions, publishCharts } from '../action/publish.ts';
import { type Command, type CommandContext, minimumArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { sourceDate } from './repositories.ts';
import { SIGN_FLAGS, signingOf } from './signing.ts';

const LONG = `
Package charts and publish them to a folder that any web server can serve. What
is published stays: a version that is there with other content is refused, the
index keeps every entry, and two who publish at once wait for each other.

    $ portolan publish charts/* --to ./repo --url https://example.com/charts
    $ portolan publish charts/* --to git:gh-pages --push

With git:BRANCH the repository is a branch of the git repository one is in. Your
work tree is left alone, and two who push at once lose nothing.

The same chart always makes the same archive. $SOURCE_DATE_EPOCH sets the time
that stands in archives and in the index.

Beside the index there are pages for people: index.html lists and searches the
charts, and each has a page with its readme, values and versions. They work from
any web server and from a folder, and load nothing from elsewhere.
`;

export const command: Command = {
  use: 'publish CHART [...]',
  long: LONG,
  args: minimumArgs(1),
  flags: [
    { name: 'to', type: 'string', help: 'folder of the repository, or git:BRANCH; made where there is none' },
    { name: 'push', type: 'bool', help: 'with git:BRANCH, push it' },
    { name: 'remote', type: 'string', default: 'origin', help: 'where to push to' },
    { name: 'url', type: 'string', help: 'address of that folder; archives are named relative to it where absent' },
    { name: 'site', type: 'bool', default: 'true', help: 'write pages for people too' },
    ...SIGN_FLAGS,
    ...CHART_PATH_FLAGS.filter(({ name }) => name === 'keyring'),
    { name: 'force', type: 'bool', help: 'replace versions that are published with other content' },
  ],
  async run(context) {
    const { args, flags, environment, clock, log, signal } = context;
    const to = flags.string('to');
    if (to === '') throw new Error('required flag(s) "to" not set');
    const date = sourceDate(context);
    const charts = args.map((path) => resolve(environment.directory, path));
    const options = {
      url: flags.string('url'),
      force: flags.bool('force'),
      withoutSite: !flags.bool('site'),
      sign: signingOf(context),
      now: date ?? clock.now(),
      ...(date !== undefined && { mtime: new Date(date) }),
      clock,
      log,
      signal,
    };
    if (to.startsWith('git:')) await publishBranch(charts, to.slice('git:'.length), context, options);
    else printResults(await publishCharts(charts, { ...options, to: resolve(environment.directory, to) }), context);
    return undefined;
  },
};

const printResults = (results: readonly Published[], { stdout }: CommandContext): void =>
  stdout.write(results.map(({ entry, outcome }) => `${entry.name} ${entry.version}: ${outcome}\n`).join(''));

async function publishBranch(
  charts: string[],
  branch: string,
  context: CommandContext,
  options: Omit<PublishOptions, 'to'>,
): Promise<void> {
  const { flags, environment, stdout } = context;
  const { publishToBranch } = await import('../action/publish-git.ts');
  const push = flags.bool('push') ? flags.string('remote') : undefined;
  const { directory, variables } = environment;
  const { results, commit } = await publishToBranch(charts, { ...options, directory, variables, branch, push });
  printResults(results, context);
  if (commit !== undefined)
    stdout.write(`committed to ${branch}: ${commit.slice(0, 12)}${push === undefined ? '' : `, pushed to ${push}`}\n`);
}
