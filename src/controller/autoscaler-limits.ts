/** How far and how fast an autoscaler may go: stabilisation windows, policies, bounds. */
import type { KubeObject } from '../api/object.ts';

interface Entry {
  at: number;
  replicas: number;
}

/** What is remembered of one autoscaler, times in milliseconds. */
export interface History {
  /** The sizes that metrics asked for. */
  recommendations: Entry[];
  /** By how much the size was changed: up is positive. */
  changes: Entry[];
}

export interface Limited {
  replicas: number;
  /** Why, in Kubernetes' words, for the conditions. */
  ableToScale: [reason: string, message: string];
  scalingLimited: [status: 'True' | 'False', reason: string, message: string];
}

const MAX_REMEMBERED = 1000;
const DEFAULT_WINDOW = 300;

export const newHistory = (current: number, now: number): History => ({
  recommendations: [{ at: now, replicas: current }],
  changes: [],
});

export const recordChange = (history: History, replicas: number, at: number): void =>
  remember(history.changes, { at, replicas });

/** From the size that metrics ask for to the one that is set. */
export function limitReplicas(
  spec: KubeObject,
  history: History,
  current: number,
  wanted: number,
  now: number,
): Limited {
  const stable = stabilize(spec, history, current, wanted, now);
  remember(history.recommendations, { at: now, replicas: wanted });
  const bounds = spec.behavior ? boundsByBehavior(spec, history, current, stable, now) : boundsByRules(spec, current);
  const [replicas, reason, message] =
    stable > bounds.most[0] ? bounds.most : stable < bounds.least[0] ? bounds.least : [stable, ...WITHIN];
  return {
    replicas,
    ableToScale: stable === wanted ? READY : wanted >= current && spec.behavior ? UP_STABILIZED : DOWN_STABILIZED,
    scalingLimited: [replicas === stable ? 'False' : 'True', reason, message],
  };
}

const READY: [string, string] = ['ReadyForNewScale', 'recommended size matches current size'];
const UP_STABILIZED: [string, string] = [
  'ScaleUpStabilized',
  'recent recommendations were lower than current one, applying the lowest recent recommendation',
];
const DOWN_STABILIZED: [string, string] = [
  'ScaleDownStabilized',
  'recent recommendations were higher than current one, applying the highest recent recommendation',
];
const WITHIN = ['DesiredWithinRange', 'the desired count is within the acceptable range'] as const;

/** Down only as far as the highest of the last while, up only as far as the lowest. */
function stabilize({ behavior }: KubeObject, history: History, current: number, wanted: number, now: number): number {
  const ages = history.recommendations.map(({ at, replicas }) => ({ age: (now - at) / 1000, replicas }));
  const recent = (seconds: number) => ages.filter(({ age }) => age < seconds).map(({ replicas }) => replicas);
  const down = behavior?.scaleDown?.stabilizationWindowSeconds ?? DEFAULT_WINDOW;
  // As Kubernetes: without a behaviour what is just as old as the window still counts.
  const highest = Math.max(wanted, ...recent(behavior ? down : down + 0.001));
  if (!behavior) return highest;
  const lowest = Math.min(wanted, ...recent(behavior.scaleUp?.stabilizationWindowSeconds ?? 0));
  return Math.min(Math.max(current, lowest), highest);
}

type Bound = [replicas: number, reason: string, message: string];

interface Bounds {
  least: Bound;
  most: Bound;
}

const TOO_MANY = ['TooManyReplicas', 'the desired replica count is more than the maximum replica count'] as const;
const TOO_FEW = ['TooFewReplicas', 'the desired replica count is less than the minimum replica count'] as const;
const TOO_FAST_UP = [
  'ScaleUpLimit',
  'the desired replica count is increasing faster than the maximum scale rate',
] as const;
const TOO_FAST_DOWN = [
  'ScaleDownLimit',
  'the desired replica count is decreasing faster than the maximum scale rate',
] as const;

/** Without a behaviour: twice as many, or four, at once. */
function boundsByRules({ minReplicas = 1, maxReplicas }: KubeObject, current: number): Bounds {
  const rate = Math.max(2 * current, 4);
  return {
    least: [Number(minReplicas), ...TOO_FEW],
    most: maxReplicas > rate ? [rate, ...TOO_FAST_UP] : [maxReplicas, ...TOO_MANY],
  };
}

function boundsByBehavior(spec: KubeObject, history: History, current: number, stable: number, now: number): Bounds {
  const { minReplicas = 1, maxReplicas, behavior } = spec;
  const up = Math.max(current, rateLimit(behavior.scaleUp ?? {}, true, history, current, now));
  const down = Math.min(current, rateLimit(behavior.scaleDown ?? {}, false, history, current, now));
  return {
    least:
      down > Number(minReplicas) && stable < current ? [down, ...TOO_FAST_DOWN] : [Number(minReplicas), ...TOO_FEW],
    most: maxReplicas > up && stable > current ? [up, ...TOO_FAST_UP] : [maxReplicas, ...TOO_MANY],
  };
}

interface Policy {
  type: 'Pods' | 'Percent';
  value: number;
  periodSeconds: number;
}

interface Rules {
  policies?: Policy[];
  selectPolicy?: 'Max' | 'Min' | 'Disabled';
}

const UP: Policy[] = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN: Policy[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

/** How far the policies let the size go, counted from what it was at the beginning of each one's period. */
function rateLimit(rules: Rules, up: boolean, { changes }: History, current: number, now: number): number {
  const { policies = up ? UP : DOWN, selectPolicy = 'Max' } = rules;
  if (selectPolicy === 'Disabled') return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const recent = changes.filter(({ at }) => at > now - periodSeconds * 1000);
    const start = current - recent.reduce((total, { replicas }) => total + replicas, 0);
    const change = type === 'Pods' ? value : (start * value) / 100;
    return up ? Math.ceil(start + change) : Math.trunc(start - change);
  });
  return up === (selectPolicy === 'Max') ? Math.max(...proposals) : Math.min(...proposals);
}

function remember(list: Entry[], entry: Entry): void {
  list.push(entry);
  if (list.length > MAX_REMEMBERED) list.shift();
}
