/** Waiting as the operations do it: by strategy, with the reasons told when it fails. */
import type { Written } from '../kube/apply.ts';
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

export async function waitForReady(
  context: ActionContext,
  resources: KubeResource[],
  waiting: Waiting,
  written?: Written,
): Promise<void> {
  const { strategy, jobs = false } = waiting;
  if (strategy === 'hookOnly') return;
  const options = { ...optionsOf(context, waiting), ...(written && { written }) };
  await telling(context, async () => {
    if (strategy === 'legacy') await (await legacy()).waitUntilReadyAsBefore(resources, { jobs }, options);
    else await waitUntilReady(resources, jobs ? 'jobs' : 'ready', options);
  });
}

/** Hooks are waited for whatever the strategy. */
export async function waitForHook(context: ActionContext, resources: KubeResource[], waiting: Waiting): Promise<void> {
  const options = optionsOf(context, waiting);
  await telling(context, async () => {
    if (waiting.strategy === 'legacy') await (await legacy()).waitForHooksAsBefore(resources, options);
    else await waitUntilReady(resources, 'hooks', options);
  });
}

export async function waitForDeletion(
  context: ActionContext,
  resources: KubeResource[],
  waiting: Waiting,
): Promise<void> {
  const options = optionsOf(context, waiting);
  if (waiting.strategy === 'legacy') await (await legacy()).waitUntilDeletedAsBefore(resources, options);
  else await waitUntilDeleted(resources, options);
}

/** Loaded for those who ask for it. */
const legacy = () => import('../kube/legacy-wait.ts');

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
