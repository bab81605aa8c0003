/** Installs a chart as a new release. */
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { type Chart, chartCrds } from '../chart/chart.ts';
import { processDependencies } from '../chart/dependencies.ts';
import { createResources, updateResources, type Written } from '../kube/apply.ts';
import { existingResources, markOwned } from '../kube/ownership.ts';
import { buildResources, type KubeResource } from '../kube/resource.ts';
import { waitUntilReady } from '../kube/wait.ts';
import { checkLabels } from '../release/labels.ts';
import { type Release, releaseNameProblem } from '../release/release.ts';
import { goTime } from '../release/time.ts';
import type { ValueMap } from '../template/value.ts';
import { type ActionContext, type DryRun, requireReachable, throwIfCanceled, uncancelled } from './context.ts';
import { guarded } from './guard.ts';
import { runHooks } from './hooks.ts';
import { toRecordedChart } from './recorded-chart.ts';
import { recoverPending } from './recover.ts';
import { checkInstallable, type RenderChartOptions, refuse } from './render.ts';
import { renderChart } from './render-chart.ts';
import { uninstallRelease } from './uninstall.ts';
import { type Waiting, waitForReady } from './wait.ts';

/** What installing and upgrading take alike. */
export interface DeployOptions {
  waiting: Waiting;
  dryRun: DryRun;
  hideSecret: boolean;
  noHooks: boolean;
  forceReplace: boolean;
  forceConflicts: boolean;
  takeOwnership: boolean;
  rollbackOnFailure: boolean;
  description: string;
  labels: Record<string, string>;
  /** Notes of subcharts too. */
  subNotes: boolean;
  skipSchemaValidation: boolean;
  skipCrds: boolean;
  enableDns: boolean;
  /** Has manifests looked at before they are sent. */
  validate: boolean;
  postRender?: RenderChartOptions['postRender'];
  /** The Helm to render as; 4.2 where absent. */
  compat?: RenderChartOptions['compat'];
}

export interface InstallOptions extends DeployOptions {
  serverSide: boolean;
  createNamespace: boolean;
  /** Takes the name of a release that failed or was uninstalled. */
  replace: boolean;
}

/** Throws Helm's words. A release that failed on the way is recorded as failed. */
export async function installRelease(
  context: ActionContext,
  name: string,
  chart: Chart,
  overrides: ValueMap,
  options: InstallOptions,
): Promise<Release> {
  const { log } = context;
  const isDry = options.dryRun !== 'none';
  checkInstallable(chart, log);
  if (options.dryRun !== 'client') await requireReachable(context);
  if (!isDry && options.hideSecret) {
    log.error('hiding Kubernetes secrets requires a dry-run mode');
    throw new Error('hiding Kubernetes secrets requires a dry-run mode');
  }
  if (isDry) return install(context, name, chart, overrides, options);
  return guarded(context, name, (guarding) => install(guarding, name, chart, overrides, options));
}

async function install(
  context: ActionContext,
  name: string,
  chart: Chart,
  overrides: ValueMap,
  options: InstallOptions,
): Promise<Release> {
  const { log } = context;
  const isDry = options.dryRun !== 'none';
  const asksCluster = options.dryRun !== 'client';
  const recovered = isDry ? undefined : await recoverPending(context, name);
  const replace = options.replace || recovered !== undefined;
  await checkName(context, name, replace, isDry).catch((error: Error) =>
    refuse(log, 'release name check failed', error),
  );

  if (asksCluster && !options.skipCrds) await installCrds(context, chart, overrides, options, isDry);
  checkLabels(options.labels);
  const release = await render(context, name, chart, overrides, options);
  if (options.dryRun === 'client') return { ...release, info: { ...release.info, description: 'Dry run complete' } };

  const resources = markOwned(
    await buildResources(context.client, release.manifest, context.namespace, options).catch((error: Error) => {
      throw new Error(`unable to build kubernetes objects from release manifest: ${error.message}`, { cause: error });
    }),
    release,
  );
  const adopted = await existingResources(context.client, resources, release, options).catch((error: Error) => {
    throw new Error(`unable to continue with install: ${error.message}`, { cause: error });
  });
  if (isDry) return { ...release, info: { ...release.info, description: 'Dry run complete' } };

  if (options.createNamespace) await createNamespace(context, options);
  release.revision = context.releases.nextRevision(name);
  if (replace) await replaceLast(context, release);
  throwIfCanceled(context);
  await context.releases.create(release);
  return perform(context, release, resources, adopted, options);
}

async function checkName({ releases }: ActionContext, name: string, replace: boolean, isDry: boolean): Promise<void> {
  const problem = releaseNameProblem(name);
  if (problem !== undefined) throw new Error(`release name ${JSON.stringify(name)}: ${problem}`);
  if (isDry) return;
  const last = await releases.last(name).catch(() => undefined);
  if (!last || (replace && ['uninstalled', 'failed'].includes(last.info.status))) return;
  throw new Error('cannot reuse a name that is still in use');
}

const CRD_TIMEOUT = 60_000;

/** File by file; definitions that are there already stay as they are. */
async function installCrds(
  context: ActionContext,
  chart: Chart,
  overrides: ValueMap,
  { serverSide, forceConflicts }: InstallOptions,
  isDry: boolean,
): Promise<void> {
  const { client, namespace, log, clock, signal } = context;
  if (isDry) return warnOfCrds(chart, overrides, log);
  const crds = enabledCrds(chart, overrides);
  const installed: KubeResource[] = [];
  for (const { name, text } of crds) {
    const failed = (why: string, cause?: Error) => new Error(`failed to install CRD ${name}: ${why}`, { cause });
    const resources = await buildResources(client, text, namespace).catch((error: Error) => {
      throw failed(error.message, error);
    });
    if (resources.length === 0) throw failed('resources are empty');
    try {
      await createResources(client, resources, { serverSide, forceConflicts, log });
      installed.push(...resources);
    } catch (error) {
      if (!isAlreadyExists(error)) throw failed((error as Error).message, error as Error);
    }
  }
  if (installed.length > 0) await waitUntilReady(installed, 'ready', { client, clock, signal, timeout: CRD_TIMEOUT });
  // Templates may ask for what has come: `.Capabilities.APIVersions.Has`.
  if (installed.length > 0) await client.resources({ refresh: true });
}

const enabledCrds = (chart: Chart, overrides: ValueMap): ReturnType<typeof chartCrds> =>
  chartCrds(chart).length === 0 ? [] : chartCrds(processDependencies(chart, overrides));

/** What is rendered with a cluster may need definitions that are not in it yet. */
export function warnOfCrds(chart: Chart, overrides: ValueMap, log: ActionContext['log']): void {
  if (enabledCrds(chart, overrides).length > 0)
    log.warn('This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.');
}

async function render(
  context: ActionContext,
  name: string,
  chart: Chart,
  overrides: ValueMap,
  options: InstallOptions,
): Promise<Release> {
  const now = goTime(context.clock.now());
  const rendered = await renderChart({
    chart,
    isChecked: true,
    releaseName: name,
    namespace: context.namespace,
    overrides,
    hideSecret: options.hideSecret,
    subNotes: options.subNotes,
    skipSchemaValidation: options.skipSchemaValidation,
    enableDns: options.enableDns,
    ...(options.dryRun !== 'client' && { cluster: context.client }),
    ...(options.postRender && { postRender: options.postRender }),
    ...(options.compat && { compat: options.compat }),
    now: () => context.clock.now(),
    log: context.log,
  });
  return {
    name,
    namespace: context.namespace,
    revision: 1,
    info: {
      firstDeployed: now,
      lastDeployed: now,
      status: 'pending-install',
      description: 'Initial install underway',
      notes: rendered.notes,
    },
    chart: toRecordedChart(rendered.chart),
    overrides,
    manifest: rendered.manifest,
    hooks: rendered.hooks.map((hook) => ({ ...hook, lastRun: { phase: '' } })),
    labels: options.labels,
    applyMethod: options.serverSide ? 'ssa' : 'csa',
  };
}

async function createNamespace(
  { client, namespace, log }: ActionContext,
  { serverSide }: InstallOptions,
): Promise<void> {
  const resource = await client.resourceFor({ group: '', version: 'v1', kind: 'Namespace' });
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { name: namespace } },
    spec: {},
    status: {},
  };
  await createResources(client, [{ resource: resource!, name: namespace, namespace: undefined, object }], {
    serverSide,
    log,
  }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** The revision before is superseded unless it had failed. */
async function replaceLast({ releases }: ActionContext, release: Release): Promise<void> {
  const last = await releases.last(release.name).catch(() => undefined);
  if (!last) return;
  if (last.info.status === 'failed') return;
  last.info.status = 'superseded';
  last.info.description = 'superseded by new release';
  await releases.update(last);
}

async function perform(
  context: ActionContext,
  release: Release,
  resources: KubeResource[],
  adopted: KubeResource[],
  options: InstallOptions,
): Promise<Release> {
  const { waiting, serverSide } = options;
  const hooks = async (event: 'pre-install' | 'post-install') => {
    if (options.noHooks) return;
    await runHooks(context, release, event, { waiting, serverSide }).catch((error: Error) => {
      throw context.signal.aborted ? error : new Error(`failed ${event}: ${error.message}`, { cause: error });
    });
  };
  try {
    await hooks('pre-install');
    throwIfCanceled(context);
    const written = await applyAll(context, resources, adopted, options);
    throwIfCanceled(context);
    await waitForReady(context, resources, waiting, written);
    await hooks('post-install');
    throwIfCanceled(context);
  } catch (error) {
    return fail(context, release, error as Error, options);
  }
  release.info.status = 'deployed';
  release.info.description = options.description || 'Install complete';
  await context.releases
    .update(release)
    .catch((error: Error) => context.log.error('failed to record the release', { error }));
  return release;
}

async function applyAll(
  { client, log }: ActionContext,
  resources: KubeResource[],
  adopted: KubeResource[],
  { serverSide, forceReplace, forceConflicts, takeOwnership }: InstallOptions,
): Promise<Written> {
  if (adopted.length === 0) return createResources(client, resources, { serverSide, log });
  const { written, error } = await updateResources(client, adopted, resources, {
    serverSide,
    forceReplace,
    forceConflicts,
    threeWayForCustom: takeOwnership && !serverSide,
    upgradeManager: true,
    log,
  });
  if (error) throw error;
  return written;
}

async function fail(context: ActionContext, release: Release, error: Error, options: InstallOptions): Promise<never> {
  const rest = uncancelled(context);
  release.info.status = 'failed';
  release.info.description = `Release ${JSON.stringify(release.name)} failed: ${error.message}`;
  if (!options.rollbackOnFailure) {
    await rest.releases
      .update(release)
      .catch((cause: Error) => rest.log.error('failed to record the release', { error: cause }));
    throw error;
  }
  await uninstallRelease(rest, release.name, { waiting: options.waiting, noHooks: options.noHooks }).catch(
    (cause: Error) => {
      throw new Error(
        `an error occurred while uninstalling the release. original install error: ${error.message}: ${cause.message}`,
        { cause: error },
      );
    },
  );
  throw new Error(
    `release ${release.name} failed, and has been uninstalled due to rollback-on-failure being set: ${error.message}`,
    { cause: error },
  );
}
