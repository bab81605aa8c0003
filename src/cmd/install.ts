/** `install`: a chart becomes a release. */
import type { ActionContext } from '../action/context.ts';
import { type DeployOptions, installRelease } from '../action/install.ts';
import type { Release } from '../release/release.ts';
import { chartWithDependencies, overridesOf } from './chart-source.ts';
import { type Command, type CommandContext, minimumArgs } from './command.ts';
import { COMPAT_FLAG } from './compat.ts';
import { deployOptions, printDeployed, tellCancellation } from './deploy.ts';
import { DRY_RUN_FLAG, FORCE_GROUPS, INSTALL_FLAGS, OUTPUT_FLAG, POST_RENDER_FLAGS, QUIET_FLAG } from './flag-sets.ts';
import { onReleases, withoutCluster } from './operation.ts';
import type { FlagValues } from './parse.ts';
import { type Named, nameAndChart } from './release-name.ts';

const LONG = `
Install a chart: render its templates with your values, and create what they
describe in the cluster.

CHART is a directory, a packaged chart, or a reference such as stable/mysql to
a chart of a repository. NAME is the release's; --generate-name makes one up.

    $ portolan install web ./web
    $ portolan install web ./web -f values.yaml --set image.tag=1.27 --wait
    $ portolan install ./web --generate-name

Values come from the chart, then from every -f in turn, then from every --set;
the last word wins. --dry-run=client shows what would be created.
`;

export const command: Command = {
  use: 'install [NAME] [CHART]',
  long: LONG,
  args: minimumArgs(1),
  chart: { at: 1, files: true },
  flags: [
    ...INSTALL_FLAGS,
    { name: 'hide-secret', type: 'bool', help: 'with --dry-run, do not show Secrets' },
    DRY_RUN_FLAG,
    OUTPUT_FLAG,
    ...POST_RENDER_FLAGS,
    COMPAT_FLAG,
    QUIET_FLAG,
  ],
  exclusive: FORCE_GROUPS,
  async run(context) {
    const release = await install(context, deployOptions(context)).catch((error: Error) => {
      throw new Error(`INSTALLATION FAILED: ${error.message}`, { cause: error });
    });
    await printDeployed(context, release);
    return undefined;
  },
};

async function install(context: CommandContext, options: DeployOptions): Promise<Release> {
  const { flags } = context;
  const prepared = await prepareInstall(context, await nameAndChart(context), options);
  const act = (action: ActionContext) => prepared(action, { replace: flags.bool('replace') });
  if (isOffline(context)) return withoutCluster(context, act);
  return onReleases(context, { quiet: flags.bool('quiet'), settle: true }, act);
}

const isOffline = ({ flags }: CommandContext): boolean =>
  ['client', 'unset', 'true', '1', 't', 'T', 'TRUE', 'True'].includes(flags.string('dry-run'));

/** Loads chart and values; answers what installs them. */
export async function prepareInstall(context: CommandContext, { name, chart }: Named, options: DeployOptions) {
  const { flags } = context;
  const loaded = await chartWithDependencies(context, chart);
  const overrides = await overridesOf(context);
  return async (action: ActionContext, { replace }: { replace: boolean }): Promise<Release> => {
    const done = tellCancellation(context, context.args[0]!);
    try {
      return await installRelease(action, name, loaded, overrides, {
        ...options,
        serverSide: isServerSide(flags),
        createNamespace: flags.bool('create-namespace'),
        replace,
      });
    } finally {
      done();
    }
  };
}

/** A bool of `install`, a word of `upgrade`. */
const isServerSide = (flags: FlagValues): boolean => ![false, 'false'].includes(flags.string('server-side') as never);
