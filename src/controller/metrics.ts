/** What the controllers count of themselves, in Prometheus' text format and with kube-controller-manager's names. */
export interface ControllerStats {
  name: string;
  /** Failed attempts, each tried again after a while, since the start. */
  failures: number;
  /** Keys that wait for their turn. */
  depth: number;
}

export function printControllerMetrics(stats: ControllerStats[]): string {
  const rows = (name: string, figure: (stats: ControllerStats) => number) =>
    stats.map((each) => `${name}{name="${each.name}"} ${figure(each)}`);
  return [
    '# HELP workqueue_depth Keys that wait in the queue of a controller.',
    '# TYPE workqueue_depth gauge',
    ...rows('workqueue_depth', ({ depth }) => depth),
    '# HELP workqueue_retries_total Attempts of a controller that failed and were queued again.',
    '# TYPE workqueue_retries_total counter',
    ...rows('workqueue_retries_total', ({ failures }) => failures),
  ].join('\n');
}
