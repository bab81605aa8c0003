/** What a node knows of its pods beyond their status: the states of containers, and when each began. */
import type { KubeObject } from '../api/object.ts';
import type { Behaviour } from './behaviour.ts';
import type { Refusal, Resources } from './resize.ts';

/**
 * waiting ──► pulling ──► created ──► running ──► exited
 *    ▲ │failed              ▲                        │ restarted at once, or after CrashLoopBackOff
 *    └─┘ ImagePullBackOff   └────────────────────────┘
 */
export type ContainerPhase = 'waiting' | 'pulling' | 'created' | 'running' | 'exited';

export interface Exit {
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

export interface Container {
  spec: KubeObject;
  name: string;
  image: string;
  /** Sidecars are init containers that go on running; ephemeral ones are added to a running pod, to debug it. */
  kind: 'init' | 'sidecar' | 'main' | 'ephemeral';
  behaviour: Behaviour;
  /** What the node has given it. */
  resources: Resources;
  phase: ContainerPhase;
  /** When the phase, or what it waits for within the phase, began. */
  since: number;
  /** Why it waits: `ContainerCreating`, `ImagePullBackOff`, `CrashLoopBackOff` … */
  waiting: { reason: string; message?: string };
  pullFailures: number;
  /** Until when a failed pull or start is not tried again. */
  retryAt: number;
  startedAt: string;
  /** Past its startup probe. */
  started: boolean;
  ready: boolean;
  /** When readiness is looked at next, for those that flap or never get there. */
  probeAt: number;
  exit?: Exit;
  lastExit?: Exit;
  restarts: number;
  imageKnown: boolean;
}

export interface NodeEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  container?: Container;
}

export interface Pod {
  object: KubeObject;
  uid: string;
  node: string;
  containers: Container[];
  /** Pod-wide progress: seen by the node, its sandbox made, asked to stop, ended. */
  phase: 'new' | 'accepted' | 'sandboxed' | 'stopping' | 'stopped';
  since: number;
  startTime: string;
  ip: string;
  hostIp: string;
  /** What keeps the sandbox or a container from being made: a missing volume source, a missing key. */
  blocked: string;
  events: NodeEvent[];
  restartPolicy: 'Always' | 'OnFailure' | 'Never';
  /** It asks for other resources than it has, and its node does not give them. */
  resize?: Refusal;
  /** Ended as a whole, whatever its containers say: `DeadlineExceeded`, `Evicted`. */
  failed?: { reason: string; message: string };
  /** Its node has not taken it at all. */
  rejected?: boolean;
}

/** Those that come before the main containers. */
export const isInit = ({ kind }: Container): boolean => kind === 'init' || kind === 'sidecar';

export const initDone = (container: Container): boolean =>
  container.kind === 'sidecar' ? container.phase === 'running' && container.started : container.exit?.exitCode === 0;

/** Whether everything that must come before the container has come. */
export function isItsTurn(pod: Pod, container: Container): boolean {
  if (container.kind === 'ephemeral') return true;
  for (const other of pod.containers) {
    if (other === container) return true;
    if (isInit(other) && !initDone(other)) return false;
  }
  return true;
}

/** Whether a container that has ended is started again. */
export function restarts(pod: Pod, container: Container): boolean {
  if (pod.phase === 'stopping' || pod.phase === 'stopped' || pod.failed || !container.exit) return false;
  if (container.kind === 'ephemeral') return false;
  if (container.kind === 'sidecar') return !mainsDone(pod);
  const policy = container.spec.restartPolicy ?? pod.restartPolicy;
  if (container.kind === 'init') return container.exit.exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && container.exit.exitCode !== 0);
}

/** Every main container has ended for good. */
export function mainsDone(pod: Pod): boolean {
  return pod.containers.every((container) => {
    if (container.kind !== 'main') return true;
    if (container.phase !== 'exited' || !container.exit) return false;
    const policy = container.spec.restartPolicy ?? pod.restartPolicy;
    return policy === 'Never' || (policy === 'OnFailure' && container.exit.exitCode === 0);
  });
}

/** An init container failed and may not try again: nothing after it will ever run. */
const initFailed = (pod: Pod): boolean =>
  pod.containers.some((c) => c.kind === 'init' && c.phase === 'exited' && c.exit!.exitCode !== 0 && !restarts(pod, c));

/** Nothing will change any more without being told to. */
export const isOver = (pod: Pod): boolean =>
  pod.failed !== undefined ||
  ((mainsDone(pod) || initFailed(pod)) && pod.containers.every((c) => c.phase !== 'running' || c.kind === 'ephemeral'));
