/**
 * Plays the stages of every pod on every simulated node: one state machine a pod, one shared timer for all, one status
 * write at a time for each pod, which carries all that happened up to it.
 */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isTerminal } from '../api/pods.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import type { EventRecorder } from '../client/events.ts';
import type { Informer } from '../client/informer.ts';
import { PODS } from '../client/resources.ts';
import { SharedClock } from '../client/shared-clock.ts';
import type { Client } from '../client/types.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../log.ts';
import { behaviourOf, type ScenarioRule } from './behaviour.ts';
import type { ContainerLogs } from './logs.ts';
import type { Nodes } from './nodes.ts';
import { podStatus } from './pod-status.ts';
import { deadlineStep, podStep, type Step, stopStep } from './pod-steps.ts';
import { containerOf, recallPod } from './recall.ts';
import { needsRestart, resizedContainers, resizeRefusal, resizeText } from './resize.ts';
import { type Container, isOver, type Pod } from './runtime.ts';
import { CONTAINER_STAGES, exit, type Scene, type Stage, type Timing } from './stages.ts';
import type { VolumeSources } from './volume-sources.ts';

export interface PlayerOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  timing: Timing;
  pods: Informer;
  nodes: Nodes;
  logs: ContainerLogs;
  sources: VolumeSources;
  recorderFor(node: string): EventRecorder;
  rules: ScenarioRule[];
}

export interface Player {
  /** A pod on one of our nodes was seen or changed. */
  observe(object: KubeObject): void;
  forget(object: KubeObject): void;
  /** Reports every pod of a node again: others may have spoken for it while it was silent. */
  reportAll(node: string): void;
  /** Looks again at pods that wait for something outside of them. */
  retryBlocked(): void;
  /** No pod has a step to make or a status to write before time passes. */
  readonly idle: boolean;
  /** When the next pod moves on by itself. */
  nextDue(): number | undefined;
  stop(): void;
}

interface Entry {
  pod: Pod;
  timer?: Timer;
  dirty: boolean;
  writing: boolean;
}

/**
 * With so many pods on the move, what a step showed waits for the next one's write where that is near: as in a kubelet,
 * whose status manager writes the latest and skips what was meanwhile.
 */
const BUSY = 16;
const SOON = 50;
/** Bounds the steps a pod may make in one instant, whatever its annotations say. */
const MAX_STEPS = 1000;

export function createPlayer(options: PlayerOptions): Player {
  const { client, log, timing, pods, nodes, logs, sources } = options;
  const clock = new SharedClock(options.clock);
  const around = { now: () => clock.now(), timing, nodes, sources, othersOn };
  const entries = new Map<string, Entry>();
  /** Those whose next step is near. */
  const moving = new Set<Entry>();
  /** Those that wait for others to give resources back. */
  const deferred = new Set<Entry>();
  let writes = 0;
  let stopped = false;

  function observe(object: KubeObject): void {
    const { uid } = object.metadata;
    const entry = entries.get(uid!);
    if (entry) {
      const isResized = entry.pod.object.metadata.generation !== object.metadata.generation;
      entry.pod.object = object;
      if (isResized) resize(entry);
      if (takesNewImages(entry.pod) || takesGuests(entry.pod) || object.metadata.deletionTimestamp || entry.pod.blocked)
        advance(entry);
      else notice(entry, isResized);
      return;
    }
    if (isTerminal(object) && !object.metadata.deletionTimestamp) return;
    const pod = recallPod(object, options);
    const added: Entry = { pod, dirty: false, writing: false };
    entries.set(uid!, added);
    if (resizedContainers(pod).length > 0) resize(added);
    advance(added);
  }

  /** The only change to a running pod that its containers notice: they are made anew. */
  function takesNewImages(pod: Pod): boolean {
    const specs: KubeObject[] = [...(pod.object.spec.initContainers ?? []), ...(pod.object.spec.containers ?? [])];
    const changed = pod.containers.filter((container) => {
      const spec = specs.find(({ name }) => String(name) === container.name);
      if (!spec || spec.image === container.image) return false;
      container.spec = spec;
      container.image = spec.image;
      container.imageKnown = false;
      container.behaviour = behaviourOf(
        { pod: pod.object, container: container.name, image: spec.image },
        options.rules,
      ).behaviour;
      return container.phase === 'running' && container.kind !== 'init';
    });
    for (const container of changed)
      stopForRestart(pod, container, `Container ${container.name} definition changed, will be restarted`);
    return changed.length > 0;
  }

  /** Gives the containers what they ask for now, if the node has it. */
  function resize(entry: Entry): void {
    const { pod } = entry;
    const resized = resizedContainers(pod);
    const refusal = resized.length > 0 ? resizeRefusal(pod, othersOn(pod), nodes.allocatableOf(pod.node)) : undefined;
    delete pod.resize;
    deferred.delete(entry);
    if (refusal) pod.resize = refusal;
    if (refusal?.reason === 'Deferred') deferred.add(entry);
    if (refusal || resized.length === 0) return;
    const text = resizeText(pod);
    pod.events.push({ type: 'Normal', reason: 'ResizeStarted', message: `Pod resize started: ${text}` });
    for (const { container, wanted } of resized) {
      if (needsRestart(container, wanted))
        stopForRestart(pod, container, `Container ${container.name} resize requires restart`);
      container.resources = wanted;
    }
    pod.events.push({ type: 'Normal', reason: 'ResizeCompleted', message: `Pod resize completed: ${text}` });
    retryResizes();
  }

  function othersOn(pod: Pod): Pod[] {
    const all = [...entries.values()].map((entry) => entry.pod);
    return all.filter((other) => other.node === pod.node && other !== pod && !isOver(other));
  }

  /** Those that were put off may fit now. */
  function retryResizes(): void {
    for (const entry of [...deferred]) {
      if (!deferred.has(entry)) continue;
      resize(entry);
      entry.dirty = true;
      advance(entry);
    }
  }

  function stopForRestart(pod: Pod, container: Container, message: string): void {
    pod.events.push({ type: 'Normal', reason: 'Killing', message, container });
    exit({ container, pod, now: clock.now() }, 0, 'Completed');
  }

  /** Ephemeral containers join a running pod. */
  function takesGuests(pod: Pod): boolean {
    const { ephemeralContainers = [] } = pod.object.spec;
    const known = pod.containers.filter((container) => container.kind === 'ephemeral').length;
    if (ephemeralContainers.length === known) return false;
    for (const spec of ephemeralContainers.slice(known))
      pod.containers.push(containerOf(pod.object, spec, 'ephemeral', options));
    return true;
  }

  /** Readiness gates are set by others: the Ready condition follows them. What a resize gives shows in the status. */
  function notice(entry: Entry, isResized: boolean): void {
    if (entry.pod.phase !== 'sandboxed') return;
    if (!isResized && !entry.pod.object.spec.readinessGates?.length) return;
    entry.dirty = true;
    advance(entry);
  }

  function forget(object: KubeObject): void {
    const entry = entries.get(object.metadata.uid!);
    if (!entry) return;
    entry.timer?.cancel();
    moving.delete(entry);
    entries.delete(object.metadata.uid!);
    nodes.releaseIp(entry.pod.node, entry.pod.ip);
    deferred.delete(entry);
    retryResizes();
  }

  function advance(entry: Entry): void {
    entry.timer?.cancel();
    delete entry.timer;
    moving.delete(entry);
    if (stopped) return;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const step = nextStep(entry.pod);
      if (!step) break;
      if (step.due > clock.now()) {
        if (step.due === Number.POSITIVE_INFINITY) break;
        entry.timer = clock.setTimeout(() => advance(entry), step.due - clock.now());
        if (step.due - clock.now() > SOON) break;
        moving.add(entry);
        if (moving.size > BUSY) return;
        break;
      }
      step.play();
      if (step.quiet) tellEvents(entry.pod);
      else entry.dirty = true;
    }
    write(entry);
  }

  function nextStep(pod: Pod): Step | undefined {
    if (pod.object.metadata.deletionTimestamp) return stopStep(pod, around);
    if (isOver(pod)) return undefined;
    const own = podStep(pod, around);
    if (own) return own;
    let next: Step | undefined;
    for (const container of pod.containers) {
      const step = containerStep(sceneOf(pod, container));
      if (step && (!next || step.due < next.due)) next = step;
    }
    const deadline = deadlineStep(pod, around);
    return deadline && (!next || deadline.due < next.due) ? deadline : next;
  }

  function containerStep(scene: Scene): Step | undefined {
    let found: { stage: Stage; due: number } | undefined;
    for (const stage of CONTAINER_STAGES) {
      if (!stage.applies(scene)) continue;
      const due = stage.due(scene);
      if (!found || due < found.due) found = { stage, due };
    }
    if (!found) return undefined;
    const { stage, due } = found;
    return { due, quiet: stage.quiet, play: () => stage.play({ ...scene, now: clock.now() }) };
  }

  const sceneOf = (pod: Pod, container: Container): Scene => ({
    pod,
    container,
    now: clock.now(),
    timing,
    hasImage: () => nodes.hasImage(pod.node, container.image),
    keepImage: () => nodes.keepImage(pod.node, container.image),
    configError: () => {
      const error = sources.configError(pod.object, container.spec);
      pod.blocked = error;
      return error;
    },
    log: (text) => logs.append(pod.uid, container.name, container.restarts, text, clock.now()),
  });

  function write(entry: Entry): void {
    if (entry.writing || !entry.dirty || stopped) return;
    entry.writing = true;
    writes++;
    void report(entry).finally(() => {
      entry.writing = false;
      writes--;
      if (entry.dirty) write(entry);
    });
  }

  async function report(entry: Entry): Promise<void> {
    const { pod } = entry;
    entry.dirty = false;
    tellEvents(pod);
    try {
      if (pod.phase === 'stopped') await remove(pod);
      else await updateStatus(entry);
    } catch (error) {
      if (isNotFound(error)) forget(pod.object);
      else log.warn('pod status not written', { pod: pod.object.metadata.name, error });
    }
  }

  function tellEvents(pod: Pod): void {
    const recorder = options.recorderFor(pod.node);
    for (const { type, reason, message, container } of pod.events.splice(0)) {
      const list = container && LISTS[container.kind];
      recorder.event(pod.object, type, reason, message, container && { fieldPath: `spec.${list}{${container.name}}` });
    }
  }

  async function updateStatus(entry: Entry): Promise<void> {
    const { pod } = entry;
    const object = pods.get(pod.object.metadata.name, pod.object.metadata.namespace);
    if (!object || object.metadata.uid !== pod.uid) return;
    pod.object = object;
    const status = podStatus(pod, clock.now());
    if (equalJson(status, object.status)) return;
    try {
      await client.update(PODS, { ...object, status }, { subresource: 'status' });
    } catch (error) {
      // Someone wrote in between; once the informer has it the next attempt fits.
      if (!isConflict(error)) throw error;
      pod.object = await client.get(PODS, object.metadata.name, object.metadata.namespace);
      pods.observe(pod.object);
      if (pod.object.metadata.uid === pod.uid) entry.dirty = true;
    }
  }

  /** Those who wait for the pod's end by its finalizer must see how it ended; for others it just goes. */
  async function remove(pod: Pod): Promise<void> {
    const { name, namespace, finalizers } = pod.object.metadata;
    if (finalizers?.length && !isTerminal(pod.object)) {
      const status = podStatus(pod, clock.now());
      pod.object = await client.update(PODS, { ...pod.object, status }, { subresource: 'status' });
    }
    await client.delete(PODS, name, namespace, { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } });
  }

  return {
    observe,
    forget,
    reportAll: (node) => {
      for (const entry of entries.values()) {
        if (entry.pod.node !== node || entry.pod.phase === 'new') continue;
        entry.dirty = true;
        write(entry);
      }
    },
    retryBlocked: () => {
      for (const entry of entries.values()) if (entry.pod.blocked) advance(entry);
    },
    get idle() {
      return writes === 0;
    },
    nextDue: () => clock.nextDue(),
    stop: () => {
      stopped = true;
      clock.stop();
    },
  };
}

const LISTS: Record<Container['kind'], string> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
};
