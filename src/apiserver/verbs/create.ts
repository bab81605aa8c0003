/** create: an object that does not exist yet. */
import { randomUUID } from 'node:crypto';
import type { ApiResponse } from '../../api/http.ts';
import { type KubeObject, timestamp } from '../../api/object.ts';
import { alreadyExists, failure } from '../../api/status.ts';
import { admitCreate, judgeCreate } from '../admission/admission.ts';
import type { Call, Draft } from '../call.ts';
import { trackFields } from '../field-management.ts';
import { incomingObject } from '../incoming.ts';
import { keptForm, servedView, storedOf } from '../object-views.ts';
import { randomSuffix } from '../random-suffix.ts';
import { presentObject } from '../representation.ts';
import { strategyOf } from '../strategy.ts';
import { checkValid } from '../validity.ts';
import { judgeOutside } from '../webhooks/judge.ts';
import { mutateOutside } from '../webhooks/mutate.ts';

export async function create(call: Call): Promise<ApiResponse> {
  const object = await createObject(call, incomingObject(call));
  return presentObject(call, await servedView(call, object), 201);
}

/** Stores `incoming`, which belongs to this call, unless it is a dry run. `tracked`: its managedFields are settled. */
export async function createObject(call: Call, incoming: Draft, tracked = false): Promise<KubeObject> {
  const { type } = call;
  if (incoming.metadata.resourceVersion)
    throw failure(500, '', 'resourceVersion should not be set on objects to be created');
  let draft = storedOf(type, incoming);
  // As Kubernetes: what admission and the server add belongs to nobody.
  if (!tracked) trackFields(call, undefined, draft);
  prepareMetadata(call, draft);
  admitCreate(draft, call);
  const mutated = mutateOutside(call, { operation: 'CREATE', draft, old: undefined }, (again) =>
    admitCreate(again, call),
  );
  if (mutated !== undefined) draft = (await mutated)!;
  // Those who may change the object see no name that is only made up.
  const generated = !draft.metadata.name && Boolean(draft.metadata.generateName);
  if (generated) draft.metadata.name = generatedName(draft.metadata.generateName!);
  strategyOf(type).prepareForCreate?.(draft, call);
  checkValid(call, draft, undefined);
  judgeCreate(draft, call);
  const judging = judgeOutside(call, { operation: 'CREATE', draft, old: undefined });
  if (judging !== undefined) await judging;
  const keeping = keptForm(call, draft);
  const kept = keeping instanceof Promise ? await keeping : keeping;
  return store(call, kept, generated ? MOST_TRIES : 1);
}

/** A generated name that is taken is generated again, as in Kubernetes, a few times. */
const MOST_TRIES = 8;
const MOST_GENERATED = 63;

const generatedName = (prefix: string): string => prefix.slice(0, MOST_GENERATED - 5) + randomSuffix();

function store({ api, type, target, dryRun }: Call, draft: Draft, tries: number): KubeObject {
  for (;;) {
    const taken = api.objects.get(type, target.namespace, draft.metadata.name) !== undefined;
    if (!taken) return dryRun ? draft : api.objects.put(type, draft, undefined)!;
    if (--tries === 0) throw alreadyExists(type, draft.metadata.name);
    draft.metadata.name = generatedName(draft.metadata.generateName!);
  }
}

function prepareMetadata({ api, type }: Call, { metadata }: Draft): void {
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(api.clock.now());
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete (metadata as { selfLink?: string }).selfLink;
  if (type.countsGeneration) metadata.generation = 1;
  else delete metadata.generation;
}
