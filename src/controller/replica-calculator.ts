/** How many replicas measurements ask for: the arithmetic of the HorizontalPodAutoscaler, without objects. */

/** One pod of the target. Values are thousandths. */
export interface PodSample {
  /** `ignored`: pending, or not ready yet; `missing`: it runs, and nothing is known of it. */
  state: 'measured' | 'ignored' | 'missing';
  value: number;
  /** What it would use at the target: its request, or the target itself. */
  full: number;
}

export interface Tolerances {
  up: number;
  down: number;
}

export interface Usage {
  /** Of the target: 1 is just right. */
  ratio: number;
  average: number;
  /** Per cent of the requests, where that is the target. */
  utilization?: number;
}

export type Measure = (samples: PodSample[]) => Usage;

/** In whole per cents of what is requested, as Kubernetes counts. */
export const byUtilization =
  (target: number): Measure =>
  (samples) => {
    const used = sum(samples.map(({ value }) => value));
    const utilization = Math.trunc((used * 100) / sum(samples.map(({ full }) => full)));
    return { ratio: utilization / target, utilization, average: Math.trunc(used / samples.length) };
  };

export const byAverage =
  (target: number): Measure =>
  (samples) => {
    const average = Math.trunc(sum(samples.map(({ value }) => value)) / samples.length);
    return { ratio: average / target, average };
  };

/**
 * Pods that are ignored count as idle where the rest is too busy; those of which nothing is known count as busy where
 * the rest is idle, and the other way round: what is not known never makes a change larger.
 */
export function replicasForPods(
  samples: PodSample[],
  measure: Measure,
  current: number,
  tolerances: Tolerances,
): Usage & { replicas: number } {
  const of = (state: PodSample['state']) => samples.filter((sample) => sample.state === state);
  const [measured, ignored, missing] = [of('measured'), of('ignored'), of('missing')];
  if (measured.length === 0) throw new Error('did not receive metrics for any ready pods');
  const usage = measure(measured);
  const growing = usage.ratio > 1;
  if (missing.length === 0 && !(growing && ignored.length > 0)) {
    const replicas = isTolerated(usage.ratio, tolerances) ? current : roundUp(usage.ratio * measured.length);
    return { ...usage, replicas };
  }
  const counted = [
    ...measured,
    ...missing.map((sample) => ({ ...sample, value: growing ? 0 : sample.full })),
    ...(growing ? ignored.map((sample) => ({ ...sample, value: 0 })) : []),
  ];
  const { ratio } = measure(counted);
  const replicas = roundUp(ratio * counted.length);
  const turned = growing ? ratio < 1 || replicas < current : ratio > 1 || replicas > current;
  return { ...usage, replicas: turned || isTolerated(ratio, tolerances) ? current : replicas };
}

/** For one value of the whole target; with no replicas the ratio itself is their number. */
export function replicasForValue(ratio: number, ready: number, current: number, tolerances: Tolerances): number {
  if (current === 0) return roundUp(ratio);
  return isTolerated(ratio, tolerances) ? current : roundUp(ratio * ready);
}

/** For one value that is shared out among the replicas there are. */
export function replicasForShare(value: number, target: number, replicas: number, tolerances: Tolerances): number {
  return isTolerated(value / (target * replicas), tolerances) ? replicas : roundUp(value / target);
}

const isTolerated = (ratio: number, { up, down }: Tolerances): boolean => 1 - down <= ratio && ratio <= 1 + up;

/** Up, but not for what floating point adds. */
const roundUp = (replicas: number): number => Math.ceil(Number(replicas.toFixed(9)));

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
