/** create: an object that does not exist yet. */
import { randomUUID } from 'node:crypto';
import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { alreadyExists, failure } from '../../api/status.ts';
import { type Call, type Draft, timestamp } from '../call.ts';
import { incomingObject } from '../incoming.ts';
import { storedOf, viewOf } from '../object-views.ts';
import { presentObject } from '../representation.ts';
import { strategyOf } from '../strategy.ts';

export function create(call: Call): ApiResponse {
  const object = createObject(call, incomingObject(call));
  return presentObject(call, viewOf(call.type, object), 201);
}

/** Stores `incoming`, which belongs to this call, unless it is a dry run. */
export function createObject(call: Call, incoming: Draft): KubeObject {
  const { api, type } = call;
  if (incoming.metadata.resourceVersion)
    throw failure(500, '', 'resourceVersion should not be set on objects to be created');
  nameObject(incoming);
  const draft = storedOf(type, incoming);
  prepareMetadata(call, draft);
  strategyOf(type).prepareForCreate?.(draft, call);
  if (call.dryRun) {
    if (api.objects.get(type, call.target.namespace, draft.metadata.name))
      throw alreadyExists(type, draft.metadata.name);
    return draft;
  }
  const stored = api.objects.put(type, draft, undefined);
  if (stored === undefined) throw alreadyExists(type, draft.metadata.name);
  return stored;
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const MOST_GENERATED = 63;

function nameObject({ metadata }: Draft): void {
  if (metadata.name || !metadata.generateName) return;
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += SUFFIX_LETTERS[Math.floor(Math.random() * SUFFIX_LETTERS.length)];
  metadata.name = metadata.generateName.slice(0, MOST_GENERATED - 5) + suffix;
}

function prepareMetadata({ api, type }: Call, { metadata }: Draft): void {
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(api.clock);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete (metadata as { selfLink?: string }).selfLink;
  if (type.countsGeneration) metadata.generation = 1;
  else delete metadata.generation;
}
