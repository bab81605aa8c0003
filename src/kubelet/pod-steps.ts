/** The steps of a pod as a whole: it is accepted, gets its sandbox, meets its deadline, is stopped. */
import { isConditionTrue } from '../api/conditions.ts';
import { timestamp } from '../api/object.ts';
import { type Rejection, rejectionOf } from './admission.ts';
import type { Nodes } from './nodes.ts';
import type { Pod } from './runtime.ts';
import { exit, type Timing } from './stages.ts';
import type { VolumeSources } from './volume-sources.ts';

/** When a step is due, and what it does. */
export interface Step {
  due: number;
  play(): void;
  /** Nothing of it shows in the status: the next step's write carries it. */
  quiet?: boolean;
}

export interface Surroundings {
  now(): number;
  timing: Timing;
  nodes: Nodes;
  sources: VolumeSources;
  /** The other pods on its node that have not ended. */
  othersOn(pod: Pod): Pod[];
}

/** What comes before its containers start. */
export function podStep(pod: Pod, around: Surroundings): Step | undefined {
  const { now, timing, nodes, sources } = around;
  if (pod.phase === 'new') {
    const rejection = rejectionBy(pod, around);
    return {
      due: pod.since + (rejection ? REJECTION : timing.accept),
      play: () => {
        pod.phase = 'accepted';
        pod.since = now();
        pod.startTime = timestamp(now());
        if (rejection) reject(pod, rejection);
      },
    };
  }
  if (pod.phase !== 'accepted') return undefined;
  const missing = sources.missingFor(pod.object);
  if (missing)
    return missing.message === pod.blocked ? { due: Number.POSITIVE_INFINITY, play() {} } : blockStep(pod, missing);
  return {
    due: pod.since + timing.sandbox,
    quiet: true,
    play: () => {
      pod.phase = 'sandboxed';
      pod.blocked = '';
      pod.since = now();
      pod.ip = nodes.takeIp(pod.node, pod.object);
      for (const container of pod.containers) container.since = now();
    },
  };
}

/** Whoever made a pod that is rejected makes another at once: milliseconds between two of them, that it be no storm. */
const REJECTION = 1000;

/** The scheduler has looked at those it has placed. */
function rejectionBy(pod: Pod, { nodes, othersOn }: Surroundings): Rejection | undefined {
  const node = nodes.objectOf(pod.node);
  if (!node || isConditionTrue(pod.object, 'PodScheduled')) return undefined;
  const accepted = othersOn(pod).filter(({ phase }) => phase !== 'new');
  return rejectionOf(
    pod.object,
    accepted.map(({ object }) => object),
    node,
  );
}

function reject(pod: Pod, { reason, message }: Rejection): void {
  pod.rejected = true;
  pod.failed = { reason, message: `Pod was rejected: ${message}` };
  pod.events.push({ type: 'Warning', reason, message });
}

const blockStep = (pod: Pod, { message, reason }: { message: string; reason: string }): Step => ({
  due: pod.since,
  play: () => {
    pod.blocked = message;
    pod.events.push({ type: 'Warning', reason, message });
  },
});

export function deadlineStep(pod: Pod, { now }: Surroundings): Step | undefined {
  const seconds = pod.object.spec.activeDeadlineSeconds;
  if (!seconds || pod.startTime === '') return undefined;
  return {
    due: Date.parse(pod.startTime) + seconds * 1000,
    play: () => {
      for (const container of pod.containers)
        if (container.phase === 'running') exit({ container, pod, now: now() }, 137, 'Error');
      pod.failed = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      pod.events.push({ type: 'Normal', reason: 'DeadlineExceeded', message: pod.failed.message });
    },
  };
}

export function stopStep(pod: Pod, { now, timing }: Surroundings): Step | undefined {
  if (pod.phase === 'stopped') return undefined;
  if (pod.phase !== 'stopping')
    return {
      due: 0,
      play: () => {
        pod.phase = 'stopping';
        pod.since = now();
        for (const container of pod.containers)
          if (container.phase === 'running')
            pod.events.push({
              type: 'Normal',
              reason: 'Killing',
              message: `Stopping container ${container.name}`,
              container,
            });
      },
    };
  const grace = (pod.object.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
  const running = pod.containers.filter((c) => c.phase === 'running');
  const needed = running.length === 0 ? 0 : Math.max(...running.map((c) => c.behaviour.stopMs ?? timing.stop));
  return {
    due: pod.since + Math.min(grace, needed),
    play: () => {
      for (const container of running) {
        const killed = (container.behaviour.stopMs ?? 0) >= grace && grace > 0;
        exit({ container, pod, now: now() }, killed ? 137 : 0, killed ? 'Error' : 'Completed');
      }
      pod.phase = 'stopped';
    },
  };
}
