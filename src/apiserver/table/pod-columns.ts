/** The table of pods: above all their status in a word. */
import { findCondition, isConditionTrue } from '../../api/conditions.ts';
import type { KubeObject } from '../../api/object.ts';
import { age, labelText, orNone } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

interface ContainerStatus {
  name: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  waiting?: { reason?: string };
  running?: object;
  terminated?: { reason?: string; exitCode: number; signal?: number; finishedAt?: string };
}

/** What the containers of a pod come to. */
interface Summary {
  ready: number;
  reason: string;
  restarts: number;
  lastRestart: string;
}

const podCells: Columns['cells'] = (pod, now) => {
  const { metadata, spec, status } = pod;
  const summary = summarize(pod);
  const total = spec.containers.length + (spec.initContainers ?? []).filter(isSidecar).length;
  return [
    metadata.name,
    `${summary.ready}/${total}`,
    endingReason(pod) ?? summary.reason,
    restartText(summary, now),
    age(metadata.creationTimestamp, now),
    orNone(status?.podIPs?.[0]?.ip),
    orNone(spec.nodeName),
    orNone(status?.nominatedNodeName),
    readinessGates(pod),
  ];
};

export const podColumns: Record<string, Columns> = {
  pods: defineColumns('Name  Ready  Status  Restarts  Age +IP +Node +Nominated Node +Readiness Gates', podCells),
  podtemplates: defineColumns('Name  Containers  Images  Pod Labels', ({ metadata, template }) => [
    metadata.name,
    template.spec.containers.map((c: { name: string }) => c.name).join(','),
    template.spec.containers.map((c: { image: string }) => c.image).join(','),
    labelText(template.metadata?.labels),
  ]),
};

const isSidecar = (container: { restartPolicy?: string } | undefined): boolean => container?.restartPolicy === 'Always';

function summarize(pod: KubeObject): Summary {
  const { status } = pod;
  const gated = findCondition(status?.conditions, 'PodScheduled')?.reason === 'SchedulingGated';
  const reason: string = gated ? 'SchedulingGated' : status?.reason || (status?.phase ?? '');
  const initial = summarizeInit(pod, reason);
  if (initial.initializing && !isConditionTrue(pod, 'Initialized')) return initial.summary;
  return summarizeContainers(pod, initial.sidecars, initial.summary.reason);
}

/** The init containers up to the first that is not done. `sidecars` counts those that go on running. */
function summarizeInit(pod: KubeObject, phase: string) {
  const { spec, status } = pod;
  const summary: Summary = { ready: 0, reason: phase, restarts: 0, lastRestart: '' };
  const sidecars: Summary = { ready: 0, reason: '', restarts: 0, lastRestart: '' };
  const statuses: ContainerStatus[] = status?.initContainerStatuses ?? [];
  for (const [i, container] of statuses.entries()) {
    const sidecar = isSidecar(spec.initContainers?.find((c: { name: string }) => c.name === container.name));
    countRestarts(summary, container);
    if (sidecar) countRestarts(sidecars, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) sidecars.ready = ++summary.ready;
      continue;
    }
    summary.reason = initReason(container, `Init:${i}/${spec.initContainers?.length ?? 0}`);
    return { summary, sidecars, initializing: true };
  }
  return { summary, sidecars, initializing: false };
}

function initReason({ state }: ContainerStatus, progress: string): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return progress;
}

const terminatedReason = ({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

function summarizeContainers(pod: KubeObject, sidecars: Summary, phase: string): Summary {
  const summary: Summary = { ...sidecars, reason: phase };
  let running = false;
  for (const container of ((pod['status']?.containerStatuses ?? []) as ContainerStatus[]).toReversed()) {
    countRestarts(summary, container);
    const { waiting, terminated } = container.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated !== undefined) summary.reason = terminatedReason(terminated);
    else if (container.ready && container.state?.running !== undefined) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && running)
    summary.reason = isConditionTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  return summary;
}

function countRestarts(summary: Summary, { restartCount, lastState }: ContainerStatus): void {
  summary.restarts += restartCount;
  const finished = lastState?.terminated?.finishedAt ?? '';
  if (finished > summary.lastRestart) summary.lastRestart = finished;
}

function endingReason({ metadata, status }: KubeObject): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Failed' || status?.phase === 'Succeeded' ? undefined : 'Terminating';
}

const restartText = ({ restarts, lastRestart }: Summary, now: number): string =>
  restarts !== 0 && lastRestart !== '' ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts);

function readinessGates(pod: KubeObject): string {
  const gates: { conditionType: string }[] = pod['spec'].readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter(({ conditionType }) => isConditionTrue(pod, conditionType)).length}/${gates.length}`;
}
