/** What the status of a pod says of its life. */
import { isConditionTrue } from './conditions.ts';
import type { KubeObject } from './object.ts';

export const isReady = (pod: KubeObject): boolean => isConditionTrue(pod, 'Ready');

export const isTerminal = ({ status }: KubeObject): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

export const isActive = (pod: KubeObject): boolean => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
