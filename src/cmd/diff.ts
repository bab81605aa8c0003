/** `diff upgrade|rollback|revision|release`: what would change, or has changed, object by object. */
import type { ActionContext } from '../action/context.ts';
import { type DiffOptions, diffLive, diffManifests } from '../action/diff.ts';
import { upgradeRelease } from '../action/upgrade.ts';
import { NoDeployedReleaseError } from '../release/driver.ts';
import type { Release } from '../release/release.ts';
import { chartWithDependencies, overridesOf } from './chart-source.ts';
import { type ArgumentRule, type Command, type CommandContext, exactArgs, minimumArgs } from './command.ts';
import { completeReleases } from './complete-releases.ts';
import { DIFF_FLAGS, printChanges } from './diff-text.ts';
import type { Flag } from './flag.ts';
import { CHART_PATH_FLAGS, VALUE_FLAGS } from './flag-sets.ts';
import { onReleases } from './operation.ts';

const LIVE_FLAG: Flag = {
  name: 'live',
  type: 'bool',
  help: 'compare with what is in the cluster, not with the record',
};

const optionsOf = ({ flags }: CommandContext, { namespace }: ActionContext): DiffOptions => ({
  namespace,
  showSecrets: flags.bool('show-secrets'),
});

/** Compares `current` with `next`: their manifests, or with --live what is in the cluster. */
async function compare(context: CommandContext, action: ActionContext, current: Release, next: Release) {
  const options = optionsOf(context, action);
  return context.flags.bool('live')
    ? diffLive(action, current, next, options)
    : diffManifests(current.manifest, next.manifest, options);
}

const empty = (release: Release): Release => ({ ...release, manifest: '' });

export const upgrade: Command = {
  use: 'upgrade [RELEASE] [CHART]',
  long: `Show what an upgrade to this chart and these values would change.

    $ portolan diff upgrade web ./web --set replicaCount=3
    $ portolan diff upgrade web ./web --live --detailed-exitcode`,
  args: exactArgs(2),
  flags: [
    { name: 'install', short: 'i', type: 'bool', help: 'a release that does not exist yet is all new' },
    { name: 'reset-values', type: 'bool', help: "go back to the chart's own values" },
    { name: 'reuse-values', type: 'bool', help: "keep the last revision's values" },
    { name: 'devel', type: 'bool', help: 'use development versions too' },
    { name: 'dependency-update', type: 'bool', help: 'fetch missing dependencies first' },
    LIVE_FLAG,
    ...DIFF_FLAGS,
    ...VALUE_FLAGS,
    ...CHART_PATH_FLAGS,
  ],
  complete: completeReleases,
  async run(context) {
    const [name, reference] = context.args as [string, string];
    const changes = await onReleases(context, { quiet: true }, async (action) => {
      const current = await currentRelease(context, action, name);
      const next = await renderNext(context, action, name, reference, current);
      return compare(context, action, current ?? empty(next), next);
    });
    return printChanges(context, changes);
  },
};

/** The deployed revision; undefined where there is none and --install allows that. */
async function currentRelease({ flags }: CommandContext, { releases }: ActionContext, name: string) {
  try {
    return await releases.deployed(name);
  } catch (error) {
    if (error instanceof NoDeployedReleaseError && flags.bool('install')) return undefined;
    throw error;
  }
}

async function renderNext(
  context: CommandContext,
  action: ActionContext,
  name: string,
  reference: string,
  current: Release | undefined,
): Promise<Release> {
  const { flags } = context;
  const chart = await chartWithDependencies(context, reference);
  const overrides = await overridesOf(context);
  const common = {
    waiting: { strategy: 'hookOnly' as const, timeout: 0 },
    hideSecret: false,
    noHooks: true,
    forceReplace: false,
    forceConflicts: false,
    takeOwnership: true,
    rollbackOnFailure: false,
    description: '',
    labels: {},
    subNotes: false,
    skipSchemaValidation: false,
    skipCrds: true,
    enableDns: false,
    validate: true,
    dryRun: 'server' as const,
  };
  if (!current) {
    const { installRelease } = await import('../action/install.ts');
    const install = { ...common, serverSide: true, createNamespace: false, replace: true };
    return installRelease(action, name, chart, overrides, install);
  }
  const values = flags.bool('reset-values') ? 'reset' : flags.bool('reuse-values') ? 'reuse' : 'default';
  return upgradeRelease(action, name, chart, overrides, {
    ...common,
    serverSide: 'auto',
    values,
    maxHistory: 0,
    cleanupOnFail: false,
  });
}

type Pick = (action: ActionContext, args: string[]) => Promise<[current: Release, next: Release]>;

/** Compares two records. */
const comparison = (use: string, long: string, args: ArgumentRule, flags: Flag[], pick: Pick): Command => ({
  use,
  long,
  args,
  flags: [...flags, ...DIFF_FLAGS],
  complete: completeReleases,
  async run(context) {
    const changes = await onReleases(context, { quiet: true }, async (action) => {
      const [current, next] = await pick(action, context.args);
      return flags.includes(LIVE_FLAG)
        ? compare(context, action, current, next)
        : diffManifests(current.manifest, next.manifest, optionsOf(context, action));
    });
    return printChanges(context, changes);
  },
});

export const rollback = comparison(
  'rollback RELEASE [REVISION]',
  'Show what a rollback would change; without REVISION, one to the revision before the newest.',
  minimumArgs(1),
  [LIVE_FLAG],
  async ({ releases }, [name, revision]) => {
    const last = await releases.last(name!);
    return [last, await releases.get(name!, revisionOf(revision) || last.revision - 1)];
  },
);

export const revision = comparison(
  'revision RELEASE REVISION1 [REVISION2]',
  'Show what changed between two revisions of a release; without REVISION2, up to the newest.',
  minimumArgs(2),
  [],
  async ({ releases }, [name, from, to]) => [
    await releases.get(name!, revisionOf(from)),
    to === undefined ? await releases.last(name!) : await releases.get(name!, revisionOf(to)),
  ],
);

export const release = comparison(
  'release RELEASE1 RELEASE2',
  'Show in what two releases differ.',
  exactArgs(2),
  [],
  async ({ releases }, [one, other]) => [await releases.last(one!), await releases.last(other!)],
);

function revisionOf(text = '0'): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`could not convert revision to a number: ${JSON.stringify(text)}`);
}
