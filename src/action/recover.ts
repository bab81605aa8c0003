/** Finds what an operation left behind that was killed, so that a release is never stuck. */
import { isPending, type Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

/**
 * Marks the newest revision failed where it is pending and nobody is at work on it any more. Answers that revision,
 * undefined where there was nothing to recover.
 */
export async function recoverPending(context: ActionContext, name: string): Promise<Release | undefined> {
  const { releases, guard, isAbandoned, log } = context;
  // A pending revision without anybody's guard may be Helm's, which takes none.
  if (guard?.takenFrom === undefined && !isAbandoned?.(undefined)) return undefined;
  const last = await releases.last(name).catch(() => undefined);
  if (!last || !isPending(last.info.status)) return undefined;
  const operation = last.info.status.replace('pending-', '');
  log.warn(`an interrupted ${operation} was found and is now marked failed`, { name, revision: last.revision });
  last.info.status = 'failed';
  last.info.description = `Interrupted: the ${operation} did not end`;
  await releases.update(last);
  return last;
}
