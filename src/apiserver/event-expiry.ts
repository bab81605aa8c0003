/** Events are forgotten an hour after they were last seen, as the lease on them in etcd does it. */
import type { KubeObject } from '../api/object.ts';
import type { Timer } from '../clock.ts';
import type { Api } from './call.ts';

const LIFETIME = 3_600_000;
/** Sweeps are at least this far apart, so that a stream of events costs one sweep and not one each. */
const PACE = 300_000;

export interface EventExpiry {
  /** To be called when an event was stored. */
  noticed(): void;
  stop(): void;
}

/** Keeps a timer only while there are events. */
export function expireEvents(api: Pick<Api, 'objects' | 'types' | 'clock'>): EventExpiry {
  const { objects, types, clock } = api;
  const type = types.find('', 'v1', 'events')!;
  let timer: Timer | undefined;

  const schedule = (ms: number) => {
    timer = clock.setTimeout(sweep, Math.max(ms, PACE));
  };
  const sweep = () => {
    timer = undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (const event of objects.all(type)) {
      const seen = lastSeen(event);
      if (seen + LIFETIME <= clock.now()) objects.delete(type, event);
      else oldest = Math.min(oldest, seen);
    }
    if (oldest !== Number.POSITIVE_INFINITY) schedule(oldest + LIFETIME - clock.now());
  };
  if (objects.all(type).length > 0) schedule(PACE);
  return {
    noticed: () => void (timer === undefined && schedule(LIFETIME)),
    stop: () => timer?.cancel(),
  };
}

const lastSeen = (event: KubeObject): number =>
  Math.max(
    ...[event.metadata.creationTimestamp, event['lastTimestamp'], event['series']?.lastObservedTime, event['eventTime']]
      .filter((time) => typeof time === 'string')
      .map((time) => Date.parse(time as string)),
    0,
  );
