/** What every operation on releases works with. */
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import type { ResourceStatus } from '../kube/wait.ts';
import type { Logger } from '../log.ts';
import { releaseNameProblem } from '../release/release.ts';
import type { ReleaseStorage } from '../release/storage.ts';

export interface ActionContext {
  client: Client;
  releases: ReleaseStorage;
  /** Where objects go that name no namespace, and where the records are. */
  namespace: string;
  clock: Clock;
  log: Logger;
  /** Aborts the operation: what it has begun ends `failed`. */
  signal: AbortSignal;
  /** Told whenever something that is waited for changes. */
  onProgress?(statuses: ResourceStatus[]): void;
  /** Told why a wait failed, before anything is undone. */
  onFailure?(unready: ResourceStatus[]): Promise<void>;
  /** Who this is, for those who find the release guarded: `user@host:pid`. */
  holder?: string;
  /** Set while a release is guarded by this operation; `takenFrom`: who held it before and did not end. */
  guard?: { release: string; takenFrom?: string };
  /** Whether nobody works any more on what is pending, told by who began it; absent: that cannot be known. */
  isAbandoned?(holder: string | undefined): boolean;
  /** Takes the logs of hooks that ask for it. */
  onHookLog?(text: string): void;
}

/** `hookOnly` waits for nothing but hooks. */
export type WaitStrategy = 'watcher' | 'hookOnly' | 'legacy';

export type DryRun = 'none' | 'client' | 'server';

/** Throws where the cluster does not answer. */
export async function checkReachable({ client }: ActionContext): Promise<void> {
  try {
    await client.serverVersion();
  } catch (error) {
    throw new Error(`kubernetes cluster unreachable: ${(error as Error).message}`, { cause: error });
  }
}

/** The same for what installs: it is logged as well, and says that it was a check. */
export async function requireReachable(context: ActionContext): Promise<void> {
  await checkReachable(context).catch((error: Error) => {
    const message = `cluster reachability check failed: ${error.message}`;
    context.log.error(message);
    throw new Error(message, { cause: error });
  });
}

/** Throws `${what}: Release name is invalid: NAME` for a name that no release can have. */
export function checkReleaseName(name: string, what: string): void {
  if (releaseNameProblem(name) !== undefined) throw new Error(`${what}${name}`);
}

/** Throws as Go's contexts do once the operation was aborted. */
export function throwIfCanceled({ signal }: ActionContext): void {
  if (signal.aborted) throw new Error('context canceled');
}

/** The same context for clean-up, which goes on after an abort. */
export const uncancelled = (context: ActionContext): ActionContext => ({
  ...context,
  signal: new AbortController().signal,
});
