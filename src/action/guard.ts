/** One operation at a time on a release: the others are refused, whichever machine they run on. */
import { hasReason, isNotFound, StatusError } from '../api/status.ts';
import { ReleaseHeldError, type ReleaseLease, takeLease } from '../release/lease.ts';
import { releaseNameProblem } from '../release/release.ts';
import type { ActionContext } from './context.ts';

/** Calls `work` with the release guarded. Throws ReleaseHeldError where somebody else is at work on it. */
export async function guarded<T>(
  context: ActionContext,
  name: string,
  work: (context: ActionContext) => Promise<T>,
): Promise<T> {
  // An operation that sets off another one on its release, to undo itself, has the guard already.
  if (context.guard?.release === name || releaseNameProblem(name) !== undefined) return work(context);
  const lease = await leaseOf(context, name);
  if (!lease) return work(context);
  const { takenFrom } = lease;
  if (takenFrom !== undefined)
    context.log.warn('a release is taken over that was left in the middle of an operation', {
      name,
      holder: takenFrom,
    });
  try {
    return await work({ ...context, guard: { release: name, ...(takenFrom !== undefined && { takenFrom }) } });
  } finally {
    await lease.end();
  }
}

/** Undefined where there can be none: it protects those who may have it and stops nobody. */
async function leaseOf(context: ActionContext, name: string): Promise<ReleaseLease | undefined> {
  const { client, namespace, clock, log, holder = 'unknown', isAbandoned } = context;
  try {
    return await takeLease(name, { client, namespace, clock, log, holder, ...(isAbandoned && { isAbandoned }) });
  } catch (error) {
    if (error instanceof ReleaseHeldError) throw error;
    // Who may not have leases, or has a cluster without them, is as well off as with Helm.
    const say = isNotFound(error) || hasReason(error, 'Forbidden') ? log.debug : log.warn;
    if (!isMissingNamespace(error))
      say('the release is not guarded against operations at the same time', { name, error });
    return undefined;
  }
}

/** Nobody is at work in a namespace that is yet to be created, and of two first records one is refused. */
const isMissingNamespace = (error: unknown): boolean =>
  isNotFound(error) && error instanceof StatusError && error.status.details?.kind === 'namespaces';
