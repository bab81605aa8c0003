/** What a node knows of a pod when it first sees it, perhaps after another process had it. */
import type { KubeObject } from '../api/object.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { behaviourOf, type ScenarioRule } from './behaviour.ts';
import type { ContainerLogs } from './logs.ts';
import type { Nodes } from './nodes.ts';
import type { Container, Pod } from './runtime.ts';
import { firstWords } from './stages.ts';

export interface RecallOptions {
  clock: Clock;
  log: Logger;
  nodes: Nodes;
  rules: ScenarioRule[];
}

/** The runtime's state of a pod: from its spec alone, or from its status where a node had it before. */
export function recallPod(object: KubeObject, options: RecallOptions): Pod {
  const { clock, nodes } = options;
  const { spec, status = {} } = object;
  const known = status.startTime !== undefined && status.containerStatuses !== undefined;
  const pod: Pod = {
    object,
    uid: object.metadata.uid!,
    node: spec.nodeName,
    containers: [],
    phase: !known ? 'new' : status.podIP ? 'sandboxed' : 'accepted',
    since: clock.now(),
    startTime: status.startTime ?? '',
    ip: status.podIP ?? '',
    hostIp: nodes.addressOf(spec.nodeName),
    blocked: '',
    events: [],
    restartPolicy: spec.restartPolicy ?? 'Always',
  };
  for (const [list, kind] of [
    ['initContainers', 'init'],
    ['containers', 'main'],
    ['ephemeralContainers', 'ephemeral'],
  ] as const)
    for (const container of spec[list] ?? []) {
      const sidecar = kind === 'init' && container.restartPolicy === 'Always';
      pod.containers.push(containerOf(object, container, sidecar ? 'sidecar' : kind, options));
    }
  return pod;
}

/** Logs are kept in memory: of what another process had, they are what it would have noted. */
export function recallLogs(object: KubeObject, logs: ContainerLogs, options: RecallOptions): void {
  const { uid, containers } = recallPod(object, options);
  for (const container of containers) {
    const { name, restarts, exit, lastExit, startedAt } = container;
    const note = (life: number, at: string | undefined) => {
      if (at && life >= 0 && !logs.knows(uid, name, life))
        logs.append(uid, name, life, firstWords(container), Date.parse(at));
    };
    note(restarts - 1, lastExit?.startedAt);
    note(restarts, startedAt || exit?.startedAt);
  }
}

export function containerOf(
  object: KubeObject,
  spec: KubeObject,
  kind: Container['kind'],
  { clock, log, rules }: RecallOptions,
): Container {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = object.status ?? {};
  const statuses: KubeObject[] = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  const name = String(spec.name);
  const { behaviour, wrong } = behaviourOf({ pod: object, container: name, image: spec.image ?? '' }, rules);
  for (const why of wrong) log.warn('behaviour not understood', { pod: object.metadata.name, why });
  const status = statuses.find((each) => String(each.name) === name);
  return containerFrom(spec, kind, behaviour, status, clock.now());
}

function containerFrom(
  spec: KubeObject,
  kind: Container['kind'],
  behaviour: Container['behaviour'],
  status: KubeObject | undefined,
  now: number,
): Container {
  const { running, terminated, waiting } = status?.state ?? {};
  const lastExit = status?.lastState?.terminated;
  return {
    spec,
    name: spec.name as unknown as string,
    image: spec.image ?? '',
    kind,
    behaviour,
    resources: status?.resources ?? spec['resources'] ?? {},
    phase: running ? 'running' : terminated ? 'exited' : 'waiting',
    since: running ? Date.parse(running.startedAt) : now,
    waiting: { reason: waiting?.reason === 'CrashLoopBackOff' ? 'CrashLoopBackOff' : 'ContainerCreating' },
    pullFailures: 0,
    retryAt: 0,
    startedAt: running?.startedAt ?? '',
    started: status?.started ?? false,
    ready: status?.ready ?? false,
    probeAt: 0,
    ...(terminated && { exit: terminated }),
    ...(lastExit && { lastExit }),
    restarts: status?.restartCount ?? 0,
    imageKnown: Boolean(status?.imageID),
  };
}
