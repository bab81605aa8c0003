/** When that happened which changes a service's endpoints: it was made, or a pod of it became ready or ceased to be. */
import { findCondition } from '../api/conditions.ts';
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../client/informer.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

export interface TriggerTimes {
  /** The annotation for what is written of the service now: the earliest of what is new since the last call. */
  annotation(service: KubeObject, pods: KubeObject[]): Record<string, string>;
  forget(key: string): void;
}

interface Seen {
  service: string;
  pods: Map<string, string>;
}

export function createTriggerTimes(): TriggerTimes {
  const seen = new Map<string, Seen>();
  return {
    annotation(service, pods) {
      const before = seen.get(keyOf(service));
      const now = { service: service.metadata.creationTimestamp ?? '', pods: timesOf(pods) };
      seen.set(keyOf(service), now);
      const fresh = [...now.pods]
        .filter(([name, time]) => time > (before?.pods.get(name) ?? ''))
        .map(([, time]) => time);
      if (now.service > (before?.service ?? '')) fresh.push(now.service);
      const first = fresh.reduce((a, b) => (a < b ? a : b), fresh[0] ?? '');
      const annotation: Record<string, string> = first === '' ? {} : { [TRIGGER_TIME]: first };
      return annotation;
    },
    forget: (key) => void seen.delete(key),
  };
}

const timesOf = (pods: KubeObject[]): Map<string, string> =>
  new Map(
    pods.map(({ metadata, status }) => [
      metadata.name,
      findCondition(status?.conditions, 'Ready')?.lastTransitionTime ?? '',
    ]),
  );
