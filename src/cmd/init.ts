/** `init`: what Helm 2 asked for before anything else; here it prepares folders and adds the bundled repository. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUNDLED, initHome } from '../action/init.ts';
import { dataFolder } from '../cluster/folders.ts';
import { type Command, noArgs } from './command.ts';
import { placesOf } from './repositories.ts';

const LONG = `
Prepare the folders Portolan uses, and add the repository that comes with it
under the name 'stable'. Nothing is installed in a cluster: there has been no
server part since Helm 3.

    $ portolan init
    $ portolan repo update
    $ portolan install stable/mysql --generate-name
`;

const TOLD = {
  added: `Added the bundled repository as "${BUNDLED}"`,
  present: `The bundled repository is there already as "${BUNDLED}"`,
  kept: `You have a repository "${BUNDLED}" of your own, which stays as it is`,
};

export const command: Command = {
  use: 'init',
  long: LONG,
  args: noArgs,
  flags: [],
  async run(context) {
    const { environment, settings, stdout, clock, log } = context;
    const result = await initHome({
      places: placesOf(context),
      folders: [settings.plugins, dataFolder(environment.variables, environment.home)],
      bundled: bundledRepository(environment.program),
      clock,
      log,
    });
    for (const folder of result.created) stdout.write(`Created ${folder}\n`);
    stdout.write(`${TOLD[result.repository]}: ${result.url}\n`);
    stdout.write('There is no server part to install: Portolan is ready.\n');
    return undefined;
  },
};

/** The folder `repo-index` beside the program's own, wherever the package is. */
function bundledRepository(program: string): string {
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    const path = join(folder, 'repo-index');
    if (existsSync(join(path, 'index.yaml'))) return path;
    if (folder === dirname(folder))
      throw new Error('the bundled repository is not beside the program; reinstall Portolan');
  }
}
