/** delete and deletecollection: at once, after a grace period, or when the last finalizer is gone. */
import type { ApiResponse } from '../../api/http.ts';
import { cloneJson, equalJson } from '../../api/json.ts';
import { isGone, type KubeObject, timestamp } from '../../api/object.ts';
import { conflict, notFound } from '../../api/status.ts';
import { admitDelete } from '../admission/admission.ts';
import { type Call, type Draft, succeeded } from '../call.ts';
import { type DeleteOptions, readDeleteOptions } from '../delete-options.ts';
import { listPage } from '../list-page.ts';
import { viewOf } from '../object-views.ts';
import { answer, presentList, presentObject } from '../representation.ts';
import { strategyOf } from '../strategy.ts';
import { judgeOutside } from '../webhooks/judge.ts';
import { mutateOutside } from '../webhooks/mutate.ts';
import { existing } from './read.ts';
import { MODIFIED } from './update.ts';

export async function deleteOne(call: Call): Promise<ApiResponse> {
  const options = readDeleteOptions(call);
  warnOfOrphans(call, options);
  const deleted = await deleteAsked(call, existing(call), options);
  if (deleted === undefined) throw notFound(call.type, call.target.name);
  const { object, gone } = deleted;
  const shown = viewOf(call.type, object);
  if (!gone) return presentObject(call, shown, options.orphanDependents === false ? 202 : 200);
  return strategyOf(call.type).returnsDeleted
    ? presentObject(call, shown)
    : answer(call, 200, succeeded(detailsOf(call, object)));
}

export async function deleteCollection(call: Call): Promise<ApiResponse> {
  const options = readDeleteOptions(call);
  const page = listPage(call);
  const gone: KubeObject[] = [];
  for (const object of page.items) {
    const deleted = await deleteAsked(call, object, options);
    if (deleted !== undefined) gone.push(viewOf(call.type, deleted.object));
  }
  return presentList(call, gone, page.metadata);
}

/** A deletion that a client asks for, which webhooks may refuse. Undefined when another one was faster. */
async function deleteAsked(call: Call, found: KubeObject, options: DeleteOptions): Promise<Deleted | undefined> {
  const change = { operation: 'DELETE', draft: undefined, old: found } as const;
  const asking = mutateOutside(call, change);
  if (asking !== undefined) await asking;
  await judgeOutside(call, change);
  const { name, namespace = '', uid } = found.metadata;
  const current = call.api.objects.get(call.type, namespace, name);
  if (current === undefined || current.metadata.uid !== uid) return undefined;
  const deleted = deleteObject(call, current, options);
  if (!deleted.gone && !call.dryRun) strategyOf(call.type).afterDelete?.(deleted.object, call);
  return deleted;
}

/** As Kubernetes: jobs alone leave their pods behind when nothing is said, and say so. */
function warnOfOrphans({ type, warnings }: Call, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (type.resource !== 'jobs' || propagationPolicy !== undefined || orphanDependents !== undefined) return;
  warnings.push(
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  );
}

const detailsOf = ({ type }: Call, { metadata }: KubeObject) => ({
  name: metadata.name,
  ...(type.group !== '' && { group: type.group }),
  kind: type.resource,
  uid: metadata.uid,
});

export interface Deleted {
  /** The last state of what is gone, or what holds on. */
  object: KubeObject;
  gone: boolean;
}

/** Deletes `current`, or marks it where something still holds it. */
export function deleteObject(call: Call, current: KubeObject, options: DeleteOptions): Deleted {
  checkPreconditions(call, current, options);
  admitDelete(call, current);
  const { api, type, dryRun } = call;
  const draft = markDeleted(call, current, options);
  if (isGone(draft)) {
    const deleted = dryRun ? draft : api.objects.delete(type, current);
    if (deleted === undefined) throw conflict(type, current.metadata.name, MODIFIED);
    return { object: deleted, gone: true };
  }
  if (equalJson(draft, current)) return { object: current, gone: false };
  const stored = dryRun ? draft : api.objects.put(type, draft, current);
  if (stored === undefined) throw conflict(type, current.metadata.name, MODIFIED);
  return { object: stored, gone: false };
}

function checkPreconditions({ type }: Call, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      type,
      metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      type,
      metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
}

/** The object as the deletion leaves it: its time, its grace, the finalizers that its propagation policy asks for. */
function markDeleted(call: Call, current: KubeObject, options: DeleteOptions): Draft {
  const { api, type } = call;
  const strategy = strategyOf(type);
  const draft = { ...current, metadata: { ...current.metadata } };
  const { metadata } = draft;
  setPropagation(draft, options, strategy.orphansByDefault ?? false);
  const grace = strategy.gracePeriod?.(current, options.gracePeriodSeconds) ?? 0;
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = timestamp(api.clock.now() + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation) metadata.generation++;
  } else if (options.gracePeriodSeconds !== undefined && grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
    const shorter = (metadata.deletionGracePeriodSeconds ?? 0) - grace;
    metadata.deletionTimestamp = new Date(Date.parse(metadata.deletionTimestamp) - shorter * 1000)
      .toISOString()
      .replace('.000', '');
    metadata.deletionGracePeriodSeconds = grace;
  }
  if (strategy.prepareForDelete === undefined) return draft;
  const own = cloneJson(draft);
  strategy.prepareForDelete(own, call);
  return own;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

function setPropagation(
  { metadata }: Draft,
  { propagationPolicy, orphanDependents }: DeleteOptions,
  orphansByDefault: boolean,
): void {
  const had = metadata.finalizers ?? [];
  const orphan =
    propagationPolicy === 'Orphan' ||
    (propagationPolicy === undefined &&
      (orphanDependents ?? (had.includes(ORPHAN) || (orphansByDefault && !had.includes(FOREGROUND)))));
  const foreground =
    propagationPolicy === 'Foreground' ||
    (propagationPolicy === undefined && orphanDependents === undefined && had.includes(FOREGROUND));
  const kept = had.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  const finalizers = [...kept, ...(orphan ? [ORPHAN] : []), ...(foreground ? [FOREGROUND] : [])];
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}
