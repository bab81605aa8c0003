/** The patch from what a release had to what it is to have, computed here: client-side apply. */
import type { JsonObject } from '../api/json.ts';
import { gvkOf, type KubeObject } from '../api/object.ts';
import { createMergePatch, createThreeWayMergePatch } from '../api/patch-merge.ts';
import { createThreeWayPatch } from '../api/patch-strategic.ts';
import { typeOf } from '../api/scheme.ts';

export interface ClientSidePatch {
  type: 'strategic' | 'merge';
  patch: JsonObject;
}

/**
 * Built-in kinds get a strategic patch, which also puts back what was changed in the cluster. For others Helm compares
 * only the two manifests, unless `threeWayForCustom`.
 */
export function clientSidePatch(
  original: KubeObject,
  target: KubeObject,
  live: KubeObject,
  threeWayForCustom: boolean,
): ClientSidePatch {
  const [before, after, current] = [original, target, live] as unknown as [JsonObject, JsonObject, JsonObject];
  const type = typeOf(gvkOf(target));
  if (type) return { type: 'strategic', patch: createThreeWayPatch(before, after, current, type) };
  return {
    type: 'merge',
    patch: threeWayForCustom ? createThreeWayMergePatch(before, after, current) : createMergePatch(before, after),
  };
}
