/** Time that is skipped: a manual clock moved on from due time to due time, everything settled in between. */
import { ManualClock } from '../clock.ts';
import { parseDuration } from '../sprig/duration.ts';

export interface Advanced {
  /** `10m`, `1h30m`, or milliseconds. */
  by: string | number;
  settled(): Promise<void>;
}

/** Whatever falls due on the way is done, at its very time, before the next is looked at. */
export async function advanceClock(clock: unknown, { by, settled }: Advanced): Promise<void> {
  if (!(clock instanceof ManualClock)) throw new Error('advance: only a cluster on a manual clock can skip time');
  const ms = typeof by === 'number' ? by : Number(parseDuration(by)) / 1e6;
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(`advance: cannot go on by ${by}`);
  const end = clock.now() + ms;
  await settled();
  for (let due = clock.nextDue(); due !== undefined && due <= end; due = clock.nextDue()) {
    await clock.advance(Math.max(0, due - clock.now()));
    await settled();
  }
  await clock.advance(end - clock.now());
  await settled();
}
