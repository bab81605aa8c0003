/** What a controller is, and the loop that runs one: keys in, `reconcile(key)`, back-off when it fails. */
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import type { Informer } from '../client/informer.ts';
import type { Informers } from '../client/informers.ts';
import type { Client } from '../client/types.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

/** One row of the table in start.ts. */
export interface ControllerDefinition {
  /** As kube-controller-manager's `--controllers` names it. */
  name: string;
  /** The component that its events come from. */
  component: string;
  setUp(context: ControllerContext): Reconcile;
}

/** Brings one object to its desired state; answers in how many milliseconds to look again, if at all. */
export type Reconcile = (key: string) => Promise<number | undefined> | Promise<void>;

export interface ControllerContext {
  /** Writes through it are in the informers when they return. */
  client: Client;
  clock: Clock;
  log: Logger;
  recorder: EventRecorder;
  informer<T extends KubeObject = KubeObject>(resource: GroupVersionResource): Informer<T>;
  enqueue(key: string): void;
  enqueueAfter(key: string, ms: number): void;
}

export interface RunningController {
  name: string;
  readonly idle: boolean;
  /** Failed attempts since the start, for metrics. */
  readonly failures: number;
  readonly depth: number;
  recorder: EventRecorder;
  stop(): void;
}

export interface RunOptions {
  informers: Informers;
  client: Client;
  clock: Clock;
  log: Logger;
}

export function runController(
  definition: ControllerDefinition,
  { informers, client, clock, log }: RunOptions,
): RunningController {
  const { name } = definition;
  let failures = 0;
  const recorder = createEventRecorder({
    client,
    clock,
    component: definition.component,
    urgent: () => informers.writes,
    onError: (error) => log.debug('event not recorded', { controller: name, error }),
  });
  let reconcile: Reconcile = async () => {};
  const queue = new WorkQueue({
    clock,
    reconcile: (key) => reconcile(key),
    onError: (key, error, times) => {
      failures++;
      // A conflict only says that the copy was old; a missing object that it was deleted meanwhile.
      const level = isConflict(error) || isNotFound(error) ? 'debug' : 'warn';
      log[level](`controller ${name}: reconcile "${key}" failed`, { error, times });
    },
  });
  reconcile = definition.setUp({
    client,
    clock,
    log,
    recorder,
    informer: (resource) => informers.for(resource),
    enqueue: (key) => queue.add(key),
    enqueueAfter: (key, ms) => queue.addAfter(key, ms),
  });
  return {
    name,
    recorder,
    get idle() {
      return queue.idle;
    },
    get failures() {
      return failures;
    },
    get depth() {
      return queue.depth;
    },
    stop: () => {
      queue.stop();
      recorder.stop();
    },
  };
}
