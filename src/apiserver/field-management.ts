/** Who set which field: managedFields kept by every write, and server-side apply, which is decided by them. */
import { type Applied, serverSideApply } from '../api/apply.ts';
import { invalidField } from '../api/field-error.ts';
import { ShapeError } from '../api/field-walks.ts';
import type { JsonObject } from '../api/json.ts';
import { type ManagedFieldsEntry, updateManagedFields } from '../api/managed-fields.ts';
import { DEDUCED, type MergeSchema, mergeSchemaOf } from '../api/merge-schema.ts';
import { type GroupVersionKind, type KubeObject, metaKind, timestamp } from '../api/object.ts';
import { typeOf } from '../api/scheme.ts';
import type { Call, Draft } from './call.ts';
import { emptyObject } from './empty-objects.ts';
import { isTrue } from './request-info.ts';
import type { ResourceType } from './resources.ts';

/** Sets the draft's managedFields as this write by this manager leaves them; none where they cannot be told. */
export function trackFields(call: Call, live: KubeObject | undefined, draft: Draft): void {
  const managedFields = fieldsAfter(call, live, draft);
  if (managedFields === undefined) delete draft.metadata.managedFields;
  else draft.metadata.managedFields = managedFields;
}

function fieldsAfter(call: Call, live: KubeObject | undefined, draft: Draft): ManagedFieldsEntry[] | undefined {
  try {
    return updateManagedFields({
      live,
      updated: draft,
      manager: managerOf(call),
      ...keptShapeOf(call),
      now: timestamp(call.api.clock.now()),
      ...resetBy(call),
    });
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

/** Lays the configuration over `live`; throws the conflicts with other managers unless forced. */
export function applyConfiguration(
  call: Call,
  kind: GroupVersionKind,
  live: KubeObject | undefined,
  applied: KubeObject,
): Applied {
  const { query } = call.request;
  const manager = query.get('fieldManager') ?? '';
  if (manager === '')
    throw invalidField(metaKind('PatchOptions'), '', 'fieldManager', (at) =>
      at.required('is required for apply patch'),
    );
  return serverSideApply({
    live,
    applied,
    manager,
    force: isTrue(query.get('force')),
    ...shapeOf(call, kind),
    now: timestamp(call.api.clock.now()),
    ...resetBy(call),
  });
}

/** As Kubernetes: what the client calls itself, else the start of its user agent. */
function managerOf({ request }: Call): string {
  const named = request.query.get('fieldManager');
  if (named) return named;
  return (request.headers['user-agent'] ?? '').split('/', 1)[0]!.slice(0, 128);
}

interface Shape {
  schema: MergeSchema;
  empty: JsonObject;
}

const shapeOf = ({ type }: Call, kind: GroupVersionKind): Shape => ({
  schema: mergeSchemaFor(type, kind),
  empty: emptyObject(kind),
});

const keptShapes = new WeakMap<ResourceType, Shape>();

/** Of the type as it is kept, which every write asks for. */
function keptShapeOf(call: Call): Shape {
  const { type } = call;
  let shape = keptShapes.get(type);
  if (shape === undefined) {
    shape = shapeOf(call, { ...type.storage, kind: type.kind });
    keptShapes.set(type, shape);
  }
  return shape;
}

/** How parts of the type's objects merge; `kind` is the one that a built-in type has in another version. */
export function mergeSchemaFor(type: ResourceType, kind: GroupVersionKind = type): MergeSchema {
  const struct = type.decode === undefined ? typeOf(kind) : undefined;
  return struct === undefined ? (type.mergeSchema ?? DEDUCED) : mergeSchemaOf(struct);
}

/** A write of the whole leaves the status alone; one through a subresource everything but its part. */
function resetBy({ type, target: { subresource } }: Call) {
  if (subresource !== '') return { subresource, resetFields: subresource === 'status' ? [['spec']] : [] };
  return type.subresources['status'] === undefined ? {} : { resetFields: [['status']] };
}
