/** `repo update`: the newest indexes of the user's repositories. */
import { updateRepositories } from '../action/repo-update.ts';
import { anyArgs, type Command } from './command.ts';
import { completeRepositories, DOWNLOAD_TIMEOUT_FLAG, networkOf, placesOf } from './repositories.ts';

const LONG = `
Fetch the newest index of every repository, or of those that are named.

    $ portolan repo update
    $ portolan repo update stable bitnami
`;

export const command: Command = {
  use: 'update [REPO1 [REPO2 ...]]',
  long: LONG,
  args: anyArgs,
  flags: [DOWNLOAD_TIMEOUT_FLAG],
  complete: completeRepositories,
  async run(context) {
    const { args, flags, stdout, log } = context;
    await updateRepositories({
      places: placesOf(context),
      names: args,
      timeout: flags.number('timeout'),
      ...networkOf(context),
      log,
      onStart: () => stdout.write('Hang tight while we grab the latest from your chart repositories...\n'),
      onDone: ({ name, url }, error) =>
        stdout.write(
          error
            ? `...Unable to get an update from the ${JSON.stringify(name)} chart repository (${url}):\n\t${error.message}\n`
            : `...Successfully got an update from the ${JSON.stringify(name)} chart repository\n`,
        ),
    });
    stdout.write('Update Complete. ⎈Happy Helming!⎈\n');
    return undefined;
  },
};
