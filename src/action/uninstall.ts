/** Removes a release: its hooks run, its objects deleted, its records dropped or kept. */
import { RESOURCE_POLICY } from '../kube/apply.ts';
import { deleteResources, type Propagation } from '../kube/delete.ts';
import { buildResources, type KubeResource } from '../kube/resource.ts';
import { type Manifest, toManifests } from '../manifest/manifest.ts';
import { UNINSTALL_ORDER } from '../manifest/order.ts';
import { ReleaseNotFoundError } from '../release/driver.ts';
import type { Release } from '../release/release.ts';
import { goTime } from '../release/time.ts';
import { type ActionContext, checkReachable, checkReleaseName } from './context.ts';
import { guarded } from './guard.ts';
import { runHooks } from './hooks.ts';
import { type Waiting, waitForDeletion } from './wait.ts';

export interface UninstallOptions {
  waiting: Waiting;
  dryRun?: boolean;
  noHooks?: boolean;
  ignoreNotFound?: boolean;
  keepHistory?: boolean;
  propagation?: Propagation;
  description?: string;
}

export interface Uninstalled {
  release: Release;
  /** What was left in place, in Helm's words; '' for nothing. */
  kept: string;
}

/** Answers undefined for a release that is not there, where that is to be ignored. */
export async function uninstallRelease(
  context: ActionContext,
  name: string,
  options: UninstallOptions,
): Promise<Uninstalled | undefined> {
  await checkReachable(context);
  if (options.dryRun) return dryRun(context, name, options);
  checkReleaseName(name, 'uninstall: Release name is invalid: ');
  return guarded(context, name, (guarding) => uninstall(guarding, name, options));
}

async function uninstall(
  context: ActionContext,
  name: string,
  options: UninstallOptions,
): Promise<Uninstalled | undefined> {
  const history = await context.releases.history(name).catch((error: Error) => {
    if (options.ignoreNotFound) return [];
    throw new Error(`uninstall: Release not loaded: ${name}: ${error.message}`, { cause: error });
  });
  const release = history.at(-1);
  if (!release) {
    if (options.ignoreNotFound) return undefined;
    throw new Error('no release provided');
  }
  if (release.info.status === 'uninstalled') {
    if (options.keepHistory) throw new Error(`the release named ${JSON.stringify(name)} is already deleted`);
    await context.releases.purge(history);
    return { release, kept: '' };
  }
  return remove(context, release, history, options);
}

async function dryRun(
  context: ActionContext,
  name: string,
  options: UninstallOptions,
): Promise<Uninstalled | undefined> {
  checkReleaseName(name, 'releaseContent: Release name is invalid: ');
  try {
    return { release: await context.releases.last(name), kept: '' };
  } catch (error) {
    if (options.ignoreNotFound && error instanceof ReleaseNotFoundError) return undefined;
    throw error;
  }
}

async function remove(
  context: ActionContext,
  release: Release,
  history: Release[],
  options: UninstallOptions,
): Promise<Uninstalled> {
  const { releases, log, clock } = context;
  const { waiting } = options;
  const update = (what: Release) =>
    releases.update(what).catch((error: Error) => log.debug('uninstall: Failed to store updated release', { error }));
  release.info.status = 'uninstalling';
  release.info.deleted = goTime(clock.now());
  release.info.description = 'Deletion in progress (or silently failed)';
  if (!options.noHooks) await runHooks(context, release, 'pre-delete', { waiting, serverSide: true });
  await update(release);

  const { kept, deleted } = await deleteObjects(context, release, options);
  const errors: string[] = [];
  const collect = (error: Error) => void errors.push(error.message);
  if (waiting.strategy !== 'hookOnly') await waitForDeletion(context, deleted, waiting).catch(collect);
  if (!options.noHooks) await runHooks(context, release, 'post-delete', { waiting, serverSide: true }).catch(collect);

  release.info.status = 'uninstalled';
  release.info.description = options.description || 'Uninstallation complete';
  if (options.keepHistory) {
    await update(release);
    for (const deployed of await releases.deployedAll(release.name)) {
      deployed.info.status = 'superseded';
      await update(deployed);
    }
  } else
    await releases
      .purge(history)
      .catch((error: Error) => errors.push(`uninstall: Failed to purge the release: ${error.message}`));
  if (errors.length > 0)
    throw new Error(`uninstallation completed with ${errors.length} error(s): ${errors.join('; ')}`);
  return { release, kept };
}

async function deleteObjects(
  context: ActionContext,
  release: Release,
  options: UninstallOptions,
): Promise<{ kept: string; deleted: KubeResource[] }> {
  const { client, log } = context;
  try {
    const { manifests } = toManifests(new Map([['manifest', release.manifest]]), { order: UNINSTALL_ORDER });
    const [keep, drop] = [manifests.filter(isKept), manifests.filter((manifest) => !isKept(manifest))];
    const text = drop.map(({ content }) => `\n---\n${content}`).join('');
    const resources = await buildResources(client, text, release.namespace, {
      onVanished: (what) => log.warn('a kind is gone', { what }),
    });
    const { errors, remaining } = await deleteResources(client, resources, options.propagation);
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('; '), { cause: errors[0] });
    const lines = keep.map(({ head }) => `[${head.kind}] ${head.metadata?.name ?? ''}\n`);
    return {
      kept: lines.length === 0 ? '' : `These resources were kept due to the resource policy:\n${lines.join('')}`,
      deleted: remaining,
    };
  } catch (error) {
    log.debug('uninstall: Failed to delete release', { error });
    throw new Error(`failed to delete release: ${release.name}`, { cause: error });
  }
}

const isKept = ({ head }: Manifest): boolean =>
  head.metadata?.annotations[RESOURCE_POLICY]?.trim().toLowerCase() === 'keep';
