/** `publish`: charts into a static repository. */
import { resolve } from 'node:path';
import { publishCharts } from '../action/publish.ts';
import { type Command, minimumArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { sourceDate } from './repositories.ts';
import { SIGN_FLAGS, signingOf } from './signing.ts';

const LONG = `
Package charts and publish them to a folder that any web server can serve. What
is published stays: a version that is there with other content is refused, the
index keeps every entry, and two who publish at once wait for each other.

    $ portolan publish charts/* --to ./repo --url https://example.com/charts

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
    { name: 'to', type: 'string', help: 'folder of the repository; made where there is none' },
    { name: 'url', type: 'string', help: 'address of that folder; archives are named relative to it where absent' },
    { name: 'site', type: 'bool', default: 'true', help: 'write pages for people too' },
    ...SIGN_FLAGS,
    ...CHART_PATH_FLAGS.filter(({ name }) => name === 'keyring'),
    { name: 'force', type: 'bool', help: 'replace versions that are published with other content' },
  ],
  async run(context) {
    const { args, flags, environment, stdout, clock, log, signal } = context;
    const to = flags.string('to');
    if (to === '') throw new Error('required flag(s) "to" not set');
    const date = sourceDate(context);
    const results = await publishCharts(
      args.map((path) => resolve(environment.directory, path)),
      {
        to: resolve(environment.directory, to),
        url: flags.string('url'),
        force: flags.bool('force'),
        withoutSite: !flags.bool('site'),
        sign: signingOf(context),
        now: date ?? clock.now(),
        ...(date !== undefined && { mtime: new Date(date) }),
        clock,
        log,
        signal,
      },
    );
    for (const { entry, outcome } of results) stdout.write(`${entry.name} ${entry.version}: ${outcome}\n`);
    return undefined;
  },
};
