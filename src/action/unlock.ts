/** Ends by hand what an operation left behind that nobody works on any more: its guard, and its pending revision. */
import { breakLease } from '../release/lease.ts';
import { isPending, type Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

export interface Unlocked {
  /** Who held the release; absent where nobody did. */
  holder?: string;
  /** The revision that was pending and is now failed. */
  failed?: Release;
}

/** Throws where there is nothing to end. */
export async function unlockRelease({ client, namespace, releases }: ActionContext, name: string): Promise<Unlocked> {
  const last = await releases.last(name);
  const holder = await breakLease(name, { client, namespace });
  const { status } = last.info;
  if (isPending(status)) {
    last.info.status = 'failed';
    last.info.description = `Unlocked: it was ${status}`;
    await releases.update(last);
  } else if (holder === undefined)
    throw new Error(`release ${JSON.stringify(name)} is not locked: revision ${last.revision} is ${status}`);
  return { ...(holder !== undefined && { holder }), ...(isPending(status) && { failed: last }) };
}
