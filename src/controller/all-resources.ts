/** Informers for everything the cluster serves that can be listed, watched and deleted, custom resources too. */
import type { KubeObject } from '../api/object.ts';
import type { Change, Informer } from '../client/informer.ts';
import type { Informers } from '../client/informers.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../client/resources.ts';
import type { Resource } from '../client/types.ts';
import type { Logger } from '../log.ts';

export interface AllResources {
  /** Resolves when what is served is known and listed. */
  ready: Promise<void>;
  readonly informers: Map<string, { resource: Resource; informer: Informer }>;
  /** Calls for every change of every object, also of resources that come later. */
  onChange(handler: (change: Change, resource: Resource) => void): void;
  byUid(uid: string): { object: KubeObject; resource: Resource } | undefined;
  /** Objects with an owner reference to `uid`. */
  dependentsOf(uid: string): { object: KubeObject; resource: Resource }[];
}

const NEEDED = ['list', 'watch', 'delete'];
/** Events have no owners and come in numbers. */
const LEFT_OUT = new Set(['events']);

export function watchAllResources(informers: Informers, log: Logger): AllResources {
  const known: AllResources['informers'] = new Map();
  const handlers: ((change: Change, resource: Resource) => void)[] = [];
  const uids = new Map<string, { object: KubeObject; resource: Resource }>();
  const dependents = new Map<string, Set<string>>();

  async function discover(refresh: boolean): Promise<void> {
    const synced: Promise<void>[] = [];
    for (const resource of await informers.client.resources({ refresh })) {
      const id = `${resource.resource}.${resource.group}`;
      // One version of a group shows all its objects.
      if (known.has(id) || LEFT_OUT.has(resource.resource) || !NEEDED.every((verb) => resource.verbs.includes(verb)))
        continue;
      const informer = informers.for(resource);
      known.set(id, { resource, informer });
      informer.onChange((change) => {
        note(change, resource);
        for (const handler of handlers) handler(change, resource);
      });
      synced.push(informer.synced());
    }
    await Promise.all(synced);
  }

  function note({ type, object, previous }: Change, resource: Resource): void {
    const uid = object.metadata.uid!;
    if (previous)
      for (const { uid: owner } of previous.metadata.ownerReferences ?? []) dependents.get(owner)?.delete(uid);
    if (type === 'deleted') {
      uids.delete(uid);
      for (const { uid: owner } of object.metadata.ownerReferences ?? []) drop(owner, uid);
      return;
    }
    uids.set(uid, { object, resource });
    for (const { uid: owner } of object.metadata.ownerReferences ?? [])
      dependents.set(owner, (dependents.get(owner) ?? new Set()).add(uid));
  }

  function drop(owner: string, uid: string): void {
    const set = dependents.get(owner);
    set?.delete(uid);
    if (set?.size === 0) dependents.delete(owner);
  }

  const ready = discover(false);
  ready.catch((error) => log.warn('resources not discovered', { error }));
  void ready.then(
    () =>
      known
        .get(`${CUSTOM_RESOURCE_DEFINITIONS.resource}.${CUSTOM_RESOURCE_DEFINITIONS.group}`)
        ?.informer.onChange(({ type }) => {
          if (type !== 'deleted') discover(true).catch((error) => log.debug('resources not discovered', { error }));
        }),
    () => {},
  );

  return {
    ready,
    informers: known,
    onChange: (handler) => void handlers.push(handler),
    byUid: (uid) => uids.get(uid),
    dependentsOf: (uid) => [...(dependents.get(uid) ?? [])].flatMap((dependent) => uids.get(dependent) ?? []),
  };
}
