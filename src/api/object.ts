/** The shape every Kubernetes object has. Objects that came from a store, a cache or a watch are never mutated. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: spec, status and data differ by kind and are checked by the scheme.
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** An object in deletion goes with the last thing that held it: a write that removed its last finalizer has removed it. */
export const isGone = ({ metadata, spec }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  !metadata.finalizers?.length &&
  // A namespace's own finalizers stand in its spec.
  !spec?.finalizers?.length &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0;

/** As `metav1.Time` is written: RFC 3339 in whole seconds. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== stamped.second) stamped = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return stamped.text;
}

/** The last time stamp made: most are asked for within the same second. */
let stamped = { second: Number.NaN, text: '' };

/** A kind of the API's own options: `PatchOptions`. */
export const metaKind = (kind: string): GroupVersionKind => ({ group: 'meta.k8s.io', version: 'v1', kind });

/** A resource as paths name it: `{ group: 'apps', version: 'v1', resource: 'deployments' }`. */
export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

export const parseApiVersion = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

export const toApiVersion = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? version : `${group}/${version}`;

export const gvkOf = (object: { apiVersion: string; kind: string }): GroupVersionKind => ({
  ...parseApiVersion(object.apiVersion),
  kind: object.kind,
});
