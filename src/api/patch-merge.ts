/** JSON merge patches (RFC 7386): applying, making, and the three-way form that clients send for custom resources. */
import { cloneJson, equalJson, getOwn, isObject, type JsonObject, setOwn } from './json.ts';

/** Answers a new document. Nulls delete, also inside what the patch adds. Throws where the patch is a scalar. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null) throw new Error('Invalid JSON Patch');
  return merge(document, patch);
}

function merge(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return cloneJson(patch);
  const merged: JsonObject = isObject(document) ? { ...document } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete merged[key];
    else setOwn(merged, key, merge(getOwn(merged, key), value));
  }
  return merged;
}

/** The merge patch that makes `modified` of `original`. */
export function createMergePatch(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(modified)) {
    const [before, after] = [getOwn(original, key), modified[key]];
    if (isObject(before) && isObject(after)) {
      const inner = createMergePatch(before, after);
      if (Object.keys(inner).length > 0) setOwn(patch, key, inner);
    } else if (before === undefined || !equalJson(before, after)) setOwn(patch, key, after);
  }
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setOwn(patch, key, null);
  return patch;
}

/** As `jsonmergepatch.CreateThreeWayJSONMergePatch`: deletions against `original`, the rest against `current`. */
export function createThreeWayMergePatch(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const changes = withoutNulls(createMergePatch(current, modified));
  const deletions = onlyNulls(createMergePatch(original, modified));
  return mergePatches(deletions, changes);
}

function withoutNulls(patch: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) continue;
    const inner = isObject(value) && Object.keys(value).length > 0 ? withoutNulls(value) : value;
    // An empty object that was given is a value; one that filtering emptied is not.
    if (inner === value || Object.keys(inner as object).length > 0) setOwn(kept, key, inner);
  }
  return kept;
}

function onlyNulls(patch: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) setOwn(kept, key, null);
    else if (isObject(value)) {
      const inner = onlyNulls(value);
      if (Object.keys(inner).length > 0) setOwn(kept, key, inner);
    }
  }
  return kept;
}

/** Both patches as one: the nulls of the first stay unless the second gives a value. */
function mergePatches(first: JsonObject, second: JsonObject): JsonObject {
  const merged = { ...first };
  for (const key of Object.keys(second)) {
    const [before, after] = [getOwn(merged, key), second[key]];
    setOwn(merged, key, isObject(before) && isObject(after) ? mergePatches(before, after) : after);
  }
  return merged;
}
