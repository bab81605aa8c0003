/** Brings a release to another chart or other values, as its next revision. */
import type { Chart } from '../chart/chart.ts';
import { updateResources } from '../kube/apply.ts';
import { deleteResources } from '../kube/delete.ts';
import { existingResources, markOwned } from '../kube/ownership.ts';
import { buildResources, type KubeResource, resourceKey } from '../kube/resource.ts';
import { NoDeployedReleaseError, ReleaseNotFoundError } from '../release/driver.ts';
import { checkLabels } from '../release/labels.ts';
import { isPending, type Release } from '../release/release.ts';
import { goTime } from '../release/time.ts';
import type { ValueMap } from '../template/value.ts';
import { coalesceTables, coalesceValues } from '../values/coalesce.ts';
import { deepCopy } from '../values/merge.ts';
import { type ActionContext, checkReachable, checkReleaseName, throwIfCanceled, uncancelled } from './context.ts';
import { guarded } from './guard.ts';
import { runHooks } from './hooks.ts';
import type { DeployOptions } from './install.ts';
import { originalsOf } from './originals.ts';
import { record } from './record.ts';
import { toRecordedChart } from './recorded-chart.ts';
import { recoverPending } from './recover.ts';
import { checkInstallable } from './render.ts';
import { renderChart } from './render-chart.ts';
import { isServerSide, rollbackRelease } from './rollback.ts';
import { waitForReady } from './wait.ts';

export interface UpgradeOptions extends DeployOptions {
  /** `true`, `false`, or `auto`: as the release was applied last. */
  serverSide: string;
  /** Where the values come from beside the given ones: by default from the last revision if none is given. */
  values: 'default' | 'reset' | 'reuse' | 'reset-then-reuse';
  maxHistory: number;
  /** Deletes what a failed upgrade created. */
  cleanupOnFail: boolean;
}

interface Plan {
  /** The newest revision, which may have failed. */
  last: Release;
  current: Release;
  release: Release;
  serverSide: boolean;
}

/** Throws Helm's words. A revision that failed on the way is recorded as failed. */
export async function upgradeRelease(
  context: ActionContext,
  name: string,
  chart: Chart,
  overrides: ValueMap,
  options: UpgradeOptions,
): Promise<Release> {
  checkInstallable(chart, context.log);
  await checkReachable(context);
  checkReleaseName(name, 'release name is invalid: ');
  const upgrade = async (guarding: ActionContext) => {
    if (options.dryRun === 'none') await recoverPending(guarding, name);
    return perform(guarding, await prepare(guarding, name, chart, overrides, options), options);
  };
  return options.dryRun === 'none' ? guarded(context, name, upgrade) : upgrade(context);
}

async function prepare(
  context: ActionContext,
  name: string,
  chart: Chart,
  overrides: ValueMap,
  options: UpgradeOptions,
): Promise<Plan> {
  if (options.dryRun === 'none' && options.hideSecret)
    throw new Error('hiding Kubernetes secrets requires a dry-run mode');
  const { last, current } = await startingPoint(context, name);
  const source = withReusedValues(chart, current, overrides, options);
  const revision = context.releases.nextRevision(name);
  const rendered = await renderChart({
    chart: source.chart,
    isChecked: true,
    releaseName: name,
    namespace: current.namespace,
    overrides: source.overrides,
    revision,
    isUpgrade: true,
    cluster: context.client,
    hideSecret: options.hideSecret,
    subNotes: options.subNotes,
    skipSchemaValidation: options.skipSchemaValidation,
    enableDns: options.enableDns,
    ...(options.postRender && { postRender: options.postRender }),
    ...(options.compat && { compat: options.compat }),
    now: () => context.clock.now(),
    log: context.log,
  });
  checkLabels(options.labels);
  const serverSide = isServerSide(options.serverSide, last.applyMethod);
  const release: Release = {
    name,
    namespace: current.namespace,
    revision,
    info: {
      ...(current.info.firstDeployed && { firstDeployed: current.info.firstDeployed }),
      lastDeployed: goTime(context.clock.now()),
      status: 'pending-upgrade',
      description: 'Preparing upgrade',
      notes: rendered.notes,
    },
    chart: toRecordedChart(rendered.chart),
    overrides: source.overrides,
    manifest: rendered.manifest,
    hooks: rendered.hooks.map((hook) => ({ ...hook, lastRun: { phase: '' } })),
    labels: mergedLabels(last.labels, options.labels),
    applyMethod: serverSide ? 'ssa' : 'csa',
  };
  return { last, current, release, serverSide };
}

/** The newest revision, and the one whose objects are in the cluster. */
async function startingPoint({ releases }: ActionContext, name: string): Promise<{ last: Release; current: Release }> {
  const last = await releases.last(name).catch((error: Error) => {
    throw error instanceof ReleaseNotFoundError ? new NoDeployedReleaseError(name) : error;
  });
  const { status } = last.info;
  if (isPending(status)) throw new Error('another operation (install/upgrade/rollback) is in progress');
  if (status === 'deployed') return { last, current: last };
  const current = await releases.deployed(name).catch((error: Error) => {
    if (error instanceof NoDeployedReleaseError && (status === 'failed' || status === 'superseded')) return last;
    throw error;
  });
  return { last, current };
}

function withReusedValues(
  chart: Chart,
  current: Release,
  overrides: ValueMap,
  { values }: UpgradeOptions,
): { chart: Chart; overrides: ValueMap } {
  if (values === 'reset') return { chart, overrides };
  const merged = () => coalesceTables(deepCopy(overrides), deepCopy(current.overrides));
  if (values === 'reset-then-reuse') return { chart, overrides: merged() };
  if (values === 'reuse') return { chart: { ...chart, values: oldValues(current) }, overrides: merged() };
  const isEmpty = Object.keys(overrides).length === 0;
  return { chart, overrides: isEmpty ? current.overrides : overrides };
}

/** The values of the revision as its chart had them: the record has no subcharts, so theirs are not among them. */
function oldValues({ chart, overrides }: Release): ValueMap {
  const recorded = { name: chart?.metadata?.name ?? '', values: chart?.values ?? undefined, dependencies: [] };
  try {
    return coalesceValues(recorded, deepCopy(overrides));
  } catch (error) {
    throw new Error(`failed to rebuild old values: ${(error as Error).message}`, { cause: error });
  }
}

/** A label of the value `null` goes. */
const mergedLabels = (last: Record<string, string>, given: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...last, ...given }).filter(([, value]) => value !== 'null'));

async function perform(context: ActionContext, plan: Plan, options: UpgradeOptions): Promise<Release> {
  const { releases } = context;
  const { release } = plan;
  const { originals, targets } = await buildBoth(context, plan, options);
  if (options.dryRun !== 'none') {
    release.info.description = options.description || 'Dry run complete';
    return release;
  }
  throwIfCanceled(context);
  await releases.create(release, options.maxHistory);
  const created: KubeResource[] = [];
  try {
    await apply(context, plan, originals, targets, created, options);
  } catch (error) {
    return fail(context, release, created, error as Error, options);
  }
  for (const before of [...(await releases.deployedBesides(plan.current)), plan.current]) {
    before.info.status = 'superseded';
    await record(context, before);
  }
  release.info.status = 'deployed';
  release.info.description = options.description || 'Upgrade complete';
  await releases.update(release);
  return release;
}

async function buildBoth(
  context: ActionContext,
  { last, current, release }: Plan,
  { takeOwnership, validate }: UpgradeOptions,
): Promise<{ originals: KubeResource[]; targets: KubeResource[] }> {
  const { client, namespace } = context;
  const built = await buildResources(client, release.manifest, namespace, { validate });
  const originals = await originalsOf(context, current, [last]).catch((error: Error) => {
    throw new Error(`unable to build kubernetes objects from current release manifest: ${error.message}`, {
      cause: error,
    });
  });
  const targets = markOwned(built, release);
  const known = new Set(originals.map(resourceKey));
  const added = targets.filter((target) => !known.has(resourceKey(target)));
  const adopted = await existingResources(client, added, release, { takeOwnership }).catch((error: Error) => {
    throw new Error(`unable to continue with update: ${error.message}`, { cause: error });
  });
  return { originals: [...originals, ...adopted], targets };
}

async function apply(
  context: ActionContext,
  { current, release, serverSide }: Plan,
  originals: KubeResource[],
  targets: KubeResource[],
  created: KubeResource[],
  options: UpgradeOptions,
): Promise<void> {
  const { waiting } = options;
  const hooks = async (event: 'pre-upgrade' | 'post-upgrade') => {
    if (options.noHooks) return;
    await runHooks(context, release, event, { waiting, serverSide }).catch((error: Error) => {
      throw context.signal.aborted ? error : new Error(`${event} hooks failed: ${error.message}`, { cause: error });
    });
  };
  await hooks('pre-upgrade');
  throwIfCanceled(context);
  const result = await updateResources(context.client, originals, targets, {
    serverSide,
    forceReplace: options.forceReplace,
    forceConflicts: options.forceConflicts,
    upgradeManager: current.applyMethod !== 'ssa' && serverSide,
    log: context.log,
  });
  created.push(...result.created);
  if (result.error) throw result.error;
  throwIfCanceled(context);
  await waitForReady(context, targets, waiting, result.written);
  await hooks('post-upgrade');
  throwIfCanceled(context);
}

async function fail(
  canceled: ActionContext,
  release: Release,
  created: KubeResource[],
  error: Error,
  options: UpgradeOptions,
): Promise<never> {
  const context = uncancelled(canceled);
  context.log.warn('upgrade failed', { name: release.name, error });
  release.info.status = 'failed';
  release.info.description = `Upgrade ${JSON.stringify(release.name)} failed: ${error.message}`;
  await record(context, release);
  if (options.cleanupOnFail && created.length > 0) {
    const { errors } = await deleteResources(context.client, created);
    if (errors.length > 0)
      throw new Error(
        `an error occurred while cleaning up resources. original upgrade error: ${error.message}: ` +
          `unable to cleanup resources: ${errors.map((each) => each.message).join(', ')}`,
        { cause: error },
      );
  }
  if (options.rollbackOnFailure) await rollBack(context, release, error, options);
  throw error;
}

async function rollBack(
  context: ActionContext,
  release: Release,
  error: Error,
  options: UpgradeOptions,
): Promise<never> {
  const history = await context.releases.history(release.name).catch((cause: Error) => {
    throw new Error(
      `an error occurred while finding last successful release. original upgrade error: ${error.message}: ${cause.message}`,
      { cause: error },
    );
  });
  const good = history.filter(({ info }) => info.status === 'superseded' || info.status === 'deployed').at(-1);
  if (!good)
    throw new Error(
      `unable to find a previously successful release when attempting to rollback. original upgrade error: ${error.message}`,
      { cause: error },
    );
  const { waiting, noHooks, forceReplace, forceConflicts, serverSide } = options;
  await rollbackRelease(context, release.name, {
    waiting,
    revision: good.revision,
    dryRun: 'none',
    noHooks,
    serverSide,
    forceReplace,
    forceConflicts,
    cleanupOnFail: false,
    maxHistory: 0,
  }).catch((cause: Error) => {
    throw new Error(
      `an error occurred while rolling back the release. original upgrade error: ${error.message}: ${cause.message}`,
      { cause: error },
    );
  });
  throw new Error(
    `release ${release.name} failed, and has been rolled back due to rollback-on-failure being set: ${error.message}`,
    { cause: error },
  );
}
