/** Objects kept in one version and served in another. Every other type is served as it is kept. */
import type { KubeObject } from '../api/object.ts';
import { autoscalerFromV2, autoscalerToV2 } from './autoscaler-views.ts';
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

/** A stored object as `type` serves it; made once. */
export function viewOf(type: ResourceType, object: KubeObject): KubeObject {
  if (isStored(type)) return object;
  if (type.convert !== undefined) return type.convert(object, type.version);
  let view = seen.get(object);
  if (view === undefined) {
    view = viewFor(type).fromStored(object);
    seen.set(object, view);
  }
  return view;
}

/** What a client sent as `type`, in the version that is kept. */
export function storedOf(type: ResourceType, object: KubeObject): KubeObject {
  if (isStored(type)) return object;
  if (type.convert !== undefined) return type.convert(object, type.storage.version);
  return viewFor(type).toStored(object);
}

const viewFor = ({ group, version, resource }: ResourceType): View => VIEWS[`${group}/${version}/${resource}`]!;
