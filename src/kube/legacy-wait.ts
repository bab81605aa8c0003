/** Waits as Helm 3 did: asks for one object after the other, again and again, until each is ready by its rules. */
import type { KubeObject } from '../api/object.ts';
import { fromLabels, printLabelSelector } from '../api/selectors.ts';
import { isNotFound, StatusError } from '../api/status.ts';
import { REPLICA_SETS } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import { sleep } from '../clock.ts';
import { type LegacyRule, legacyRule, type Related } from './legacy-status.ts';
import { podsOf } from './pods.ts';
import { type KubeResource, readResource } from './resource.ts';
import { type ObjectStatus, UNKNOWN } from './status.ts';
import { type ResourceStatus, WaitError, type WaitOptions } from './wait.ts';

/** Milliseconds between two rounds: few at first, as what is small is soon ready. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** How often in a row the server may fail to answer about an object. */
const RETRIES = 30;

const READY: ObjectStatus = { readiness: 'Current', message: 'Resource is ready' };
const NOT_READY: ObjectStatus = { readiness: 'InProgress', message: 'not ready' };
const GONE: ObjectStatus = { readiness: 'NotFound', message: 'Resource is gone' };

/** Resolves when all are ready. Throws WaitError on time-out and on abort, and what a rule throws. */
export async function waitUntilReadyAsBefore(
  resources: KubeResource[],
  { jobs }: { jobs: boolean },
  options: WaitOptions,
): Promise<void> {
  const asked = resources.flatMap((resource) => {
    const rule = legacyRule(resource.object, { jobs });
    return rule ? [{ resource, rule }] : [];
  });
  const rules = new Map<KubeResource, LegacyRule>(asked.map(({ resource, rule }) => [resource, rule]));
  await pollInTurn(
    asked.map(({ resource }) => resource),
    options,
    async (resource) => {
      const live = await readResource(resource, options.client);
      const isReady = await rules.get(resource)!(live, relatedTo(options.client, live));
      return { live, ...(isReady ? READY : NOT_READY) };
    },
  );
}

/** Resolves when none is there any more. */
export const waitUntilDeletedAsBefore = (resources: KubeResource[], options: WaitOptions): Promise<void> =>
  pollInTurn(resources, options, async (resource) => {
    try {
      return { live: await readResource(resource, options.client), ...NOT_READY };
    } catch (error) {
      if (isNotFound(error)) return { live: undefined, ...GONE };
      throw error;
    }
  });

/** Resolves when jobs and pods have run to their end; other hooks are done once they are created. */
export const waitForHooksAsBefore = (resources: KubeResource[], options: WaitOptions): Promise<void> =>
  pollInTurn(
    resources.filter(({ object }) => object.kind === 'Job' || object.kind === 'Pod'),
    options,
    async (resource) => {
      const live = await readResource(resource, options.client).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      return live ? { live, ...(isDone(live) ? READY : NOT_READY) } : { live, ...GONE };
    },
    'timed out waiting for the condition',
  );

function isDone({ kind, metadata, status }: KubeObject): boolean {
  if (kind === 'Pod') {
    if (status?.phase === 'Failed') throw new Error(`pod ${metadata.name} failed`);
    return status?.phase === 'Succeeded';
  }
  const ends = ((status?.conditions ?? []) as { type: string; status: string; reason?: string }[]).filter(
    (condition) => condition.status === 'True',
  );
  const failure = ends.find(({ type }) => type === 'Failed');
  if (failure) throw new Error(`job ${metadata.name} failed: ${failure.reason ?? ''}`);
  return ends.some(({ type }) => type === 'Complete');
}

const relatedTo = (client: Client, object: KubeObject): Related => ({
  async replicaSets() {
    const { uid, namespace = '' } = object.metadata;
    const labelSelector = printLabelSelector(fromLabels(object.spec?.selector?.matchLabels ?? {}));
    const { items } = await client.list(REPLICA_SETS, { namespace, labelSelector });
    return items.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  },
  pods: () => podsOf(client, object, object.metadata.namespace ?? ''),
});

type Ask = (resource: KubeResource) => Promise<ObjectStatus & { live: KubeObject | undefined }>;

/** A round ends at the first that is not done yet: those behind it are not worth a request. */
async function pollInTurn(
  resources: KubeResource[],
  { clock, timeout, signal, onProgress }: WaitOptions,
  ask: Ask,
  overdue = 'context deadline exceeded',
): Promise<void> {
  const statuses: ResourceStatus[] = resources.map((resource) => ({ resource, live: undefined, ...UNKNOWN }));
  const failures = new Map<ResourceStatus, number>();
  const end = clock.now() + (timeout || Number.POSITIVE_INFINITY);
  const isRoundDone = async (): Promise<boolean> => {
    for (const status of statuses) {
      try {
        Object.assign(status, await ask(status.resource));
        failures.delete(status);
      } catch (error) {
        const times = (failures.get(status) ?? 0) + 1;
        failures.set(status, times);
        if (isFinal(error) || times > RETRIES) throw failed(error as Error, statuses, status);
        return false;
      } finally {
        onProgress?.(statuses);
      }
      if (status.readiness === 'InProgress') return false;
    }
    return true;
  };
  for (let pause = FIRST_PAUSE; !(await isRoundDone()); pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const left = end - clock.now();
    if (left <= 0) throw new WaitError(overdue, unready(statuses));
    await sleep(clock, Math.min(pause, left), signal).catch(() => {
      throw new WaitError('context canceled', unready(statuses));
    });
  }
}

const unready = (statuses: ResourceStatus[]): ResourceStatus[] =>
  statuses.filter(({ readiness }) => readiness !== 'Current' && readiness !== 'NotFound');

/** A server that is busy or out of order may answer yet; what a rule or a refusal says stays so. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof StatusError)) return !(error as NodeJS.ErrnoException).code;
  return error.code !== 429 && (error.code < 500 || error.code === 501);
}

function failed(error: Error, statuses: ResourceStatus[], status: ResourceStatus): Error {
  Object.assign(status, { readiness: 'Failed', message: error.message });
  return new WaitError(error.message, unready(statuses));
}
