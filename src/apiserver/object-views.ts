/** Objects kept in one version and served in another. Every other type is served as it is kept. */
import type { KubeObject } from '../api/object.ts';
import { autoscalerFromV2, autoscalerToV2 } from './autoscaler-views.ts';
import type { Call } from './call.ts';
import { eventFromCore, eventToCore } from './event-views.ts';
import type { ResourceType } from './resources.ts';

interface View {
  fromStored(object: KubeObject): KubeObject;
  toStored(object: KubeObject): KubeObject;
}

const VIEWS: Record<string, View> = {
  'events.k8s.io/v1/events': { fromStored: eventFromCore, toStored: eventToCore },
  'autoscaling/v1/horizontalpodautoscalers': { fromStored: autoscalerFromV2, toStored: autoscalerToV2 },
};

const seen = new WeakMap<KubeObject, KubeObject>();

const isStored = (type: ResourceType): boolean =>
  type.group === type.storage.group && type.version === type.storage.version;

/** A stored object as `type` serves it; made once. One that a webhook converts has been asked for by `viewsAhead`. */
export function viewOf(type: ResourceType, object: KubeObject): KubeObject {
  if (type.converter !== undefined) return knownView(type, object);
  if (isStored(type)) return object;
  let view = seen.get(object);
  if (view === undefined) {
    view = viewFor(type).fromStored(object);
    seen.set(object, view);
  }
  return view;
}

function knownView(type: ResourceType, object: KubeObject): KubeObject {
  const view = type.converter!.known(object, type.version);
  if (view === undefined) throw new Error(`convert ${type.kind} ${object.metadata.name}: not asked for`);
  return view;
}

/** As `viewOf`; a promise where a webhook has to convert the object first. */
export const servedView = (call: Call, object: KubeObject): KubeObject | Promise<KubeObject> =>
  viewsAhead(call, [object])?.then(() => viewOf(call.type, object)) ?? viewOf(call.type, object);

/** A stored object in the version that drafts of this call are made and judged in: of custom objects the request's. */
export const workingView = (call: Call, object: KubeObject): KubeObject | Promise<KubeObject> =>
  call.type.converter === undefined ? object : servedView(call, object);

/** Asks for the views of objects that a webhook converts; undefined where there are none. */
export function viewsAhead(call: Call, objects: readonly KubeObject[]): Promise<void> | undefined {
  const { converter, version } = call.type;
  if (!converter?.asks || objects.every((object) => converter.known(object, version) !== undefined)) return undefined;
  return converter.ask(objects, version, (text) => call.warnings.push(text));
}

/** What a client sent as `type`, in the version that built-in types are kept and changed in. */
export function storedOf(type: ResourceType, object: KubeObject): KubeObject {
  return type.converter !== undefined || isStored(type) ? object : viewFor(type).toStored(object);
}

/** A draft that is ready, as it is to be stored: a custom object has been dealt with in the version of the request. */
export function keptForm(call: Call, draft: KubeObject): KubeObject | Promise<KubeObject> {
  const { converter, storage } = call.type;
  if (converter === undefined) return draft;
  const known = converter.known(draft, storage.version);
  if (known !== undefined) return known;
  const asked = converter.ask([draft], storage.version, (text) => call.warnings.push(text));
  return asked.then(() => converter.known(draft, storage.version)!);
}

export const isKeptForm = ({ converter, storage }: ResourceType, object: KubeObject): boolean =>
  converter === undefined || converter.known(object, storage.version) === object;

const viewFor = ({ group, version, resource }: ResourceType): View => VIEWS[`${group}/${version}/${resource}`]!;
