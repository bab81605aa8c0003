/**
 * Tells when waiting on makes no sense: a container whose image cannot be had, or that has crashed again and again.
 * What may still come right by itself (no node with room, a registry that does not answer) is waited for.
 */
import type { KubeObject } from '../api/object.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { podsOf } from './pods.ts';
import type { ResourceStatus } from './wait.ts';

/** How often a container may crash before it is given up. */
const MOST_RESTARTS = 5;
/** How long a refused image may take to appear, in milliseconds: pushing it may be at its end. */
const PULL_GRACE = 4000;

const PULL_STATES = new Set(['ErrImagePull', 'ImagePullBackOff']);
const REFUSED = /not found|manifest unknown|denied|unauthorized|does not exist/i;

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string } };
}

/** Answers whether one of the resources can never become ready. To be asked now and then during one wait. */
export function hopelessFinder(client: Client, clock: Clock): (statuses: ResourceStatus[]) => Promise<boolean> {
  const since = new Map<string, number>();
  const isHopeless = (pod: KubeObject, { name, restartCount = 0, state }: ContainerStatus): boolean => {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (reason === 'InvalidImageName') return true;
    if (reason === 'CrashLoopBackOff') return restartCount >= MOST_RESTARTS;
    const key = `${pod.metadata.uid}/${name}`;
    if (!PULL_STATES.has(reason)) {
      since.delete(key);
      return false;
    }
    // While the next attempt is waited for the message only says so; what was refused once stays in mind.
    if (REFUSED.test(message) && !since.has(key)) since.set(key, clock.now());
    return since.has(key) && clock.now() - since.get(key)! >= PULL_GRACE;
  };
  return async (statuses) => {
    for (const { live, resource, readiness } of statuses) {
      if (readiness !== 'InProgress' || live === undefined || resource.namespace === undefined) continue;
      for (const pod of await podsOf(client, live, resource.namespace))
        if (containersOf(pod).some((container) => isHopeless(pod, container))) return true;
    }
    return false;
  };
}

const containersOf = ({ status }: KubeObject): ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];
