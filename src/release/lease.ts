/**
 * Guards a release while it is worked on: a Lease beside its records names who is at work, on whichever machine.
 *
 *     absent ──take──► held ──end──► absent
 *                      │  ▲ renewed every five seconds
 *                      ▼  │
 *                    expired ──take──► held by another
 *
 * Helm does not look at it, and nothing in it tells Helm that it belongs to a release.
 */
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../api/status.ts';
import { LEASES } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import { type Clock, sleep, type Timer } from '../clock.ts';
import type { Logger } from '../log.ts';

export interface LeaseOptions {
  client: Client;
  namespace: string;
  clock: Clock;
  log: Logger;
  /** Who takes it: `user@host:pid`. */
  holder: string;
  /** Whether it is known that who holds it is gone, so that its time need not be waited for. */
  isAbandoned?(holder: string): boolean;
}

export interface ReleaseLease {
  /** Who held it and did not end. */
  takenFrom?: string;
  /** Gives it back, unless another has taken it meanwhile. Never throws. */
  end(): Promise<void>;
}

/** Somebody else is at work on the release. */
export class ReleaseHeldError extends Error {
  constructor(holder: string) {
    super(`another operation (install/upgrade/rollback) is in progress: the release is held by ${holder || 'another'}`);
    this.name = 'ReleaseHeldError';
  }
}

const DURATION_SECONDS = 15;
const RENEW_INTERVAL = 5000;
/** Clocks differ by less than this, in milliseconds. */
const LONG_AGO = 600_000;
/** It can vanish or change hands between two looks, but not for ever. */
const MOST_ATTEMPTS = 3;

/** Throws ReleaseHeldError, and what the cluster says where leases cannot be written. */
export async function takeLease(release: string, options: LeaseOptions): Promise<ReleaseLease> {
  const { client, namespace, clock, holder } = options;
  let other = '';
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const created = await unless(isAlreadyExists, client.create(LEASES, newLease(release, options)));
    if (created) return keepLease(created, options);
    const found = await unless(isNotFound, client.get<KubeObject>(LEASES, leaseName(release), namespace));
    if (!found) continue;
    other = String(found.spec?.holderIdentity ?? '');
    if (!(await isOver(found, options))) throw new ReleaseHeldError(other);
    const spec = {
      ...leaseSpec(holder, clock.now()),
      leaseTransitions: Number(found.spec?.leaseTransitions ?? 0) + 1,
    };
    const taken = await unless(isOutrun, client.update<KubeObject>(LEASES, { ...found, spec }));
    if (taken) return { ...keepLease(taken, options), takenFrom: other };
  }
  throw new ReleaseHeldError(other);
}

/** Removes the lease whoever holds it. Answers who did; undefined where there is none. */
export async function breakLease(
  release: string,
  { client, namespace }: Pick<LeaseOptions, 'client' | 'namespace'>,
): Promise<string | undefined> {
  const name = leaseName(release);
  const found = await unless(isNotFound, client.get<KubeObject>(LEASES, name, namespace));
  if (found) await unless(isNotFound, client.delete(LEASES, name, namespace));
  return found && String(found.spec?.holderIdentity ?? '');
}

const leaseName = (release: string): string => `portolan.release.${release}`;

const newLease = (release: string, { namespace, clock, holder }: LeaseOptions): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: leaseName(release), namespace },
  spec: leaseSpec(holder, clock.now()),
});

const leaseSpec = (holderIdentity: string, now: number) => ({
  holderIdentity,
  leaseDurationSeconds: DURATION_SECONDS,
  acquireTime: microTime(now),
  renewTime: microTime(now),
});

const microTime = (now: number): string => new Date(now).toISOString().replace('Z', '000Z');

/** Undefined for the failure that is expected. */
async function unless<T>(expected: (error: unknown) => boolean, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (expected(error)) return undefined;
    throw error;
  }
}

const isOutrun = (error: unknown): boolean => isConflict(error) || isNotFound(error);

/**
 * Where the clocks of two machines say that it is over, or that it is yet to come, they may be wrong: then it is watched
 * for longer than a renewal takes, as leader elections do.
 */
async function isOver(lease: KubeObject, options: LeaseOptions): Promise<boolean> {
  const { client, namespace, clock, log, isAbandoned } = options;
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease.spec ?? {};
  const holder = String(holderIdentity ?? '');
  if (holder === '' || isAbandoned?.(holder)) return true;
  const age = clock.now() - Date.parse(String(renewTime ?? ''));
  if (Number.isNaN(age) || age > LONG_AGO) return true;
  if (Math.abs(age) <= Number(leaseDurationSeconds ?? DURATION_SECONDS) * 1000) return false;
  log.info('looking whether the holder of the release is still at work', { holder });
  await sleep(clock, RENEW_INTERVAL + 1000);
  const later = await unless(isNotFound, client.get<KubeObject>(LEASES, lease.metadata.name, namespace));
  return !later || later.metadata.resourceVersion === lease.metadata.resourceVersion;
}

/** Renews it until its end. */
function keepLease(lease: KubeObject, { client, namespace, clock, log }: LeaseOptions): ReleaseLease {
  let current = lease;
  let timer: Timer | undefined;
  let isEnded = false;
  let renewal = Promise.resolve();
  const renew = async (): Promise<void> => {
    const spec = { ...current.spec, renewTime: microTime(clock.now()) };
    try {
      current = await client.update<KubeObject>(LEASES, { ...current, spec });
    } catch (error) {
      if (isOutrun(error)) return log.warn('another operation has taken over the release', { error });
      log.debug('the lease of the release was not renewed', { error });
    }
    schedule();
  };
  const schedule = (): void => {
    if (isEnded) return;
    timer = clock.setTimeout(() => {
      renewal = renew();
    }, RENEW_INTERVAL);
  };
  schedule();
  return {
    async end() {
      isEnded = true;
      timer?.cancel();
      await renewal;
      const { name, resourceVersion } = current.metadata;
      await client
        .delete(LEASES, name, namespace, { ...(resourceVersion && { preconditions: { resourceVersion } }) })
        .catch((error: unknown) => log.debug('the lease of the release was not removed', { error }));
    },
  };
}
