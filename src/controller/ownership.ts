/** Who controls what: owner references, and taking in or letting go of objects by selector. */
import type { GroupVersionResource, KubeObject, OwnerReference } from '../api/object.ts';
import { type LabelSelector, matchesLabels } from '../api/selectors.ts';
import { isNotFound } from '../api/status.ts';
import type { Informer } from '../client/informer.ts';
import type { Client } from '../client/types.ts';

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((reference) => reference.controller);

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

export const ownerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

/** Indices by controller and for objects without one: adds them to the informer. */
export function indexByController(informer: Informer): void {
  informer.addIndex('controller', (object) => {
    const uid = controllerOf(object)?.uid;
    return uid === undefined ? [] : [uid];
  });
  informer.addIndex('orphan', (object) => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']));
}

export const ownedBy = (informer: Informer, owner: KubeObject): KubeObject[] =>
  informer.byIndex('controller', owner.metadata.uid!);

export interface Claim {
  client: Client;
  informer: Informer;
  resource: GroupVersionResource;
  owner: KubeObject;
  selector: LabelSelector | undefined;
  /** Whether an orphan may be adopted; absent: any. */
  adoptable?(object: KubeObject): boolean;
  /** One that the owner keeps on what is its own. */
  finalizer?: string;
}

/**
 * The objects `owner` controls: those it has and still selects, and orphans it selects, which are adopted. Those it
 * has but no longer selects are released.
 */
export async function claim(claim: Claim): Promise<KubeObject[]> {
  const { informer, owner, selector, adoptable } = claim;
  const claimed: KubeObject[] = [];
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  for (const object of ownedBy(informer, owner))
    if (matchesLabels(selector, object.metadata.labels)) claimed.push(object);
    else if (!deleting) await release(claim, object);
  if (deleting) return claimed;
  for (const orphan of informer.byIndex('orphan', owner.metadata.namespace ?? '')) {
    if (orphan.metadata.deletionTimestamp || !matchesLabels(selector, orphan.metadata.labels)) continue;
    if (adoptable && !adoptable(orphan)) continue;
    const adopted = await adopt(claim, orphan);
    if (adopted) claimed.push(adopted);
  }
  return claimed;
}

function adopt(
  { client, resource, owner, finalizer }: Claim,
  { metadata }: KubeObject,
): Promise<KubeObject | undefined> {
  const finalizers = metadata.finalizers ?? [];
  return patchIfThere(client, resource, metadata.name, metadata.namespace, {
    metadata: {
      uid: metadata.uid,
      ownerReferences: [...(metadata.ownerReferences ?? []), ownerReference(owner)],
      ...(finalizer && !finalizers.includes(finalizer) && { finalizers: [...finalizers, finalizer] }),
    },
  });
}

async function release({ client, resource, owner, finalizer }: Claim, { metadata }: KubeObject): Promise<void> {
  const rest = metadata.ownerReferences?.filter((reference) => reference.uid !== owner.metadata.uid);
  const finalizers = metadata.finalizers?.filter((each) => each !== finalizer);
  await patchIfThere(client, resource, metadata.name, metadata.namespace, {
    metadata: {
      uid: metadata.uid,
      ownerReferences: rest?.length ? rest : null,
      ...(finalizer && { finalizers: finalizers?.length ? finalizers : null }),
    },
  });
}

async function patchIfThere(
  client: Client,
  resource: GroupVersionResource,
  name: string,
  namespace: string | undefined,
  patch: unknown,
): Promise<KubeObject | undefined> {
  try {
    return await client.patch(resource, name, namespace, patch, { type: 'merge' });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
