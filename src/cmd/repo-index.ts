/** `repo index`: index.yaml for a folder of packaged charts. */
import { resolve } from 'node:path';
import { indexDirectory } from '../action/repo-index.ts';
import { type Command, exactArgs } from './command.ts';
import { sourceDate } from './repositories.ts';

const LONG = `
Write index.yaml for a folder of packaged charts. --merge takes over what
another index has more. To publish charts without ever losing what is
published, see 'portolan publish'.

    $ portolan repo index ./repo --url https://example.com/charts
`;

export const command: Command = {
  use: 'index [DIR]',
  long: LONG,
  args: exactArgs(1),
  flags: [
    { name: 'url', type: 'string', help: 'address of the folder' },
    { name: 'merge', type: 'string', help: 'index to take over what this folder does not have' },
    { name: 'json', type: 'bool', help: 'write JSON' },
  ],
  async run(context) {
    const { args, flags, environment, clock, log } = context;
    const merge = flags.string('merge');
    indexDirectory({
      directory: resolve(environment.directory, args[0]!),
      url: flags.string('url'),
      merge: merge === '' ? '' : resolve(environment.directory, merge),
      shownMerge: merge,
      json: flags.bool('json'),
      now: sourceDate(context) ?? clock.now(),
      log,
    });
    return undefined;
  },
};
