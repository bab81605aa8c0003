/** update: the whole object anew, or through a subresource the part that it covers. */
import type { ApiResponse } from '../../api/http.ts';
import { cloneJson, equalJson } from '../../api/json.ts';
import { isGone, type KubeObject } from '../../api/object.ts';
import { conflict, invalid, isConflict, notFound } from '../../api/status.ts';
import { judgeUpdate } from '../admission/admission.ts';
import type { Call, Draft } from '../call.ts';
import { trackFields } from '../field-management.ts';
import { incomingObject } from '../incoming.ts';
import { isKeptForm, keptForm, servedView, storedOf, workingView } from '../object-views.ts';
import { presentObject } from '../representation.ts';
import { strategyOf } from '../strategy.ts';
import { checkValid } from '../validity.ts';
import { judgeOutside } from '../webhooks/judge.ts';
import { mutateOutside } from '../webhooks/mutate.ts';
import { createObject } from './create.ts';

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

const MOST_TRIES = 5;

/** An update that names no version is made again on what another writer has stored meanwhile. */
export async function update(call: Call): Promise<ApiResponse> {
  for (let tries = 1; ; tries++) {
    const { api, type, target } = call;
    const incoming = incomingObject(call);
    const unconditional = !incoming.metadata.resourceVersion;
    const current = api.objects.get(type, target.namespace, target.name);
    try {
      return await updateOrCreate(call, current, incoming);
    } catch (error) {
      const moved = current !== api.objects.get(type, target.namespace, target.name);
      if (!isConflict(error) || !moved || !unconditional || tries === MOST_TRIES) throw error;
    }
  }
}

async function updateOrCreate(call: Call, current: KubeObject | undefined, incoming: Draft): Promise<ApiResponse> {
  const { type, target } = call;
  if (current !== undefined)
    return presentObject(call, await servedView(call, await updateObject(call, current, incoming)));
  if (!strategyOf(type).createsOnUpdate || target.subresource !== '') throw notFound(type, target.name);
  return presentObject(call, await servedView(call, await createObject(call, incoming)), 201);
}

/**
 * Replaces `current` by what `incoming`, which belongs to this call, asks for. `tracked`: its managedFields are settled.
 */
export async function updateObject(
  call: Call,
  current: KubeObject,
  incoming: Draft,
  tracked = false,
): Promise<KubeObject> {
  const { api, type } = call;
  checkPreconditions(call, current, incoming);
  const viewing = workingView(call, current);
  const live = viewing instanceof Promise ? await viewing : viewing;
  const wanted = storedOf(type, incoming);
  if (!tracked) trackFields(call, live, wanted);
  const mutated = mutateOutside(call, { operation: 'UPDATE', draft: wanted, old: live });
  const asked = mutated === undefined ? wanted : (await mutated)!;
  const draft = prepareDraft(call, live, asked);
  draft.metadata.resourceVersion = current.metadata.resourceVersion;
  // As Kubernetes: what is kept in an older version is stored anew even where nothing else changes.
  if (equalJson(draft, live) && isKeptForm(type, current)) return current;
  checkValid(call, draft, live);
  judgeUpdate(draft, call, live);
  // Without anyone to wait for, nothing comes between what was read and what is stored.
  const judging = judgeOutside(call, { operation: 'UPDATE', draft, old: live });
  if (judging !== undefined) await judging;
  if (call.dryRun) return draft;
  if (isGone(draft)) return api.objects.delete(type, current) ?? lost(call, current);
  const keeping = keptForm(call, draft);
  const kept = keeping instanceof Promise ? await keeping : keeping;
  return api.objects.put(type, kept, current) ?? lost(call, current);
}

function lost({ type }: Call, { metadata }: KubeObject): never {
  throw conflict(type, metadata.name, MODIFIED);
}

function checkPreconditions(call: Call, current: KubeObject, { metadata }: Draft): void {
  const { type } = call;
  const { name, resourceVersion, uid } = current.metadata;
  if (metadata.uid && metadata.uid !== uid)
    throw conflict(type, name, `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`);
  if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion) throw conflict(type, name, MODIFIED);
  if (!metadata.resourceVersion && strategyOf(type).requiresVersion)
    throw invalid(type, name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0x0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
}

/** What is stored if all goes well: the parts this request may change from `incoming`, the rest from `current`. */
function prepareDraft(call: Call, current: KubeObject, incoming: Draft): Draft {
  const { type, target } = call;
  const strategy = strategyOf(type);
  const whole = target.subresource === '' || target.subresource === 'scale';
  const draft = whole ? incoming : onlySubresource(call, current, incoming);
  keepMetadata(current, draft);
  if (whole) {
    if (type.subresources['status'] !== undefined) keepField(draft, current, 'status');
    strategy.prepareForUpdate?.(draft, current, call);
  } else strategy.prepareSubresource?.[target.subresource]?.(draft, current, call);
  if (type.countsGeneration && changesGeneration(draft, current))
    draft.metadata.generation = (current.metadata.generation ?? 0) + 1;
  return draft;
}

/** Through `status` the status and the metadata change, nothing else. */
function onlySubresource({ target }: Call, current: KubeObject, incoming: Draft): Draft {
  if (target.subresource !== 'status') return incoming;
  const draft = cloneJson({ ...current, metadata: undefined, status: undefined }) as unknown as Draft;
  draft.metadata = incoming.metadata;
  draft['status'] = incoming['status'];
  return draft;
}

const SERVERS_OWN = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
] as const;

function keepMetadata({ metadata: current }: KubeObject, { metadata }: Draft): void {
  for (const field of SERVERS_OWN) keepField(metadata as object, current as object, field);
  delete (metadata as { selfLink?: string }).selfLink;
}

function keepField(draft: object, current: object, field: string): void {
  const [to, from] = [draft as Record<string, unknown>, current as Record<string, unknown>];
  if (from[field] === undefined) delete to[field];
  else to[field] = cloneJson(from[field]);
}

const NO_GENERATION = new Set(['metadata', 'status', 'apiVersion', 'kind']);

function changesGeneration(draft: Draft, current: KubeObject): boolean {
  for (const field of new Set([...Object.keys(draft), ...Object.keys(current)]))
    if (!NO_GENERATION.has(field) && !equalJson(draft[field], current[field])) return true;
  return false;
}
