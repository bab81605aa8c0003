/** Waiting as the operations do it: by strategy, with the reasons told when it fails. */
import { hopelessFinder } from '../kube/hopeless.ts';
import type { KubeResource } from '../kube/resource.ts';
import { WaitError, type WaitOptions, waitUntilDeleted, waitUntilReady } from '../kube/wait.ts';
import type { ActionContext, WaitStrategy } from './context.ts';

export interface Waiting {
  strategy: WaitStrategy;
  /** Milliseconds, for each wait. */
  timeout: number;
  /** Wait for jobs to complete as well. */
  jobs?: boolean;
}

export async function waitForReady(context: ActionContext, resources: KubeResource[], waiting: Waiting): Promise<void> {
  if (waiting.strategy === 'hookOnly') return;
  await telling(context, () => waitUntilReady(resources, waiting.jobs ? 'jobs' : 'ready', optionsOf(context, waiting)));
}

/** Hooks are waited for whatever the strategy. */
export const waitForHook = (context: ActionContext, resources: KubeResource[], waiting: Waiting): Promise<void> =>
  telling(context, () => waitUntilReady(resources, 'hooks', optionsOf(context, waiting)));

export const waitForDeletion = (context: ActionContext, resources: KubeResource[], waiting: Waiting): Promise<void> =>
  waitUntilDeleted(resources, optionsOf(context, waiting));

const optionsOf = ({ client, clock, signal, onProgress }: ActionContext, { timeout }: Waiting): WaitOptions => ({
  client,
  clock,
  signal,
  timeout,
  findHopeless: hopelessFinder(client, clock),
  ...(onProgress && { onProgress }),
});

async function telling(context: ActionContext, wait: () => Promise<void>): Promise<void> {
  try {
    await wait();
  } catch (error) {
    if (context.signal.aborted) throw new Error('context canceled', { cause: error });
    if (error instanceof WaitError) await context.onFailure?.(error.unready);
    throw error;
  }
}
