/** Waits until resources are ready, or gone, by watching them. */
import { gvkOf, type KubeObject } from '../api/object.ts';
import { typeOf } from '../api/scheme.ts';
import { hasReason } from '../api/status.ts';
import { Informer, toKey } from '../client/informer.ts';
import type { Client } from '../client/types.ts';
import { type Clock, sleep } from '../clock.ts';
import type { KubeResource } from './resource.ts';
import { isReadyOnceWritten, NOT_FOUND, type ObjectStatus, statusOf, UNKNOWN, type WaitGoal } from './status.ts';

export interface WaitOptions {
  client: Client;
  clock: Clock;
  /** Milliseconds; 0 means 30 seconds, as in Helm. */
  timeout: number;
  signal?: AbortSignal;
  /** Called with all of them whenever one changes. */
  onProgress?(statuses: ResourceStatus[]): void;
  /** What the server answered when they were written: what was ready then is not asked for again. */
  written?: ReadonlyMap<KubeResource, KubeObject>;
  /** Looks for what can never become ready, so that the wait need not last. */
  findHopeless?(statuses: ResourceStatus[]): Promise<boolean>;
}

export interface ResourceStatus extends ObjectStatus {
  resource: KubeResource;
  /** As last seen; undefined when it is not there. */
  live: KubeObject | undefined;
}

/** A wait that did not reach its goal: Helm's text, and what is not ready. */
export class WaitError extends Error {
  readonly unready: ResourceStatus[];
  constructor(message: string, unready: ResourceStatus[]) {
    super(message);
    this.name = 'WaitError';
    this.unready = unready;
  }
}

const DEFAULT_TIMEOUT = 30_000;

/** Resolves when all are ready. Throws WaitError when one has failed for good, on time-out and on abort. */
export async function waitUntilReady(resources: KubeResource[], goal: WaitGoal, options: WaitOptions): Promise<void> {
  const isReadyAsWritten = (resource: KubeResource): boolean => {
    const object = options.written?.get(resource);
    // What has no status yet says nothing about an object of a kind that the server does not know by itself.
    const isBuiltIn = object !== undefined && typeOf(gvkOf(object)) !== undefined;
    return isBuiltIn && statusOf(object, goal, options.clock.now()).readiness === 'Current';
  };
  const watched = resources.filter(
    (resource) =>
      !isReadyOnceWritten(resource.object, goal) &&
      (goal === 'hooks' || !isPausedDeployment(resource.object)) &&
      !isReadyAsWritten(resource),
  );
  const outcome = await watchStatuses(watched, options, {
    statusOf: (object) => (object === undefined ? NOT_FOUND : statusOf(object, goal, options.clock.now())),
    // What has failed for good needs no more waiting, but the others still do.
    isSettled: ({ readiness }) => readiness === 'Current' || readiness === 'Failed',
  });
  const unready = outcome.statuses.filter(({ readiness }) => readiness !== 'Current');
  const lines = unready.map((status) => `resource ${identify(status)} not ready. ${printStatus(status)}`);
  finish([...lines, ...outcome.ended], unready);
}

/** Resolves when none is there any more. */
export async function waitUntilDeleted(resources: KubeResource[], options: WaitOptions): Promise<void> {
  const outcome = await watchStatuses(resources, options, {
    statusOf: (object) => (object === undefined ? NOT_FOUND : statusOf(object, 'ready', options.clock.now())),
    isSettled: ({ readiness }) => readiness === 'NotFound',
  });
  const left = outcome.statuses.filter(({ readiness }) => readiness !== 'NotFound' && readiness !== 'Unknown');
  const lines = left.map((status) => `resource ${identify(status)} still exists. ${printStatus(status)}`);
  finish([...lines, ...outcome.ended], left);
}

const isPausedDeployment = (object: KubeObject) =>
  object.kind === 'Deployment' && object.apiVersion === 'apps/v1' && object.spec?.paused === true;

const identify = ({ resource }: ResourceStatus) =>
  `${resource.object.kind}/${resource.namespace ?? ''}/${resource.name}`;
const printStatus = ({ readiness, message }: ResourceStatus) => `status: ${readiness}, message: ${message}`;

function finish(lines: string[], unready: ResourceStatus[]): void {
  if (lines.length > 0) throw new WaitError(lines.join('\n'), unready);
}

interface Rules {
  statusOf(object: KubeObject | undefined): ObjectStatus;
  isSettled(status: ObjectStatus): boolean;
}

/** Watches until every status is settled, the time is up, or the signal aborts; `ended` says which of the latter. */
async function watchStatuses(
  resources: KubeResource[],
  { client, clock, timeout, signal, onProgress, findHopeless }: WaitOptions,
  rules: Rules,
): Promise<{ statuses: ResourceStatus[]; ended: string[] }> {
  if (resources.length === 0) return { statuses: [], ended: [] };
  const statuses: ResourceStatus[] = resources.map((resource) => ({ resource, live: undefined, ...UNKNOWN }));
  const stop = new AbortController();
  let ended: string[] = [];
  let failure: unknown;
  const end = (why?: string): void => {
    if (stop.signal.aborted) return;
    if (why !== undefined) ended = [why];
    stop.abort();
  };
  const check = (): void => {
    if (stop.signal.aborted) return;
    onProgress?.(statuses);
    if (statuses.every(rules.isSettled)) end();
  };

  const timer = clock.setTimeout(() => end('context deadline exceeded'), timeout || DEFAULT_TIMEOUT);
  const onAbort = () => end('context canceled');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();

  const groups = groupsOf(statuses);
  const informers = groups.map((group) => {
    const { resource, namespace } = group[0]!.resource;
    const byKey = new Map(group.map((status) => [toKey(status.resource.name, namespace), status]));
    const informer = new Informer(resource, {
      client,
      clock,
      ...(namespace !== undefined && { namespace }),
      ...(group.length === 1 && { fieldSelector: `metadata.name=${group[0]!.resource.name}` }),
      onError(error) {
        if (!hasReason(error, 'Forbidden')) return;
        failure ??= error;
        end();
      },
    });
    informer.onChange(({ type, object }) => {
      const status = byKey.get(toKey(object.metadata.name, object.metadata.namespace));
      if (!status) return;
      const live = type === 'deleted' ? undefined : object;
      Object.assign(status, rules.statusOf(live), { live });
      if (synced) check();
    });
    return { informer, group };
  });

  let synced = false;
  const stopped = new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([Promise.all(informers.map(({ informer }) => informer.synced())), stopped]);
    synced = true;
    if (!stop.signal.aborted)
      for (const status of statuses)
        if (status.readiness === 'Unknown') Object.assign(status, rules.statusOf(status.live));
    check();
    const hopeless = findHopeless && watchForHopeless(statuses, findHopeless, clock, stop.signal);
    await Promise.race([stopped, hopeless?.then((found) => found && end()) ?? stopped]);
    await stopped;
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
    stop.abort();
    await Promise.all(informers.map(({ informer }) => informer.stop()));
  }
  if (failure) throw failure;
  return { statuses, ended };
}

const HOPELESS_INTERVAL = 2000;

/** Asks now and then; resolves to true when there is no hope, to false when the wait is over. */
async function watchForHopeless(
  statuses: ResourceStatus[],
  findHopeless: NonNullable<WaitOptions['findHopeless']>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    await sleep(clock, HOPELESS_INTERVAL, signal).catch(() => {}); // the signal ends the loop
    if (!signal.aborted && (await findHopeless(statuses).catch(() => false))) return true;
  }
  return false;
}

/** Resources that one list and one watch can follow. */
function groupsOf(statuses: ResourceStatus[]): ResourceStatus[][] {
  const groups = new Map<string, ResourceStatus[]>();
  for (const status of statuses) {
    const { resource, namespace } = status.resource;
    const key = `${resource.group}/${resource.version}/${resource.resource}/${namespace ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(status);
    else groups.set(key, [status]);
  }
  return [...groups.values()];
}
