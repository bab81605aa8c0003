/** Ends by hand what an operation left pending that nobody works on any more. */
import { isPending, type Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

/** Marks the newest revision failed. Throws where it is not pending. */
export async function unlockRelease({ releases }: ActionContext, name: string): Promise<Release> {
  const last = await releases.last(name);
  const { status } = last.info;
  if (!isPending(status))
    throw new Error(`release ${JSON.stringify(name)} is not locked: revision ${last.revision} is ${status}`);
  last.info.status = 'failed';
  last.info.description = `Unlocked: it was ${status}`;
  await releases.update(last);
  return last;
}
