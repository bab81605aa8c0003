/** `repo remove`: repositories leave the user's list. */
import { removeRepositories } from '../action/repo-remove.ts';
import { type Command, minimumArgs } from './command.ts';
import { completeRepositories, placesOf } from './repositories.ts';

const LONG = `
Remove repositories, and what is cached of them.
`;

export const command: Command = {
  use: 'remove [REPO1 [REPO2 ...]]',
  long: LONG,
  args: minimumArgs(1),
  flags: [],
  complete: completeRepositories,
  async run(context) {
    const { args, stdout, clock } = context;
    await removeRepositories(args, {
      places: placesOf(context),
      clock,
      onRemoved: (name) => stdout.write(`${JSON.stringify(name)} has been removed from your repositories\n`),
    });
    return undefined;
  },
};
