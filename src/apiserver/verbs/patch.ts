/** patch: a change described against whatever is stored now. */
import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { isConflict } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { decodeIncoming, tellDuplicates } from '../incoming.ts';
import { servedView } from '../object-views.ts';
import { applyPatch, misfit, type PatchDocument, readPatch } from '../patches.ts';
import { presentObject } from '../representation.ts';
import { createObject } from './create.ts';
import { existing } from './read.ts';
import { updateObject } from './update.ts';

const MOST_TRIES = 5;

/** Tried again on what another writer has stored meanwhile, unless the patch itself names a version. */
export async function patch(call: Call): Promise<ApiResponse> {
  const document = readPatch(call);
  for (let tries = 1; ; tries++) {
    const { api, type, target } = call;
    const current = document.creates ? api.objects.get(type, target.namespace, target.name) : existing(call);
    try {
      return await patchOnce(call, current, document);
    } catch (error) {
      const moved = current !== api.objects.get(type, target.namespace, target.name);
      if (!isConflict(error) || !moved || tries === MOST_TRIES) throw error;
    }
  }
}

async function patchOnce(call: Call, current: KubeObject | undefined, document: PatchDocument): Promise<ApiResponse> {
  const { type } = call;
  const served = current && (await servedView(call, current));
  const { value, tracked } = applyPatch(call, type, served, document);
  if (document.creates) tellDuplicates(call, document.duplicates);
  if (value === served) return presentObject(call, served!);
  const refuse = document.creates ? undefined : (error: Error) => misfit(document, value, error);
  const incoming = decodeIncoming(call, { value, duplicates: document.creates ? [] : document.duplicates }, refuse);
  if (current === undefined)
    return presentObject(call, await servedView(call, await createObject(call, incoming, tracked)), 201);
  return presentObject(call, await servedView(call, await updateObject(call, current, incoming, tracked)));
}
