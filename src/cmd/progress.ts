/** Shows how far what is waited for is: a table that redraws itself on a terminal, lines elsewhere. */
import type { Clock } from '../clock.ts';
import type { ResourceStatus } from '../kube/wait.ts';
import type { Output } from './environment.ts';

export interface Progress {
  show(statuses: ResourceStatus[]): void;
  /** Leaves what was shown last. */
  end(): void;
}

const REDRAW_MS = 80;

export const progressOn = (output: Output, clock: Clock): Progress =>
  output.terminal ? liveTable(output, clock) : lines(output);

/** A line whenever a resource becomes ready, or something new can be said of it. */
function lines(output: Output): Progress {
  const told = new Map<string, string>();
  return {
    show(statuses) {
      for (const status of statuses) {
        const [name, count, state] = rowOf(status);
        const key = `${status.resource.namespace ?? ''}/${name}`;
        const text = count === '' || state.includes(count) ? state : `${state} ${count}`;
        const before = told.get(key);
        // What is ready at first sight is not worth a line.
        if (text === before || (before === undefined && status.readiness === 'Current')) continue;
        told.set(key, text);
        output.write(`${name}: ${text}\n`);
      }
    },
    end() {},
  };
}

function liveTable(output: Output, clock: Clock): Progress {
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let pending: ResourceStatus[] | undefined;
  const draw = (statuses: ResourceStatus[]): void => {
    const rows = statuses.map(rowOf);
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
    const text = rows
      .map(([name, count, state]) => `${name!.padEnd(widths[0]!)}  ${count!.padEnd(widths[1]!)}  ${state}`)
      .map((line) => `\u001b[K${line.slice(0, Math.max(20, output.columns - 1))}\n`);
    output.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${text.join('')}`);
    drawn = rows.length;
    last = clock.now();
    pending = undefined;
  };
  return {
    show(statuses) {
      if (statuses.length === 0) return;
      if (drawn !== 0 && drawn !== statuses.length) drawn = 0;
      pending = statuses;
      const isOver = statuses.every(({ readiness }) => readiness === 'Current');
      if (isOver || clock.now() - last >= REDRAW_MS) draw(statuses);
    },
    end() {
      if (pending) draw(pending);
      drawn = 0;
    },
  };
}

/** `Deployment/web`, `1/2`, `Available: 1/2` */
function rowOf(status: ResourceStatus): [name: string, count: string, state: string] {
  const { resource, live, readiness, message } = status;
  const state = readiness === 'Current' ? 'ready' : readiness === 'InProgress' ? message : `${readiness}: ${message}`;
  return [`${resource.object.kind}/${resource.name}`, readyCount(live), state || 'waiting'];
}

function readyCount(live: ResourceStatus['live']): string {
  if (live === undefined) return '';
  const { spec, status, kind } = live;
  if (kind === 'DaemonSet') return `${status?.numberReady ?? 0}/${status?.desiredNumberScheduled ?? 0}`;
  if (kind === 'Job') return `${status?.succeeded ?? 0}/${spec?.completions ?? 1}`;
  return typeof spec?.replicas === 'number' ? `${status?.readyReplicas ?? 0}/${spec.replicas}` : '';
}
