/** Brings a release back to an earlier revision, as a new one. */
import { type UpdateResult, updateResources } from '../kube/apply.ts';
import { deleteResources } from '../kube/delete.ts';
import { markOwned } from '../kube/ownership.ts';
import { buildResources } from '../kube/resource.ts';
import { ReleaseNotFoundError } from '../release/driver.ts';
import type { ApplyMethod, Release } from '../release/release.ts';
import { goTime } from '../release/time.ts';
import {
  type ActionContext,
  checkReachable,
  checkReleaseName,
  type DryRun,
  throwIfCanceled,
  uncancelled,
} from './context.ts';
import { guarded } from './guard.ts';
import { runHooks } from './hooks.ts';
import { originalsOf } from './originals.ts';
import { record } from './record.ts';
import { recoverPending } from './recover.ts';
import { type Waiting, waitForReady } from './wait.ts';

export interface RollbackOptions {
  waiting: Waiting;
  /** 0: the one before the newest. */
  revision: number;
  dryRun: DryRun;
  noHooks: boolean;
  /** `auto`: as the revision was applied that is rolled back to. */
  serverSide: string;
  forceReplace: boolean;
  forceConflicts: boolean;
  cleanupOnFail: boolean;
  maxHistory: number;
}

export async function rollbackRelease(
  context: ActionContext,
  name: string,
  options: RollbackOptions,
): Promise<Release> {
  await checkReachable(context);
  checkReleaseName(name, 'prepareRollback: Release name is invalid: ');
  if (options.revision < 0) throw new Error('invalid release revision');
  if (options.dryRun !== 'none') return (await prepare(context, name, options)).target;
  return guarded(context, name, (guarding) => rollback(guarding, name, options));
}

async function rollback(context: ActionContext, name: string, options: RollbackOptions): Promise<Release> {
  await recoverPending(context, name);
  const { current, target, serverSide } = await prepare(context, name, options);
  await context.releases.create(target, options.maxHistory);
  await perform(context, current, target, serverSide, options);
  await context.releases.update(target);
  return target;
}

async function prepare(context: ActionContext, name: string, options: RollbackOptions) {
  const history = await context.releases.history(name);
  const current = history.at(-1);
  if (!current) throw new ReleaseNotFoundError();
  const revision = options.revision || current.revision - 1;
  if (!history.some((release) => release.revision === revision)) throw new Error(`release has no ${revision} version`);
  const previous = await context.releases.get(name, revision);
  const serverSide = isServerSide(options.serverSide, previous.applyMethod);
  const target: Release = {
    ...previous,
    namespace: current.namespace,
    revision: context.releases.nextRevision(name),
    info: {
      ...(current.info.firstDeployed && { firstDeployed: current.info.firstDeployed }),
      lastDeployed: goTime(context.clock.now()),
      status: 'pending-rollback',
      notes: previous.info.notes,
      description: `Rollback to ${revision}`,
    },
    applyMethod: serverSide ? 'ssa' : 'csa',
  };
  return { current, target, serverSide };
}

/** Reads `--server-side`. A release of which it is not known how it was applied was applied from the client. */
export function isServerSide(option: string, method: ApplyMethod): boolean {
  if (option === 'auto') return method === 'ssa';
  if (option === 'true' || option === 'false') return option === 'true';
  throw new Error(`invalid/unknown release server-side apply method: ${option}`);
}

async function perform(
  context: ActionContext,
  current: Release,
  target: Release,
  serverSide: boolean,
  options: RollbackOptions,
): Promise<void> {
  const { client, releases, log } = context;
  const { waiting } = options;
  const deployed = await releases.deployedAll(current.name);
  const originals = await originalsOf(context, current, deployed).catch((error: Error) => {
    throw new Error(`unable to build kubernetes objects from current release manifest: ${error.message}`, {
      cause: error,
    });
  });
  const targets = markOwned(
    await buildResources(client, target.manifest, context.namespace).catch((error: Error) => {
      throw new Error(`unable to build kubernetes objects from new release manifest: ${error.message}`, {
        cause: error,
      });
    }),
    target,
  );
  try {
    if (!options.noHooks) await runHooks(context, target, 'pre-rollback', { waiting, serverSide });
    throwIfCanceled(context);
  } catch (error) {
    await fail(context, target, `Rollback ${JSON.stringify(target.name)} failed: ${(error as Error).message}`);
    throw error;
  }
  const result = await updateResources(client, originals, targets, {
    serverSide,
    forceConflicts: options.forceConflicts,
    forceReplace: options.forceReplace,
    upgradeManager: true,
    log,
  });
  if (result.error) await failUpdate(context, current, target, result, options);
  try {
    await waitForReady(context, targets, waiting, result.written);
  } catch (error) {
    const why = (error as Error).message;
    await fail(context, target, `Release ${JSON.stringify(target.name)} failed: ${why}`);
    throw new Error(`release ${target.name} failed: ${why}`, { cause: error });
  }
  if (!options.noHooks)
    try {
      await runHooks(context, target, 'post-rollback', { waiting, serverSide });
    } catch (error) {
      await fail(context, target, `Rollback ${JSON.stringify(target.name)} failed: ${(error as Error).message}`);
      throw error;
    }
  for (const release of deployed) {
    release.info.status = 'superseded';
    await record(context, release);
  }
  target.info.status = 'deployed';
}

async function failUpdate(
  context: ActionContext,
  current: Release,
  target: Release,
  { created, error }: UpdateResult,
  { cleanupOnFail }: RollbackOptions,
): Promise<never> {
  const message = `Rollback ${JSON.stringify(target.name)} failed: ${error!.message}`;
  context.log.warn(message);
  current.info.status = 'superseded';
  await record(context, current);
  await fail(context, target, message);
  if (cleanupOnFail && created.length > 0) {
    const { errors } = await deleteResources(uncancelled(context).client, created);
    if (errors.length > 0)
      throw new Error(
        'an error occurred while cleaning up resources. original rollback error: unable to cleanup resources: ' +
          errors.map((each) => each.message).join(', '),
        { cause: error },
      );
  }
  throw error;
}

async function fail(context: ActionContext, release: Release, description: string): Promise<void> {
  release.info.status = 'failed';
  release.info.description = description;
  await record(context, release);
}
