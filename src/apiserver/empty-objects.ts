/** What an object of a kind looks like with nothing set: the fields Go always writes, at their zero values. */
import type { JsonObject } from '../api/json.ts';
import { type GroupVersionKind, toApiVersion } from '../api/object.ts';
import { typeOf } from '../api/scheme.ts';
import { decodeTyped } from '../api/strict.ts';

const remembered = new Map<string, JsonObject>();

/** Shared and read-only. */
export function emptyObject(kind: GroupVersionKind): JsonObject {
  const start = { apiVersion: toApiVersion(kind), kind: kind.kind };
  const name = `${start.apiVersion}/${start.kind}`;
  let object = remembered.get(name);
  if (object === undefined) {
    const struct = typeOf(kind);
    object = struct === undefined ? { ...start, metadata: {} } : decodeTyped(start, struct).object;
    if (struct !== undefined) remembered.set(name, object);
  }
  return object;
}
