/** The logs of simulated containers, kept in memory: a few lines each, bounded. */
export interface LogOptions {
  follow?: boolean;
  previous?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  timestamps?: boolean;
  limitBytes?: number;
  signal?: AbortSignal;
}

interface Line {
  at: number;
  text: string;
}

export interface ContainerLogs {
  append(uid: string, container: string, restarts: number, text: string, at: number): void;
  read(uid: string, container: string, restarts: number, options: LogOptions, now: number): string;
  follow(uid: string, container: string, restarts: number, options: LogOptions, now: number): AsyncIterable<string>;
  forget(uid: string): void;
}

const MAX_LINES = 1000;

export function createLogs(): ContainerLogs {
  const pods = new Map<string, Map<string, Line[]>>();
  const waiting = new Map<string, Set<() => void>>();

  const wake = (uid: string): void => {
    for (const resolve of waiting.get(uid) ?? []) resolve();
    waiting.delete(uid);
  };
  const linesOf = (uid: string, container: string, restarts: number): Line[] =>
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
    read: (uid, container, restarts, options, now) => print(linesOf(uid, container, restarts), options, now),
    async *follow(uid, container, restarts, options, now) {
      let seen = linesOf(uid, container, restarts).length;
      yield print(linesOf(uid, container, restarts), options, now);
      while (pods.has(uid) && !options.signal?.aborted) {
        await new Promise<void>((resolve) => {
          const set = waiting.get(uid) ?? new Set();
          waiting.set(uid, set.add(resolve));
          options.signal?.addEventListener('abort', () => resolve(), { once: true });
        });
        const lines = linesOf(uid, container, restarts);
        if (lines.length > seen) yield print(lines.slice(seen), { timestamps: options.timestamps }, now);
        seen = lines.length;
      }
    },
    forget(uid) {
      pods.delete(uid);
      wake(uid);
    },
  };
}

function print(
  lines: Line[],
  { tailLines, sinceSeconds, sinceTime, timestamps, limitBytes }: LogOptions,
  now: number,
): string {
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds ? now - sinceSeconds * 1000 : 0;
  const recent = lines.filter(({ at }) => at >= since);
  const tail = tailLines === undefined ? recent : tailLines === 0 ? [] : recent.slice(-tailLines);
  const text = tail.map((line) => `${timestamps ? `${nanoTime(line.at)} ` : ''}${line.text}\n`).join('');
  return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString('utf8');
}

const nanoTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z');
