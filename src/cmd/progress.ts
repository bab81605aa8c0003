/**
 * Shows how far what is waited for is: a table that redraws itself on a terminal, lines elsewhere, and a line of JSON for
 * every change where a program reads the result as JSON.
 */
import type { Clock } from '../clock.ts';
import type { ResourceStatus } from '../kube/wait.ts';
import type { Output } from './environment.ts';

export interface Progress {
  show(statuses: ResourceStatus[]): void;
  /** Leaves what was shown last. */
  end(): void;
}

const REDRAW_MS = 80;

export function progressOn(output: Output, clock: Clock, { json }: { json: boolean }): Progress {
  if (json) return lines((status) => output.write(`${JSON.stringify(eventOf(status, clock))}\n`));
  return output.terminal ? liveTable(output, clock) : lines((_, text) => output.write(`${text}\n`));
}

/** A line whenever a resource becomes ready, or something new can be said of it. */
function lines(tell: (status: ResourceStatus, text: string) => void): Progress {
  const told = new Map<string, string>();
  return {
    show(statuses) {
      for (const status of statuses) {
        const [name, count, state] = rowOf(status);
        const key = `${status.resource.namespace ?? ''}/${name}`;
        const shown = state === 'ready' ? count : `(${count} ready)`;
        const text = count === '' || state.includes(count) ? state : `${state} ${shown}`;
        const before = told.get(key);
        // What is ready at first sight is not worth a line.
        if (text === before || (before === undefined && status.readiness === 'Current')) continue;
        told.set(key, text);
        tell(status, `${name}: ${text}`);
      }
    },
    end() {},
  };
}

/** A status as data: `ready` counts pods or completions where the kind has any. */
function eventOf(status: ResourceStatus, clock: Clock) {
  const { resource, live, readiness, message } = status;
  const count = readyCount(live);
  return {
    time: new Date(clock.now()).toISOString(),
    type: 'progress',
    kind: resource.object.kind,
    ...(resource.namespace !== undefined && { namespace: resource.namespace }),
    name: resource.name,
    status: readiness,
    message,
    ...(count !== '' && { ready: count }),
  };
}

/** A table that is higher than the window could not be drawn anew. */
const MOST_ROWS = 16;

/** What is not ready first, and how many more there are. */
function shownRows(statuses: ResourceStatus[]): [name: string, count: string, state: string][] {
  if (statuses.length <= MOST_ROWS) return statuses.map(rowOf);
  const isReady = ({ readiness }: ResourceStatus) => readiness === 'Current';
  const order = [...statuses.filter((status) => !isReady(status)), ...statuses.filter(isReady)];
  const rest = order.slice(MOST_ROWS - 1);
  const more: [string, string, string] = [`${rest.length} more`, '', `${rest.filter(isReady).length} ready`];
  return [...order.slice(0, MOST_ROWS - 1).map(rowOf), more];
}

function liveTable(output: Output, clock: Clock): Progress {
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  let pending: ResourceStatus[] | undefined;
  const draw = (statuses: ResourceStatus[]): void => {
    const rows = shownRows(statuses);
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
      if (drawn !== 0 && drawn !== Math.min(statuses.length, MOST_ROWS)) drawn = 0;
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
