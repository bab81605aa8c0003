/**
 * The life of a simulated container as data: from which state, after what time, to which state, and what is told. One
 * player (player.ts) plays, of the rows that apply, the one due first; of two due at once the upper one.
 */
import { timestamp } from '../api/object.ts';
import { imageSize, invalidImage, parseImage, pullError, sha256 } from './images.ts';
import { type Container, isItsTurn, mainsDone, type NodeEvent, type Pod, restarts } from './runtime.ts';

/** Milliseconds that a simulated node takes for its work. */
export interface Timing {
  /** From binding to ContainerCreating, and from there to the sandbox. */
  accept: number;
  sandbox: number;
  /** The first pull of an image on a node. */
  pull: number;
  start: number;
  /** From the start of a container with probes to their first success. */
  probe: number;
  /** How long containers that are meant to end (of Jobs, init containers, tests) run. */
  run: number;
  stop: number;
  /** Adds the probes' own initialDelaySeconds, as a real node would. */
  honourProbeDelays: boolean;
}

export const DEFAULT_TIMING: Timing = {
  accept: 1,
  sandbox: 2,
  pull: 8,
  start: 3,
  probe: 5,
  run: 10,
  stop: 3,
  honourProbeDelays: false,
};

export interface Scene {
  pod: Pod;
  container: Container;
  now: number;
  timing: Timing;
  /** Whether the node has the image, and noting that it does. */
  hasImage(): boolean;
  keepImage(): void;
  /** Why the container cannot be made now: `secret "db" not found`. */
  configError(): string;
  log(text: string): void;
}

export interface Stage {
  name: string;
  /** Nothing of it shows in the pod's status. */
  quiet?: boolean;
  applies(scene: Scene): boolean;
  /** When it is played. */
  due(scene: Scene): number;
  play(scene: Scene): void;
}

/** As kubelet: doubled from ten seconds to five minutes. */
const BACK_OFF = { first: 10_000, most: 300_000 };
const backOff = (failures: number): number => Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** Math.min(failures - 1, 10));
/** A container that ran so long starts again with a clean record. */
const FORGIVEN_AFTER = 600_000;
const FLAPPING_PERIOD = 10_000;
const CONFIG_RETRY = 2_000;

export const CONTAINER_STAGES: Stage[] = [
  {
    name: 'invalid-image',
    applies: ({ pod, container }) =>
      container.phase === 'waiting' &&
      container.waiting.reason !== 'InvalidImageName' &&
      isItsTurn(pod, container) &&
      parseImage(container.image) === undefined,
    due: ({ container }) => container.since,
    play: (scene) => {
      const message = invalidImage(scene.container.image);
      wait(scene, 'InvalidImageName', message);
      tell(scene, 'Warning', 'InspectFailed', message);
      tell(scene, 'Warning', 'Failed', 'Error: InvalidImageName');
    },
  },
  {
    name: 'pull',
    quiet: true,
    applies: ({ pod, container }) =>
      container.phase === 'waiting' && PULLABLE.has(container.waiting.reason) && isItsTurn(pod, container),
    due: ({ container }) => Math.max(container.since, container.retryAt),
    play: (scene) => {
      const { container, now } = scene;
      const policy = container.spec.imagePullPolicy;
      container.phase = 'pulling';
      container.since = now;
      container.imageKnown = policy !== 'Always' && scene.hasImage();
      if (!container.imageKnown && policy !== 'Never')
        tell(scene, 'Normal', 'Pulling', `Pulling image "${container.image}"`);
    },
  },
  {
    name: 'pull-fails',
    applies: ({ container }) => container.phase === 'pulling' && pullFailure(container) !== undefined,
    due: ({ container, timing }) => container.since + timing.pull,
    play: (scene) => {
      const { container } = scene;
      const [reason, message] = pullFailure(container)!;
      container.pullFailures++;
      if (reason === 'ErrImagePull')
        tell(scene, 'Warning', 'Failed', `Failed to pull image "${container.image}": ${message}`);
      else tell(scene, 'Warning', reason, message);
      tell(scene, 'Warning', 'Failed', `Error: ${reason}`);
      container.phase = 'waiting';
      container.since = scene.now;
      container.waiting = { reason, message };
      container.retryAt = scene.now + backOff(container.pullFailures);
    },
  },
  {
    name: 'pull-back-off',
    applies: ({ container }) => container.phase === 'waiting' && container.waiting.reason === 'ErrImagePull',
    due: ({ container, timing }) => container.since + timing.pull,
    play: (scene) => {
      const { container } = scene;
      const { reason, message } = container.waiting;
      tell(scene, 'Normal', 'BackOff', `Back-off pulling image "${container.image}"`);
      tell(scene, 'Warning', 'Failed', 'Error: ImagePullBackOff');
      wait(scene, 'ImagePullBackOff', `Back-off pulling image "${container.image}": ${reason}: ${message}`);
    },
  },
  {
    name: 'pulled',
    quiet: true,
    applies: ({ container }) => container.phase === 'pulling' && pullFailure(container) === undefined,
    due: ({ container, timing }) => container.since + pullTime(container, timing),
    play: (scene) => {
      const { container, now } = scene;
      const took = `${Math.max(1, Math.round(now - container.since))}ms`;
      tell(
        scene,
        'Normal',
        'Pulled',
        container.imageKnown
          ? `Container image "${container.image}" already present on machine and can be accessed by the pod`
          : `Successfully pulled image "${container.image}" in ${took} (${took} including waiting). Image size: ${imageSize(container.image)} bytes.`,
      );
      scene.keepImage();
      container.imageKnown = true;
      container.pullFailures = 0;
      container.phase = 'created';
      container.since = now;
    },
  },
  {
    name: 'config-error',
    applies: (scene) => scene.container.phase === 'created' && scene.configError() !== '',
    due: ({ container }) => Math.max(container.since, container.retryAt),
    play: (scene) => {
      const { container, now } = scene;
      const message = scene.configError();
      if (container.waiting.message !== message) tell(scene, 'Warning', 'Failed', `Error: ${message}`);
      container.waiting = { reason: 'CreateContainerConfigError', message };
      container.retryAt = now + CONFIG_RETRY;
    },
  },
  {
    name: 'start',
    applies: (scene) => scene.container.phase === 'created' && scene.configError() === '',
    due: ({ container, timing }) => container.since + timing.start,
    play: (scene) => {
      const { container, now } = scene;
      if (container.exit) {
        container.lastExit = container.exit;
        container.restarts++;
        delete container.exit;
      }
      tell(scene, 'Normal', 'Created', 'Container created');
      tell(scene, 'Normal', 'Started', 'Container started');
      container.phase = 'running';
      container.since = now;
      container.startedAt = timestamp(now);
      container.waiting = { reason: 'ContainerCreating' };
      container.started = !container.spec.startupProbe;
      container.ready = container.started && !container.spec.readinessProbe && container.behaviour.ready === undefined;
      container.probeAt = 0;
      scene.log(firstWords(container));
    },
  },
  {
    name: 'started',
    applies: ({ container }) =>
      container.phase === 'running' && !container.started && container.behaviour.ready !== 'never',
    due: ({ container, timing }) => container.since + probeTime(container.spec.startupProbe, timing),
    play: ({ container, now }) => {
      container.started = true;
      container.ready = !container.spec.readinessProbe && container.behaviour.ready === undefined;
      container.since = now;
    },
  },
  {
    name: 'never-started',
    applies: ({ container }) =>
      container.phase === 'running' &&
      !container.started &&
      container.behaviour.ready === 'never' &&
      container.spec.startupProbe !== undefined,
    due: ({ container }) => container.since + timeToFail(container.spec.startupProbe),
    play: (scene) => failProbe(scene, 'startup'),
  },
  {
    name: 'exit',
    applies: ({ pod, container }) => container.phase === 'running' && endsByItself(pod, container),
    due: ({ container, timing }) => container.since + (container.behaviour.runMs ?? timing.run),
    play: (scene) => {
      const { container } = scene;
      const { oom, exitCode = 0 } = hasCrashedEnough(container) ? {} : container.behaviour;
      if (oom) exit(scene, 137, 'OOMKilled');
      else exit(scene, exitCode, exitCode === 0 ? 'Completed' : 'Error');
    },
  },
  {
    name: 'sidecar-stops',
    applies: ({ pod, container }) => container.kind === 'sidecar' && container.phase === 'running' && mainsDone(pod),
    due: ({ container }) => container.since,
    play: (scene) => {
      tell(scene, 'Normal', 'Killing', `Stopping container ${scene.container.name}`);
      exit(scene, 0, 'Completed');
    },
  },
  {
    name: 'not-live',
    applies: ({ container }) => container.phase === 'running' && container.behaviour.live === 'failing',
    due: ({ container }) => container.since + timeToFail(container.spec.livenessProbe),
    play: (scene) => failProbe(scene, 'liveness'),
  },
  {
    name: 'unready',
    applies: ({ container }) =>
      container.phase === 'running' &&
      container.started &&
      (container.behaviour.ready === 'never' || (container.behaviour.ready === 'flapping' && container.ready)),
    due: ({ container, timing }) =>
      container.probeAt || container.since + probeTime(container.spec.readinessProbe, timing),
    play: (scene) => {
      const { container, pod, now } = scene;
      const probe = container.spec.readinessProbe;
      tell(scene, 'Warning', 'Unhealthy', `Readiness probe failed: ${probeFailure(probe, pod)}`);
      container.ready = false;
      container.probeAt = now + (probe?.periodSeconds ? probe.periodSeconds * 1000 : FLAPPING_PERIOD);
    },
  },
  {
    name: 'ready',
    applies: ({ container }) =>
      container.phase === 'running' && container.started && !container.ready && container.behaviour.ready !== 'never',
    due: ({ container, timing }) =>
      container.probeAt ||
      container.since +
        (typeof container.behaviour.ready === 'number'
          ? container.behaviour.ready
          : probeTime(container.spec.readinessProbe, timing)),
    play: ({ container, now }) => {
      container.ready = true;
      if (container.behaviour.ready === 'flapping') container.probeAt = now + FLAPPING_PERIOD;
    },
  },
  {
    name: 'crash-back-off',
    applies: ({ pod, container }) =>
      container.phase === 'exited' &&
      restarts(pod, container) &&
      container.waiting.reason !== 'CrashLoopBackOff' &&
      container.restarts > 0,
    due: ({ container }) => container.since,
    play: (scene) => {
      const { container, pod, now } = scene;
      const ran = Date.parse(container.exit!.finishedAt) - Date.parse(container.exit!.startedAt);
      const delay = ran >= FORGIVEN_AFTER ? 0 : backOff(container.restarts);
      const { name, namespace } = pod.object.metadata;
      const id = `${name}_${namespace}(${pod.uid})`;
      container.retryAt = now + delay;
      container.waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off ${goDuration(delay)} restarting failed container=${container.name} pod=${id}`,
      };
      tell(scene, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${id}`);
    },
  },
  {
    name: 'restart',
    applies: ({ pod, container }) => container.phase === 'exited' && restarts(pod, container),
    due: ({ container }) => Math.max(container.since, container.retryAt),
    play: ({ container, now }) => {
      container.phase = 'waiting';
      container.since = now;
    },
  },
];

/** What a container logs when it starts. */
export const firstWords = ({ behaviour, name, image }: Container): string =>
  behaviour.log ?? `container ${name} started: simulated from image ${image}`;

/** Reasons to wait after which the image is pulled, once its time has come. */
const PULLABLE = new Set([
  'ContainerCreating',
  'PodInitializing',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'CrashLoopBackOff',
]);

function pullFailure({ behaviour, image, spec, imageKnown }: Container): [reason: string, message: string] | undefined {
  if (imageKnown) return undefined;
  if (spec.imagePullPolicy === 'Never')
    return ['ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`];
  return behaviour.pull === 'missing' || behaviour.pull === 'denied'
    ? ['ErrImagePull', pullError(image, behaviour.pull)]
    : undefined;
}

const pullTime = ({ behaviour, imageKnown }: Container, timing: Timing): number =>
  imageKnown ? 0 : typeof behaviour.pull === 'number' ? behaviour.pull : timing.pull;

const probeTime = (probe: Probe | undefined, timing: Timing): number =>
  timing.probe + (timing.honourProbeDelays ? (probe?.initialDelaySeconds ?? 0) * 1000 : 0);

interface Probe {
  initialDelaySeconds?: number;
  periodSeconds?: number;
  failureThreshold?: number;
  httpGet?: object;
  tcpSocket?: { port: unknown };
  exec?: object;
}

/** Milliseconds from a container's start to the last failure that its probe may have. */
const timeToFail = ({ initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 }: Probe = {}): number =>
  (initialDelaySeconds + periodSeconds * failureThreshold) * 1000;

/** The probe has failed too often: the container is started again. */
function failProbe(scene: Scene, kind: 'liveness' | 'startup'): void {
  const { container, pod } = scene;
  const what = kind === 'liveness' ? 'Liveness' : 'Startup';
  tell(scene, 'Warning', 'Unhealthy', `${what} probe failed: ${probeFailure(container.spec[`${kind}Probe`], pod)}`);
  const next = pod.restartPolicy === 'Never' ? '' : ', will be restarted';
  tell(scene, 'Normal', 'Killing', `Container ${container.name} failed ${kind} probe${next}`);
  exit(scene, 137, 'Error');
}

/** Containers that should run for ever end only when told to; all others end well unless told otherwise. */
function endsByItself(pod: Pod, container: Container): boolean {
  const { kind, spec } = container;
  const { exitCode, oom, runMs } = hasCrashedEnough(container) ? {} : container.behaviour;
  if (exitCode !== undefined || oom || runMs !== undefined) return true;
  return kind === 'init' || (kind === 'main' && (spec.restartPolicy ?? pod.restartPolicy) !== 'Always');
}

const hasCrashedEnough = ({ behaviour, restarts }: Container): boolean =>
  behaviour.crashes !== undefined && restarts >= behaviour.crashes;

export function exit(
  { container, pod, now }: Pick<Scene, 'container' | 'pod' | 'now'>,
  exitCode: number,
  reason: string,
): void {
  container.phase = 'exited';
  container.since = now;
  container.ready = false;
  container.started = false;
  container.exit = {
    exitCode,
    reason,
    startedAt: container.startedAt,
    finishedAt: timestamp(now),
    containerID: containerId(pod, container),
  };
}

/** What a failed probe of its kind says. */
function probeFailure(probe: Probe | undefined, pod: Pod): string {
  if (probe?.tcpSocket) return `dial tcp ${pod.ip}:${probe.tcpSocket.port}: connect: connection refused`;
  if (probe?.exec) return 'command timed out';
  return 'HTTP probe failed with statuscode: 503';
}

export const containerId = (pod: Pod, container: Container): string =>
  `containerd://${sha256(`${pod.uid}/${container.name}/${container.restarts}`)}`;

/** `1m20s`, as Go prints durations of whole seconds. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function wait({ container, now }: Scene, reason: string, message: string): void {
  container.phase = 'waiting';
  container.since = now;
  container.waiting = { reason, message };
}

function tell({ pod, container }: Scene, type: NodeEvent['type'], reason: string, message: string): void {
  pod.events.push({ type, reason, message, container });
}
