/**
 * Deletes what its owners left behind. An owner's deletion asks for one of three things: nothing (background: its
 * dependents go after it), the finalizer `foregroundDeletion` (they go before it), or `orphan` (they stay).
 */
import { type KubeObject, type OwnerReference, parseApiVersion } from '../api/object.ts';
import { ignoreGone, isNotFound } from '../api/status.ts';
import type { Resource } from '../client/types.ts';
import type { AllResources } from './all-resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

export const garbageCollector = (all: AllResources): ControllerDefinition => ({
  name: 'garbage-collector-controller',
  component: 'garbage-collector-controller',
  setUp(context) {
    all.onChange(({ type, object, previous }) => {
      const { uid, ownerReferences, finalizers, deletionTimestamp } = object.metadata;
      if (type === 'deleted') {
        for (const { object: dependent } of all.dependentsOf(uid!)) context.enqueue(dependent.metadata.uid!);
        for (const owner of ownerReferences ?? []) context.enqueue(owner.uid);
        return;
      }
      const isNew = previous === undefined || previous.metadata.ownerReferences !== ownerReferences;
      if (ownerReferences?.length && isNew) context.enqueue(uid!);
      if (deletionTimestamp && finalizers?.some((each) => each === FOREGROUND || each === ORPHAN))
        context.enqueue(uid!);
    });
    return async (uid) => {
      await all.ready;
      const found = all.byUid(uid);
      if (!found) return;
      const { object, resource } = found;
      if (hasFinalizer(object, ORPHAN)) await orphanDependents(context, all, object, resource);
      else if (hasFinalizer(object, FOREGROUND)) await deleteDependentsFirst(context, all, object, resource);
      else if (!object.metadata.deletionTimestamp) await collect(context, all, object, resource);
    };
  },
});

const hasFinalizer = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(finalizer) ?? false);

async function orphanDependents(
  context: ControllerContext,
  all: AllResources,
  owner: KubeObject,
  resource: Resource,
): Promise<void> {
  for (const dependent of all.dependentsOf(owner.metadata.uid!))
    await dropOwners(context, dependent.object, dependent.resource, new Set([owner.metadata.uid!]));
  await removeFinalizer(context, owner, resource, ORPHAN);
}

async function deleteDependentsFirst(
  context: ControllerContext,
  all: AllResources,
  owner: KubeObject,
  resource: Resource,
): Promise<void> {
  const { uid } = owner.metadata;
  const dependents = all.dependentsOf(uid!);
  for (const { object, resource: kind } of dependents) {
    if (object.metadata.deletionTimestamp) continue;
    // One with another owner that lives stays, and only lets go of this one.
    const others = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
    const alive = others.some((reference) => isSolid(all, reference));
    if (alive) await dropOwners(context, object, kind, new Set([uid!]));
    else await remove(context, object, kind, 'Foreground');
  }
  const blocking = all
    .dependentsOf(uid!)
    .some(
      ({ object }) =>
        object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion) &&
        !ownsInTurn(all, object.metadata.uid!, uid!),
    );
  if (!blocking) await removeFinalizer(context, owner, resource, FOREGROUND);
}

/** Whether `owner` is among the dependents of `dependent`, near or far: in a circle nobody can go first. */
function ownsInTurn(all: AllResources, dependent: string, owner: string): boolean {
  const seen = new Set([dependent]);
  for (const uid of seen) // grows on the way
    for (const { object } of all.dependentsOf(uid)) seen.add(object.metadata.uid!);
  return seen.has(owner);
}

/** Deletes an object whose owners are all gone; one with some left lets go of the others. */
async function collect(
  context: ControllerContext,
  all: AllResources,
  object: KubeObject,
  resource: Resource,
): Promise<void> {
  const references = object.metadata.ownerReferences ?? [];
  if (references.length === 0) return;
  const dangling = new Set<string>();
  for (const reference of references) {
    const owner = all.byUid(reference.uid)?.object;
    if (owner ? isReachable(owner, object) : await exists(context, reference, object, resource)) continue;
    dangling.add(reference.uid);
    if (owner) tellForeign(context, object, reference);
  }
  if (dangling.size === 0) return;
  if (dangling.size < references.length) await dropOwners(context, object, resource, dangling);
  else
    await remove(
      context,
      object,
      resource,
      all.dependentsOf(object.metadata.uid!).length > 0 && object.metadata.finalizers?.includes(FOREGROUND)
        ? 'Foreground'
        : 'Background',
    );
}

/** Owners stand in the same namespace, or in none; those that belong to no namespace are left alone. */
const isReachable = ({ metadata: { namespace } }: KubeObject, { metadata }: KubeObject): boolean =>
  namespace === undefined || metadata.namespace === undefined || namespace === metadata.namespace;

function tellForeign({ recorder }: ControllerContext, object: KubeObject, reference: OwnerReference): void {
  const { namespace } = object.metadata;
  const { apiVersion, kind, name, uid } = reference;
  const message = `ownerRef [${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace}"`;
  recorder.event(object, 'Warning', 'OwnerRefInvalidNamespace', message);
}

const isSolid = (all: AllResources, reference: OwnerReference): boolean => {
  const owner = all.byUid(reference.uid);
  return owner !== undefined && !hasFinalizer(owner.object, FOREGROUND);
};

/** Asks the server: what the informers do not know may be of a kind they do not watch. */
async function exists(
  { client }: ControllerContext,
  { apiVersion, kind, name, uid }: OwnerReference,
  { metadata }: KubeObject,
  { namespaced }: Resource,
): Promise<boolean> {
  const owner = await client.resourceFor({ ...parseApiVersion(apiVersion), kind });
  if (!owner) return true; // of an unknown kind: nothing can be said of it
  if (owner.namespaced && !namespaced) return true;
  try {
    const found = await client.get<KubeObject>(owner, name, owner.namespaced ? metadata.namespace : undefined);
    return found.metadata.uid === uid;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function remove(
  { client }: ControllerContext,
  { metadata }: KubeObject,
  resource: Resource,
  propagationPolicy: 'Foreground' | 'Background',
): Promise<void> {
  const options = { propagationPolicy, preconditions: { uid: metadata.uid } };
  await client.delete(resource, metadata.name, metadata.namespace, options).catch(ignoreGone);
}

async function dropOwners(
  { client }: ControllerContext,
  { metadata }: KubeObject,
  resource: Resource,
  uids: Set<string>,
): Promise<void> {
  const kept = (metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid));
  const patch = { metadata: { uid: metadata.uid, ownerReferences: kept.length > 0 ? kept : null } };
  await client.patch(resource, metadata.name, metadata.namespace, patch, { type: 'merge' }).catch(ignoreGone);
}

async function removeFinalizer(
  { client }: ControllerContext,
  { metadata }: KubeObject,
  resource: Resource,
  finalizer: string,
): Promise<void> {
  const finalizers = metadata.finalizers?.filter((each) => each !== finalizer);
  const patch = {
    metadata: { resourceVersion: metadata.resourceVersion, finalizers: finalizers?.length ? finalizers : null },
  };
  await client.patch(resource, metadata.name, metadata.namespace, patch, { type: 'merge' }).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
}
