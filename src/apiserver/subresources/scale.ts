/** scale: one number of an object, for whoever sets it without knowing the kind. */
import { invalidField } from '../../api/field-error.ts';
import type { ApiResponse } from '../../api/http.ts';
import { cloneJson } from '../../api/json.ts';
import type { KubeObject } from '../../api/object.ts';
import { fromLabelSelector, fromLabels, printLabelSelector } from '../../api/selectors.ts';
import { decodeBody } from '../body.ts';
import type { Call } from '../call.ts';
import { servedView, viewOf } from '../object-views.ts';
import { applyPatch, readPatch } from '../patches.ts';
import { presentObject } from '../representation.ts';
import type { ResourceType } from '../resources.ts';
import { age } from '../table/cells.ts';
import { defineColumns } from '../table/table.ts';
import { existing } from '../verbs/read.ts';
import { updateObject } from '../verbs/update.ts';

/** Where a kind keeps what its scale shows, as paths without the leading dot. */
export interface ScalePaths {
  replicas: string;
  currentReplicas: string;
  /** Of a selector in text form. The built-in kinds have a LabelSelector or labels in `spec.selector`. */
  selector?: string;
}

const BUILTIN: ScalePaths = { replicas: 'spec.replicas', currentReplicas: 'status.replicas' };
const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

export function getScale(call: Call): ApiResponse {
  return present(call, viewOf(call.type, existing(call)));
}

export function updateScale(call: Call): Promise<ApiResponse> {
  return setScale(call, existing(call), decodeBody(call.request, 'Scale').value as KubeObject);
}

export function patchScale(call: Call): Promise<ApiResponse> {
  const current = existing(call);
  const patched = applyPatch(call, SCALE, scaleOf(call.type, viewOf(call.type, current)), readPatch(call));
  return setScale(call, current, patched.value as KubeObject);
}

async function setScale(call: Call, current: KubeObject, scale: KubeObject): Promise<ApiResponse> {
  const replicas = (scale['spec'] as { replicas?: unknown } | undefined)?.replicas ?? 0;
  if (typeof replicas !== 'number' || replicas < 0)
    throw invalidField(SCALE, current.metadata.name, 'spec.replicas', (at) =>
      at.invalid(replicas, 'must be greater than or equal to 0'),
    );
  const draft = cloneJson(viewOf(call.type, current));
  const { uid, resourceVersion } = scale.metadata ?? {};
  if (uid !== undefined) draft.metadata.uid = uid;
  if (resourceVersion === undefined) delete draft.metadata.resourceVersion;
  else draft.metadata.resourceVersion = resourceVersion;
  setPath(draft, pathsOf(call.type).replicas, replicas);
  return present(call, await servedView(call, await updateObject(call, current, draft)));
}

const COLUMNS = defineColumns('Name #Desired #Available  Age', ({ metadata, spec, status }, now) => [
  metadata.name,
  spec.replicas,
  status.replicas,
  age(metadata.creationTimestamp, now),
]);

const present = (call: Call, object: KubeObject): ApiResponse =>
  presentObject({ ...call, type: { ...call.type, columns: COLUMNS } }, scaleOf(call.type, object));

const pathsOf = (type: ResourceType): ScalePaths => type.scale ?? BUILTIN;

function scaleOf(type: ResourceType, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = pathsOf(type);
  const selector = selectorOf(object, paths);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    } as KubeObject['metadata'],
    spec: { replicas: getPath(object, paths.replicas) ?? 0 },
    status: { replicas: getPath(object, paths.currentReplicas) ?? 0, ...(selector && { selector }) },
  };
}

function selectorOf(object: KubeObject, { selector }: ScalePaths): string {
  if (selector !== undefined) return String(getPath(object, selector) ?? '');
  const own = object['spec']?.selector;
  const parsed = object.kind === 'ReplicationController' ? fromLabels(own) : fromLabelSelector(own);
  return parsed === undefined ? '' : printLabelSelector(parsed);
}

function getPath(object: unknown, path: string): unknown {
  for (const step of path.split('.')) object = (object as Record<string, unknown> | undefined)?.[step];
  return object;
}

function setPath(object: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop()!;
  for (const step of steps) object = (object[step] ??= {}) as Record<string, unknown>;
  object[last] = value;
}
