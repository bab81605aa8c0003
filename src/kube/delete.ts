/** Deletes resources. What is gone already counts as deleted. */
import type { KubeObject } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import type { Client, DeleteOptions } from '../client/types.ts';
import { checkName, inKindOrder, type KubeResource } from './resource.ts';

export type Propagation = NonNullable<DeleteOptions['propagationPolicy']>;

export interface Deletion {
  errors: Error[];
  /** Those that finalizers or a grace period still keep. */
  remaining: KubeResource[];
}

/** Every resource is tried. */
export async function deleteResources(
  client: Client,
  resources: KubeResource[],
  propagationPolicy: Propagation = 'Background',
): Promise<Deletion> {
  const deletion: Deletion = { errors: [], remaining: [] };
  await inKindOrder(resources, async (resource) => {
    try {
      const isKept = await deleteResource(client, resource, propagationPolicy);
      if (isKept) deletion.remaining.push(resource);
    } catch (error) {
      if (!isNotFound(error)) deletion.errors.push(error as Error);
    }
  });
  return deletion;
}

const ATTEMPTS = 5;

/** Answers whether the object is still there. */
export async function deleteResource(
  client: Client,
  target: KubeResource,
  propagationPolicy: Propagation = 'Background',
): Promise<boolean> {
  checkName(target);
  const { resource, name, namespace } = target;
  for (let attempt = 1; ; attempt++)
    try {
      const answer = await client.delete(resource, name, namespace, { propagationPolicy });
      // Some kinds answer with the object that is gone; one that stays for a while says since when.
      return (answer as KubeObject | undefined)?.metadata?.deletionTimestamp !== undefined;
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
}
