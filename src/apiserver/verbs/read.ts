/** get and list: objects as they are stored, at the version the query asks for. */
import type { ApiResponse } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { notFound } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { computedObjects } from '../computed-resources.ts';
import { listPage } from '../list-page.ts';
import { viewOf } from '../object-views.ts';
import { presentList, presentObject } from '../representation.ts';
import { selectionOf } from '../selection.ts';

export function get(call: Call): ApiResponse {
  return presentObject(call, viewOf(call.type, existing(call)));
}

/** The object a path names, or 404. */
export function existing({ api, type, target }: Call): KubeObject {
  const computed = computedObjects(api, type, target.namespace);
  const object =
    computed === undefined
      ? api.objects.get(type, target.namespace, target.name)
      : computed.find(({ metadata }) => metadata.name === target.name);
  if (object === undefined) throw notFound(type, target.name);
  return object;
}

export function list(call: Call): ApiResponse {
  const { api, type, target, request } = call;
  const computed = computedObjects(api, type, target.namespace);
  if (computed !== undefined) {
    const matches = selectionOf(type, request.query) ?? (() => true);
    return presentList(call, computed.filter(matches), { resourceVersion: '' });
  }
  const page = listPage(call);
  const items = page.items.map((object) => viewOf(type, object));
  return presentList(call, items, page.metadata);
}
