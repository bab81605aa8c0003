/** Runs the hooks of one event: in order of weight, each to its end, with the deletions its policies ask for. */
import type { KubeObject } from '../api/object.ts';
import { PODS } from '../client/resources.ts';
import { createResources } from '../kube/apply.ts';
import { deleteResources } from '../kube/delete.ts';
import { buildResources, type KubeResource } from '../kube/resource.ts';
import type { HookEvent } from '../manifest/manifest.ts';
import type { Hook, Release } from '../release/release.ts';
import { goTime } from '../release/time.ts';
import { type ActionContext, throwIfCanceled } from './context.ts';
import { record } from './record.ts';
import { type Waiting, waitForDeletion, waitForHook } from './wait.ts';

export interface HookRun {
  waiting: Waiting;
  serverSide: boolean;
}

/** Throws for the first hook that fails, after the clean-up that its policies ask for. */
export async function runHooks(
  context: ActionContext,
  release: Release,
  event: HookEvent,
  run: HookRun,
): Promise<void> {
  const { error, cleanUp } = await startHooks(context, release, event, run);
  await cleanUp();
  if (error) throw error;
}

/** Runs them and leaves the final deletions to `cleanUp`, so that logs can be read before. */
export async function startHooks(
  context: ActionContext,
  release: Release,
  event: HookEvent,
  run: HookRun,
): Promise<{ error?: Error; cleanUp: () => Promise<void> }> {
  const hooks = byWeight(release.hooks.filter((hook) => hook.events.includes(event)));
  for (const [index, hook] of hooks.entries()) {
    if (hook.deletePolicies.length === 0) hook.deletePolicies = ['before-hook-creation'];
    let created: KubeResource[];
    try {
      throwIfCanceled(context);
      await deleteHook(context, hook, 'before-hook-creation', run.waiting);
      created = await createHook(context, release, hook, event, run);
    } catch (error) {
      return { error: error as Error, cleanUp: async () => {} };
    }
    const failure = await finishHook(context, hook, created, run.waiting);
    if (failure)
      return {
        error: failure,
        cleanUp: async () => {
          await outputLogs(context, hook, 'hook-failed');
          await deleteHook(context, hook, 'hook-failed', run.waiting).catch((error: Error) =>
            context.log.warn('error deleting the hook resource on hook failure', { error }),
          );
          for (const earlier of hooks.slice(0, index))
            await deleteHook(context, earlier, 'hook-succeeded', run.waiting);
        },
      };
  }
  return {
    cleanUp: async () => {
      for (const hook of hooks.reverse()) {
        await outputLogs(context, hook, 'hook-succeeded');
        await deleteHook(context, hook, 'hook-succeeded', run.waiting);
      }
    },
  };
}

/** They come ordered by kind, which stays where weight and name are equal. */
export const byWeight = (hooks: Hook[]): Hook[] =>
  [...hooks].sort((a, b) => a.weight - b.weight || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

async function createHook(
  context: ActionContext,
  release: Release,
  hook: Hook,
  event: HookEvent,
  { serverSide }: HookRun,
): Promise<KubeResource[]> {
  const { client, clock, log, namespace } = context;
  const resources = await buildResources(client, hook.manifest, namespace, { validate: true }).catch((error: Error) => {
    throw new Error(`unable to build kubernetes object for ${event} hook ${hook.path}: ${error.message}`, {
      cause: error,
    });
  });
  hook.lastRun = { startedAt: goTime(clock.now()), phase: 'Running' };
  await record(context, release);
  hook.lastRun.phase = 'Unknown';
  await createResources(client, resources, { serverSide, log }).catch((error: Error) => {
    hook.lastRun.completedAt = goTime(clock.now());
    hook.lastRun.phase = 'Failed';
    throw new Error(`warning: Hook ${event} ${hook.path} failed: ${error.message}`, { cause: error });
  });
  return resources;
}

/** Waits for the hook to end; answers its failure. */
async function finishHook(
  context: ActionContext,
  hook: Hook,
  resources: KubeResource[],
  waiting: Waiting,
): Promise<Error | undefined> {
  const failure = await waitForHook(context, resources, waiting).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  hook.lastRun.completedAt = goTime(context.clock.now());
  hook.lastRun.phase = failure ? 'Failed' : 'Succeeded';
  return failure;
}

/** Definitions are never deleted: that would take every object of their kind along. */
async function deleteHook(context: ActionContext, hook: Hook, policy: string, waiting: Waiting): Promise<void> {
  if (hook.kind === 'CustomResourceDefinition' || !hook.deletePolicies.includes(policy)) return;
  const resources = await buildResources(context.client, hook.manifest, context.namespace).catch((error: Error) => {
    throw new Error(`unable to build kubernetes object for deleting hook ${hook.path}: ${error.message}`, {
      cause: error,
    });
  });
  const { errors, remaining } = await deleteResources(context.client, resources);
  if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('; '), { cause: errors[0] });
  await waitForDeletion(context, remaining, waiting);
}

async function outputLogs(context: ActionContext, hook: Hook, policy: string): Promise<void> {
  if (!hook.outputLogPolicies.includes(policy) || !context.onHookLog) return;
  const selection =
    hook.kind === 'Job'
      ? { labelSelector: `job-name=${hook.name}` }
      : hook.kind === 'Pod'
        ? { fieldSelector: `metadata.name=${hook.name}` }
        : undefined;
  if (!selection) return;
  try {
    const [resource] = await buildResources(context.client, hook.manifest, context.namespace);
    const namespace = resource?.namespace ?? context.namespace;
    const pods = await context.client.list<KubeObject>(PODS, { namespace, ...selection });
    for (const pod of pods.items)
      for (const container of (pod.spec?.containers ?? []) as { name: string }[])
        context.onHookLog(await context.client.logs(pod.metadata.name, namespace, { container: container.name }));
  } catch (error) {
    context.log.warn('error outputting logs for hook failure', { error });
  }
}
