/** The logs of simulated containers, kept in memory: a few lines each, bounded. */
import type { PodLogOptions } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { badRequest } from '../api/status.ts';

interface Line {
  at: number;
  text: string;
}

/** One life of a container: after so many restarts. */
export interface ContainerRun {
  uid: string;
  container: string;
  restarts: number;
  /** It has ended, and nothing will be added. */
  isOver(): boolean;
}

export interface ContainerLogs {
  append(uid: string, container: string, restarts: number, text: string, at: number): void;
  knows(uid: string, container: string, restarts: number): boolean;
  read(run: ContainerRun, options: PodLogOptions, now: number): string;
  /** What is there and what comes, as long as the run is not over. */
  follow(run: ContainerRun, options: PodLogOptions, now: number): AsyncIterable<string>;
  /** Something about the pod has changed: those who follow it look whether there is more. */
  wake(uid: string): void;
  forget(uid: string): void;
}

const MAX_LINES = 1000;

/** The life of a container that its pod's status tells of; refused where there was none, in kubelet's words. */
export function runOf(podNow: () => KubeObject | undefined, container: string, previous = false): ContainerRun {
  const { uid, name } = podNow()?.metadata ?? { uid: '', name: '' };
  const { restartCount = 0, state = {}, lastState = {} } = statusOf(podNow(), container) ?? {};
  const isOver = () => {
    const status = statusOf(podNow(), container);
    return podNow()?.metadata.uid !== uid || status?.restartCount !== restarts || !status.state?.running;
  };
  const what = `container "${container}" in pod "${name}"`;
  if (previous && !lastState.terminated) throw badRequest(`previous terminated ${what} not found`);
  // One that waits for its next life shows the last.
  const began = state.running || state.terminated;
  const restarts: number = previous && began ? restartCount - 1 : restartCount;
  if (began || lastState.terminated) return { uid: uid!, container, restarts, isOver };
  if (!state.waiting) throw badRequest(`${what} is waiting to start - no logs yet`);
  const reason: string = state.waiting.reason;
  throw badRequest(`${what} is waiting to start: ${WAITING[reason] ?? reason}`);
}

const WAITING: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function statusOf(pod: KubeObject | undefined, container: string): KubeObject['status'] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod?.status ?? {};
  const all: KubeObject[] = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return all.find(({ name }) => String(name) === container);
}

export function createLogs(): ContainerLogs {
  const pods = new Map<string, Map<string, Line[]>>();
  const waiting = new Map<string, Set<() => void>>();

  const wake = (uid: string): void => {
    for (const resolve of waiting.get(uid) ?? []) resolve();
    waiting.delete(uid);
  };
  const linesOf = ({ uid, container, restarts }: ContainerRun): Line[] =>
    pods.get(uid)?.get(`${container}/${restarts}`) ?? [];

  return {
    append(uid, container, restarts, text, at) {
      const pod = pods.get(uid) ?? new Map<string, Line[]>();
      pods.set(uid, pod);
      const key = `${container}/${restarts}`;
      const lines = [...(pod.get(key) ?? []), ...text.split('\n').map((line) => ({ at, text: line }))];
      pod.set(key, lines.slice(-MAX_LINES));
      pod.delete(`${container}/${restarts - 2}`);
      wake(uid);
    },
    knows: (uid, container, restarts) => pods.get(uid)?.has(`${container}/${restarts}`) ?? false,
    read: (run, options, now) => print(linesOf(run), options, now),
    async *follow(run, options, now) {
      const { uid } = run;
      let seen = linesOf(run).length;
      options.signal?.addEventListener('abort', () => wake(uid), { once: true });
      yield print(linesOf(run), options, now);
      for (;;) {
        const lines = linesOf(run);
        if (lines.length > seen) {
          const more = lines.slice(seen);
          seen = lines.length;
          yield print(more, { timestamps: options.timestamps }, now);
        } else if (run.isOver() || options.signal?.aborted) return;
        else
          await new Promise<void>((resolve) => {
            const set = waiting.get(uid) ?? new Set();
            waiting.set(uid, set.add(resolve));
          });
      }
    },
    wake,
    forget(uid) {
      pods.delete(uid);
      wake(uid);
    },
  };
}

function print(
  lines: Line[],
  { tailLines, sinceSeconds, sinceTime, timestamps, limitBytes }: PodLogOptions,
  now: number,
): string {
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds ? now - sinceSeconds * 1000 : 0;
  const recent = lines.filter(({ at }) => at >= since);
  const tail = tailLines === undefined ? recent : tailLines === 0 ? [] : recent.slice(-tailLines);
  const text = tail.map((line) => `${timestamps ? `${nanoTime(line.at)} ` : ''}${line.text}\n`).join('');
  return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString('utf8');
}

const nanoTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z');
