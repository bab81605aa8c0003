/** `push`: a chart's archive into a registry. */
import { resolve } from 'node:path';
import { pushChart } from '../action/push.ts';
import { type Command, minimumArgs } from './command.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';
import { downloadFlags, transferText } from './repositories.ts';

const LONG = `
Put a packaged chart into a registry. A provenance file beside it goes with it.

    $ portolan push web-1.0.0.tgz oci://registry.example/charts
`;

const OTHER_FLAGS = new Set(['version', 'verify', 'keyring', 'repo', 'pass-credentials']);

export const command: Command = {
  use: 'push [chart] [remote]',
  long: LONG,
  args: minimumArgs(2),
  flags: CHART_PATH_FLAGS.filter(({ name }) => !OTHER_FLAGS.has(name)),
  async run(context) {
    const { args, environment, stdout, log } = context;
    const [path, remote] = args as [string, string];
    const shown = (message: string) => message.replaceAll(resolve(environment.directory, path), path);
    const { reference, digest } = await pushChart(resolve(environment.directory, path), remote, {
      ...downloadFlags(context),
      log,
    }).catch((error: Error) => {
      throw new Error(shown(error.message), { cause: error });
    });
    stdout.write(transferText('Pushed', reference, digest));
    return undefined;
  },
};
