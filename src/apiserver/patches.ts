/** The patch formats by media type. */

import { cloneJson } from '../api/json.ts';
import type { GroupVersionKind, KubeObject } from '../api/object.ts';
import { badRequest } from '../api/status.ts';
import { checkSize, mediaType, parseJson, parseYaml, unsupportedMediaType } from './body.ts';
import type { Call } from './call.ts';

export interface PatchDocument {
  type: string;
  value: unknown;
  /** Whether the patch makes the object where there is none. */
  creates: boolean;
}

const ACCEPTED = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function readPatch({ request }: Call): PatchDocument {
  const type = mediaType(request);
  if (!ACCEPTED.includes(type)) throw unsupportedMediaType(ACCEPTED, type);
  const creates = type === 'application/apply-patch+yaml';
  if (request.object !== undefined) return { type, value: request.object, creates };
  const body = request.body ?? new Uint8Array();
  checkSize(body);
  return { type, value: creates ? parseYaml(body) : parseJson(body), creates };
}

export function applyPatch(
  _call: Call,
  _kind: GroupVersionKind,
  current: KubeObject | undefined,
  { type, value }: PatchDocument,
): unknown {
  if (current === undefined) return cloneJson(value);
  if (type === 'application/json-patch+json') throw badRequest('json patch: not yet');
  return mergePatch(cloneJson(current), cloneJson(value));
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged = (typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}) as Record<
    string,
    unknown
  >;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
