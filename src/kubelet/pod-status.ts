/** A pod's status as its node reports it: phase, conditions and container statuses from the runtime's state. */
import { type KubeObject, timestamp } from '../api/object.ts';
import { qosClass } from '../api/qos.ts';
import { fullName, imageId } from './images.ts';
import { type Container, type Exit, initDone, isInit, type Pod } from './runtime.ts';
import { containerId } from './stages.ts';

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
  lastProbeTime: null;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export function podStatus(pod: Pod, now: number): Record<string, unknown> {
  const current = pod.object.status ?? {};
  const phase = phaseOf(pod);
  const inits = pod.containers.filter(isInit);
  const guests = pod.containers.filter((c) => c.kind === 'ephemeral');
  const mains = pod.containers.filter((c) => c.kind === 'main');
  const sandboxed = pod.ip !== '';
  if (pod.rejected) return { phase, ...pod.failed, startTime: pod.startTime, qosClass: current.qosClass };
  return {
    ...(pod.object.metadata.generation !== undefined && { observedGeneration: pod.object.metadata.generation }),
    phase,
    conditions: conditionsOf(pod, phase, now),
    ...(pod.failed && { message: pod.failed.message, reason: pod.failed.reason }),
    hostIP: pod.hostIp,
    hostIPs: [{ ip: pod.hostIp }],
    ...(sandboxed && { podIP: pod.ip, podIPs: [{ ip: pod.ip }] }),
    startTime: pod.startTime,
    ...(inits.length > 0 && { initContainerStatuses: inits.map((c) => containerStatus(pod, c)) }),
    containerStatuses: mains.map((c) => containerStatus(pod, c)),
    ...(guests.length > 0 && { ephemeralContainerStatuses: guests.map((c) => containerStatus(pod, c)) }),
    qosClass: current.qosClass ?? qosClass(pod.object['spec']),
    resources: pod.object.spec.resources ?? {},
    ...(current.nominatedNodeName && { nominatedNodeName: current.nominatedNodeName }),
  };
}

function phaseOf(pod: Pod): string {
  if (pod.failed) return 'Failed';
  let [pendingInit, failedInit] = [false, false];
  for (const init of pod.containers) {
    if (!isInit(init) || initDone(init)) continue;
    if (init.kind === 'init' && init.phase === 'exited' && pod.restartPolicy === 'Never') failedInit = true;
    else if (init.kind === 'init' || !wasStarted(init)) pendingInit = true;
  }
  const mains = pod.containers.filter((c) => c.kind === 'main');
  const waiting = mains.filter((c) => c.phase !== 'running' && !wasStarted(c)).length;
  const running = mains.filter((c) => c.phase === 'running').length;
  const ended = mains.filter((c) => c.phase !== 'running' && wasStarted(c));
  if (failedInit) return 'Failed';
  if (pendingInit || waiting > 0) return 'Pending';
  if (running > 0 || ended.length === 0) return 'Running';
  if (pod.restartPolicy === 'Always' && pod.phase !== 'stopped') return 'Running';
  if (ended.every((c) => (c.exit ?? c.lastExit)!.exitCode === 0)) return 'Succeeded';
  return pod.restartPolicy === 'OnFailure' && pod.phase !== 'stopped' ? 'Running' : 'Failed';
}

const wasStarted = (container: Container): boolean => container.exit !== undefined || container.lastExit !== undefined;

const RESIZE_PENDING = 'PodResizePending';
const SCHEDULED = 'PodScheduled';

function conditionsOf(pod: Pod, phase: string, now: number): Condition[] {
  const old: (Condition & { type: string })[] = pod.object.status?.conditions ?? [];
  const conditions = [
    { type: 'PodReadyToStartContainers', status: flag(pod.ip !== '' && !isFinal(phase)) },
    initialized(pod, phase),
    ready(pod, phase, old),
    containersReady(pod, phase),
    ...(old.some(({ type }) => type === SCHEDULED) ? [] : [{ type: SCHEDULED, status: 'True' as const }]),
    ...(pod.resize ? [{ type: RESIZE_PENDING, status: 'True' as const, ...pod.resize }] : []),
  ].map((condition) => stamped(condition, old, pod, now));
  const own = new Set([RESIZE_PENDING, ...conditions.map(({ type }) => type)]);
  // What others have set stays: DisruptionTarget, readiness gates, and PodScheduled where there was a scheduler.
  return [...conditions, ...old.filter(({ type }) => !own.has(type))];
}

type Draft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function stamped(draft: Draft, old: Condition[], pod: Pod, now: number): Condition {
  const before = old.find(({ type }) => type === draft.type);
  const lastTransitionTime = before?.status === draft.status ? before.lastTransitionTime : timestamp(now);
  const { generation } = pod.object.metadata;
  return {
    type: draft.type,
    ...(generation !== undefined && { observedGeneration: generation }),
    status: draft.status,
    lastProbeTime: null,
    lastTransitionTime,
    ...(draft.reason && { reason: draft.reason }),
    ...(draft.message && { message: draft.message }),
  };
}

function initialized(pod: Pod, phase: string): Draft {
  const incomplete = pod.containers.filter((c) => isInit(c) && !initDone(c));
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  if (incomplete.length === 0 || isFinal(phase)) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names(incomplete)}]`,
  };
}

function containersReady(pod: Pod, phase: string): Draft {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = pod.containers.filter((c) => (c.kind === 'main' || c.kind === 'sidecar') && !c.ready);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names(unready)}]`,
  };
}

function ready(pod: Pod, phase: string, old: Condition[]): Draft {
  const containers = { ...containersReady(pod, phase), type: 'Ready' };
  if (containers.status === 'False') return containers;
  const problems = (pod.object.spec.readinessGates ?? []).flatMap(({ conditionType }: { conditionType: string }) => {
    const gate = old.find(({ type }) => type === conditionType);
    if (!gate) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return gate.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (problems.length === 0) return containers;
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

function containerStatus(pod: Pod, container: Container): Record<string, unknown> {
  const started = container.phase === 'running' && container.started;
  const state = stateOf(pod, container);
  const created = wasStarted(container) || container.phase === 'running';
  const last = state.waiting && container.exit ? container.exit : container.lastExit;
  return {
    ...(created && { containerID: containerId(pod, container) }),
    image: container.imageKnown ? fullName(container.image) : container.image,
    imageID: container.imageKnown ? imageId(container.image) : '',
    lastState: last ? { terminated: last } : {},
    name: container.name,
    ready: READY[container.kind](container),
    ...(created && resourcesOf(container)),
    restartCount: container.restarts,
    started,
    state,
    ...(created && { user: userOf(pod, container) }),
    ...mountsOf(container),
  };
}

/** What a container has been given. */
function resourcesOf({ resources: { requests, limits } }: Container): Record<string, unknown> {
  return {
    ...(requests && { allocatedResources: requests }),
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
  };
}

/** Whom its processes run as. Whom the image would have them run as is known to none who does not pull it. */
function userOf({ object: { spec } }: Pod, container: Container) {
  const inPod = spec.securityContext ?? {};
  const { runAsUser: uid = 0, runAsGroup: gid = 0 } = { ...inPod, ...container.spec.securityContext };
  const { supplementalGroups = [], fsGroup = gid } = inPod;
  return { linux: { gid, supplementalGroups: [...new Set([gid, fsGroup, ...supplementalGroups])], uid } };
}

function mountsOf({ spec }: Container) {
  const mounts: KubeObject[] = spec.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ mountPath, name, readOnly, recursiveReadOnly }) => ({
      mountPath,
      name,
      ...(readOnly && { readOnly, recursiveReadOnly: recursiveReadOnly ?? 'Disabled' }),
    })),
  };
}

/** Nobody looks whether ephemeral ones are ready. */
const READY: Record<Container['kind'], (container: Container) => boolean> = {
  init: ({ exit }) => exit?.exitCode === 0,
  sidecar: ({ ready }) => ready,
  main: ({ ready }) => ready,
  ephemeral: () => false,
};

interface State {
  running?: { startedAt: string };
  waiting?: { reason: string; message?: string };
  terminated?: Exit;
}

/** One that is started again shows how it ended, until it runs or waits for something. */
function stateOf(pod: Pod, container: Container): State {
  if (container.phase === 'running') return { running: { startedAt: container.startedAt } };
  const { reason, message } = container.waiting;
  const beginning = reason === 'ContainerCreating';
  if (container.exit && beginning) return { terminated: container.exit };
  return { waiting: { ...(message && { message }), reason: beginning && hasInits(pod) ? 'PodInitializing' : reason } };
}

const hasInits = (pod: Pod): boolean => pod.containers.some(isInit);
const isFinal = (phase: string): boolean => phase === 'Succeeded' || phase === 'Failed';
const flag = (value: boolean): 'True' | 'False' => (value ? 'True' : 'False');
const names = (containers: Container[]): string => containers.map((c) => c.name).join(' ');
