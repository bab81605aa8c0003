/** `upgrade`: a release gets another chart or other values. */
import { releaseHistory } from '../action/history.ts';
import { checkDependencies } from '../action/render.ts';
import { type UpgradeOptions, upgradeRelease } from '../action/upgrade.ts';
import { ReleaseNotFoundError } from '../release/driver.ts';
import { chartWithDependencies, overridesOf } from './chart-source.ts';
import { type Command, type CommandContext, exactArgs } from './command.ts';
import { COMPAT_FLAG } from './compat.ts';
import { completeOneRelease } from './complete-releases.ts';
import { deployOptions, printDeployed, tellCancellation } from './deploy.ts';
import {
  CHART_PATH_FLAGS,
  DRY_RUN_FLAG,
  FORCE_FLAGS,
  FORCE_GROUPS,
  OUTPUT_FLAG,
  POST_RENDER_FLAGS,
  QUIET_FLAG,
  ROLLBACK_ON_FAILURE_FLAGS,
  TIMEOUT_FLAG,
  VALUE_FLAGS,
  WAIT_FLAG,
  WAIT_FOR_JOBS_FLAG,
} from './flag-sets.ts';
import { prepareInstall } from './install.ts';
import { onReleases } from './operation.ts';
import type { FlagValues } from './parse.ts';
import { maxHistoryDefault } from './settings.ts';

const LONG = `
Upgrade a release to a chart and values: what they describe is created, changed
and deleted in the cluster, and recorded as the release's next revision.

    $ portolan upgrade web ./web --set image.tag=1.28 --wait
    $ portolan upgrade web ./web --reuse-values --set replicaCount=3
    $ portolan upgrade web ./web --install

Without any values given, those of the last revision are kept. --install
installs the release where there is none yet.
`;

export const command: Command = {
  use: 'upgrade [RELEASE] [CHART]',
  long: LONG,
  args: exactArgs(2),
  chart: { at: 1, files: true },
  complete: completeOneRelease,
  flags: [
    { name: 'create-namespace', type: 'bool', help: 'with --install, create the namespace if it does not exist' },
    { name: 'install', short: 'i', type: 'bool', help: 'install the release if there is none by this name' },
    { name: 'devel', type: 'bool', help: "use development versions too; the same as --version '>0.0.0-0'" },
    { name: 'hide-secret', type: 'bool', help: 'with --dry-run, do not show Secrets' },
    ...FORCE_FLAGS,
    {
      name: 'server-side',
      type: 'string',
      default: 'auto',
      help: 'let the server apply objects: true, false, or auto for as it was done last',
    },
    { name: 'no-hooks', type: 'bool', help: 'run no hooks' },
    { name: 'disable-openapi-validation', type: 'bool', help: 'do not have manifests validated by the cluster' },
    { name: 'skip-crds', type: 'bool', help: 'with --install, install no custom resource definitions' },
    TIMEOUT_FLAG,
    { name: 'reset-values', type: 'bool', help: "go back to the chart's own values" },
    { name: 'reuse-values', type: 'bool', help: "keep the last revision's values, the chart's old ones too" },
    {
      name: 'reset-then-reuse-values',
      type: 'bool',
      help: "take the chart's new values, then those given for the last revision",
    },
    WAIT_FOR_JOBS_FLAG,
    ...ROLLBACK_ON_FAILURE_FLAGS,
    {
      name: 'history-max',
      type: 'int',
      default: maxHistoryDefault,
      help: 'how many revisions to keep; 0 keeps all',
    },
    { name: 'cleanup-on-fail', type: 'bool', help: 'delete what a failed upgrade created' },
    { name: 'render-subchart-notes', type: 'bool', help: 'render the notes of subcharts too' },
    { name: 'hide-notes', type: 'bool', help: 'do not print the notes' },
    { name: 'skip-schema-validation', type: 'bool', help: "do not check values against the chart's schema" },
    { name: 'labels', short: 'l', type: 'stringToString', help: 'labels for the release record; "null" removes one' },
    { name: 'description', type: 'string', help: 'description of this revision' },
    { name: 'dependency-update', type: 'bool', help: 'fetch missing dependencies first' },
    { name: 'enable-dns', type: 'bool', help: 'allow templates to look up host names' },
    { name: 'take-ownership', type: 'bool', help: 'take over objects that belong to no or another release' },
    DRY_RUN_FLAG,
    ...CHART_PATH_FLAGS,
    ...VALUE_FLAGS,
    OUTPUT_FLAG,
    ...POST_RENDER_FLAGS,
    WAIT_FLAG,
    COMPAT_FLAG,
    QUIET_FLAG,
  ],
  exclusive: FORCE_GROUPS,
  async run(context) {
    const { args, flags, stdout } = context;
    const [name, reference] = args as [string, string];
    const options = optionsOf(context);
    await onReleases(context, { quiet: flags.bool('quiet'), settle: true }, async (action) => {
      const missing = flags.bool('install') ? await missingRelease(() => releaseHistory(action, name)) : undefined;
      if (missing) {
        if (flags.string('output') === 'table')
          stdout.write(`Release ${JSON.stringify(name)} does not exist. Installing it now.\n`);
        const install = await prepareInstall(context, { name, chart: reference }, options);
        return printDeployed(context, await install(action, { replace: missing === 'uninstalled' }));
      }
      const chart = await chartWithDependencies(context, reference);
      const overrides = await overridesOf(context);
      checkDependencies(chart);
      const done = tellCancellation(context, name);
      const release = await upgradeRelease(action, name, chart, overrides, options)
        .catch((error: Error) => {
          throw new Error(`UPGRADE FAILED: ${error.message}`, { cause: error });
        })
        .finally(done);
      if (flags.string('output') === 'table')
        stdout.write(`Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n`);
      return printDeployed(context, release);
    });
    return undefined;
  },
};

/** Whether there is nothing to upgrade, and why. */
async function missingRelease(
  history: () => ReturnType<typeof releaseHistory>,
): Promise<'absent' | 'uninstalled' | undefined> {
  try {
    return (await history()).at(-1)?.info.status === 'uninstalled' ? 'uninstalled' : undefined;
  } catch (error) {
    if (error instanceof ReleaseNotFoundError) return 'absent';
    throw error;
  }
}

function optionsOf(context: CommandContext): UpgradeOptions {
  const { flags } = context;
  return {
    ...deployOptions(context),
    serverSide: flags.string('server-side'),
    values: valuesSource(flags),
    maxHistory: flags.number('history-max'),
    cleanupOnFail: flags.bool('cleanup-on-fail'),
  };
}

function valuesSource(flags: FlagValues): UpgradeOptions['values'] {
  if (flags.bool('reset-values')) return 'reset';
  if (flags.bool('reuse-values')) return 'reuse';
  return flags.bool('reset-then-reuse-values') ? 'reset-then-reuse' : 'default';
}
