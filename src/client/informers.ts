/** One informer a resource, shared by all who ask, and a client whose writes the informers see at once. */
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import type { Clock } from '../clock.ts';
import { Informer } from './informer.ts';
import type { Client } from './types.ts';

export interface Informers {
  /** The client to write with: what its writes answer is in the informers before the caller goes on. */
  readonly client: Client;
  /** The same for a component that goes by this name, to which its writes are put down. */
  clientOf(userAgent: string): Client;
  /** How many writes its client was asked for so far, those of events aside. */
  readonly writes: number;
  for<T extends KubeObject = KubeObject>(resource: GroupVersionResource): Informer<T>;
  /** Starts every informer asked for so far; resolves when all hold their first list. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}

export interface InformersOptions {
  client: Client;
  clock: Clock;
  onError?(resource: GroupVersionResource, error: unknown): void;
}

export function createInformers({ client, clock, onError }: InformersOptions): Informers {
  const informers = new Map<string, Informer>();
  const idOf = ({ group, resource }: GroupVersionResource) => `${resource}.${group}`;

  const observe = <T extends KubeObject>(resource: GroupVersionResource, object: T): T => {
    if (object?.metadata?.resourceVersion) informers.get(idOf(resource))?.observe(object);
    return object;
  };
  let writes = 0;
  const counted = <T>(resource: GroupVersionResource, answer: T): T => {
    if (resource.resource !== 'events') writes++;
    return answer;
  };
  const writingWith = (client: Client): Client => ({
    ...client,
    create: async (resource, object, options) => {
      const answer = await counted(resource, client.create(resource, object, options));
      // A created subresource answers with something else than the object.
      return options?.subresource || options?.dryRun ? answer : observe(resource, answer);
    },
    update: async (resource, object, options) => {
      const answer = await counted(resource, client.update(resource, object, options));
      return isOther(options?.subresource) || options?.dryRun ? answer : observe(resource, answer);
    },
    patch: async <T extends KubeObject>(...args: Parameters<Client['patch']>) => {
      const [resource, , , , options] = args;
      const answer = await counted(resource, client.patch<T>(...args));
      return isOther(options.subresource) || options.dryRun ? answer : observe(resource, answer);
    },
    delete: async (resource, name, namespace, options) => {
      const held = informers.get(idOf(resource))?.get(name, namespace);
      const deletion = client.delete(resource, name, namespace, options);
      const answer = (await counted(resource, deletion)) as KubeObject | undefined;
      if (options?.dryRun) return answer;
      if (answer?.kind === 'Status' && held) informers.get(idOf(resource))?.forget(held);
      else if (answer && answer.kind !== 'Status') observe(resource, answer);
      return answer;
    },
  });
  const writing = writingWith(client);

  return {
    client: writing,
    clientOf: (userAgent) => writingWith(client.named(userAgent)),
    get writes() {
      return writes;
    },
    for<T extends KubeObject>(resource: GroupVersionResource): Informer<T> {
      const id = idOf(resource);
      const known = informers.get(id);
      if (known) return known as unknown as Informer<T>;
      const informer = new Informer<T>(resource, { client, clock, onError: (error) => onError?.(resource, error) });
      informers.set(id, informer as unknown as Informer);
      return informer;
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced()));
    },
    async stop() {
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}

/** Subresources whose writes answer with something else than the object itself. */
const isOther = (subresource: string | undefined) =>
  subresource !== undefined &&
  !['status', 'finalize', 'ephemeralcontainers', 'resize', 'approval'].includes(subresource);

/**
 * Resolves when `isIdle` has held through two turns of the event loop. In one process a watch is only microtasks
 * behind its store, and a turn runs them all: what is still quiet after two has nothing coming.
 */
export async function untilQuiet(isIdle: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < 2; quiet = isIdle() ? quiet + 1 : 0)
    await new Promise((resolve) => setImmediate(resolve));
}
