/**
 * Moves what a manager owns by plain updates to what it owns by server-side apply, so that fields which a manifest no
 * longer has do go away. As client-go's csaupgrade.
 */
import type { KubeObject } from '../api/object.ts';
import { isConflict } from '../api/status.ts';
import type { Client } from '../client/types.ts';
import { type KubeResource, readResource } from './resource.ts';

interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: FieldSet;
  [field: string]: unknown;
}
interface FieldSet {
  [path: string]: FieldSet;
}

const ATTEMPTS = 5;

export async function upgradeFieldManager(
  client: Client,
  target: KubeResource,
  live: KubeObject,
  manager: string,
): Promise<void> {
  for (let attempt = 1, object = live; ; attempt++) {
    const managedFields = upgradedFields((object.metadata.managedFields ?? []) as ManagedFields[], manager);
    if (!managedFields) return;
    try {
      await client.patch(target.resource, target.name, target.namespace, patchOf(object, managedFields), {
        type: 'json',
        fieldManager: manager,
        fieldValidation: 'Strict',
      });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      object = await readResource(target, client);
    }
  }
}

const patchOf = (object: KubeObject, managedFields: ManagedFields[]) => [
  { op: 'replace', path: '/metadata/managedFields', value: managedFields },
  { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
];

/** The new list, or undefined where the manager owns nothing by updates. */
export function upgradedFields(list: ManagedFields[], manager: string): ManagedFields[] | undefined {
  const isPlain = (entry: ManagedFields) =>
    entry.manager === manager && entry.operation === 'Update' && !entry.subresource;
  const isApply = (entry: ManagedFields) =>
    entry.manager === manager && entry.operation === 'Apply' && !entry.subresource;
  const plain = list.filter(isPlain);
  if (plain.length === 0) return undefined;
  const applied = list.find(isApply) ?? { ...plain[0]!, operation: 'Apply' };
  const fieldsV1 = [applied, ...plain].reduce<FieldSet>((all, entry) => union(all, entry.fieldsV1 ?? {}), {});
  const merged = { ...applied, fieldsV1 };
  const rest = list.filter((entry) => !isPlain(entry) && !isApply(entry));
  return [merged, ...rest];
}

function union(a: FieldSet, b: FieldSet): FieldSet {
  const both: FieldSet = { ...a };
  for (const [path, below] of Object.entries(b)) both[path] = Object.hasOwn(a, path) ? union(a[path]!, below) : below;
  return both;
}
