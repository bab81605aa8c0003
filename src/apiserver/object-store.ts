/**
 * The store seen as objects. An object is decoded once per stored version and shared by every reader and watcher; its
 * JSON text is the stored text, so that reading serialises nothing.
 */
import { rememberJson } from '../api/http.ts';
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import type { KeyValue, Store } from '../store/types.ts';
import type { ResourceType } from './resources.ts';

const decoded = new WeakMap<KeyValue, KubeObject>();

/**
 * The versions that were replaced or deleted last, going round: watchers are about to tell of them. Those before stay in
 * the store's history as text alone, and are decoded anew for the few who go back that far.
 */
const replaced: KeyValue[] = [];
const REPLACED = 1024;
let oldest = 0;

function retire(kv: KeyValue | undefined): void {
  if (kv === undefined) return;
  const last = replaced[oldest];
  if (last) decoded.delete(last);
  replaced[oldest] = kv;
  oldest = (oldest + 1) % REPLACED;
}

/** The object a stored value holds, as its readers share it. */
export function decodeStored(kv: KeyValue): KubeObject {
  let object = decoded.get(kv);
  if (object === undefined) {
    object = JSON.parse(kv.value) as KubeObject;
    remember(kv, object);
  }
  return object;
}

/** A deletion as watchers see it: the last state, with the revision of the deletion that `kv` carries. */
export function decodeDeleted(previous: KeyValue, kv: KeyValue): KubeObject {
  let object = decoded.get(kv);
  if (object === undefined) {
    object = atRevision(decodeStored(previous), kv.modRevision);
    decoded.set(kv, object);
    retire(kv);
  }
  return object;
}

const atRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

function remember(kv: KeyValue, object: KubeObject): void {
  decoded.set(kv, object);
  rememberJson(object, kv.value);
}

export const prefixOf = ({ group, resource }: GroupVersionResource, namespace = ''): string =>
  `/registry/${group === '' ? 'core' : group}/${resource}/${namespace === '' ? '' : `${namespace}/`}`;

const keyOf = (type: ResourceType, namespace: string, name: string): string =>
  prefixOf(type.storage, type.namespaced ? namespace : '') + name;

export interface ObjectStore {
  readonly store: Store;
  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined;
  /** Every object of the type, in key order. */
  all(type: ResourceType, namespace?: string): KubeObject[];
  /**
   * Stores `object`, which belongs to the store from here on, under the next revision. `previous` is the object it
   * replaces, undefined for a creation. Answers undefined when what is stored is no longer `previous`.
   */
  put(type: ResourceType, object: KubeObject, previous: KubeObject | undefined): KubeObject | undefined;
  /** Answers the last state with the revision of the deletion; undefined when `previous` is no longer what is stored. */
  delete(type: ResourceType, previous: KubeObject): KubeObject | undefined;
  /** Tells of every change through this store, at once; `object` is the last state of what was deleted. */
  observe(observer: Observer): void;
}

export type Observer = (type: ResourceType, object: KubeObject, deleted: boolean) => void;

export function openObjectStore(store: Store): ObjectStore {
  const observers: Observer[] = [];
  const tell: Observer = (type, object, deleted) => {
    for (const observer of observers) observer(type, object, deleted);
  };
  return {
    store,
    observe: (observer) => void observers.push(observer),
    get(type, namespace, name) {
      const kv = store.get(keyOf(type, namespace, name));
      return kv && decodeStored(kv);
    },
    all: (type, namespace) => store.range(prefixOf(type.storage, namespace)).items.map(decodeStored),
    put(type, object, previous) {
      const { namespace = '', name } = object.metadata;
      const key = keyOf(type, namespace, name);
      const before = previous && store.get(key);
      const kv = store.put(
        key,
        (revision) => {
          object.metadata.resourceVersion = String(revision);
          return JSON.stringify(object);
        },
        previous === undefined ? 0 : Number(previous.metadata.resourceVersion),
      );
      if (kv === undefined) return undefined;
      remember(kv, object);
      retire(before);
      tell(type, object, false);
      return object;
    },
    delete(type, previous) {
      const { namespace = '', name, resourceVersion } = previous.metadata;
      const deleted = store.delete(keyOf(type, namespace, name), Number(resourceVersion));
      if (deleted === undefined) return undefined;
      retire(deleted.previous);
      const last = atRevision(decodeStored(deleted.previous), deleted.revision);
      tell(type, last, true);
      return last;
    },
  };
}
