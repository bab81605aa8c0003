/** Conditions of a status, changed by making new lists: objects in the informers are shared. */
import type { KubeObject } from './object.ts';

/** A status as JSON: its fields are the kind's own. */
export type StatusJson = KubeObject['status'];

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  lastUpdateTime?: string;
  observedGeneration?: number;
}

export const findCondition = (conditions: Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

export const isConditionTrue = ({ status }: KubeObject, type: string): boolean =>
  findCondition(status?.conditions, type)?.status === 'True';

export const withoutCondition = (conditions: Condition[] = [], type: string): Condition[] =>
  conditions.filter((condition) => condition.type !== type);

/**
 * The list with `condition` last, as the apps controllers set them: unchanged where status and reason are the same,
 * with the old transition time where only the reason changes.
 */
export function withCondition(conditions: Condition[] = [], condition: Condition): Condition[] {
  const current = findCondition(conditions, condition.type);
  if (current && current.status === condition.status && current.reason === condition.reason) return conditions;
  const kept =
    current?.status === condition.status ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
  return [...withoutCondition(conditions, condition.type), kept];
}

/** As meta.SetStatusCondition: replaced in place, and the transition time moves only with the status. */
export function setCondition(conditions: Condition[] = [], condition: Condition): Condition[] {
  const current = findCondition(conditions, condition.type);
  if (!current) return [...conditions, condition];
  const lastTransitionTime =
    current.status === condition.status ? current.lastTransitionTime : condition.lastTransitionTime;
  return conditions.map((each) => (each === current ? { ...condition, lastTransitionTime } : each));
}
