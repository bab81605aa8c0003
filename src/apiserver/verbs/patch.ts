/** patch: a change described against whatever is stored now. */
import type { ApiResponse } from '../../api/http.ts';
import type { Call } from '../call.ts';
import { checkAddress } from '../incoming.ts';
import { viewOf } from '../object-views.ts';
import { applyPatch, readPatch } from '../patches.ts';
import { presentObject } from '../representation.ts';
import { createObject } from './create.ts';
import { existing } from './read.ts';
import { updateObject } from './update.ts';

export function patch(call: Call): ApiResponse {
  const { api, type, target } = call;
  const document = readPatch(call);
  const current = document.creates ? api.objects.get(type, target.namespace, target.name) : existing(call);
  const patched = applyPatch(call, type, current && viewOf(type, current), document);
  const incoming = checkAddress(call, patched);
  if (current === undefined) return presentObject(call, viewOf(type, createObject(call, incoming)), 201);
  return presentObject(call, viewOf(type, updateObject(call, current, incoming)));
}
