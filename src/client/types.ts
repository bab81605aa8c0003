import type { ApiHandler, UserInfo, WatchEvent } from '../api/http.ts';
import type { GroupVersionKind, GroupVersionResource, KubeList, KubeObject } from '../api/object.ts';

/** A resource the cluster serves, as discovery tells it. */
export interface Resource extends GroupVersionResource {
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

export interface ListOptions {
  /** All namespaces where absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  limit?: number;
  continue?: string;
  signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
}

export interface WriteOptions {
  fieldManager?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  dryRun?: boolean;
  subresource?: string;
  signal?: AbortSignal;
}

export interface PatchOptions extends WriteOptions {
  type: 'json' | 'merge' | 'strategic' | 'apply';
  /** Takes fields from other managers; server-side apply only. */
  force?: boolean;
}

export interface DeleteOptions {
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface ClientOptions {
  userAgent?: string;
  /** Who asks, for a server in the same process; over the network the transport's credentials tell. */
  user?: UserInfo;
  /** Sent with every write that does not name its own. */
  fieldManager?: string;
}

/**
 * A client of any Kubernetes API: ours in the same process, ours over loopback, or a real cluster by kubeconfig.
 * Failures are thrown as StatusError. Objects that come back are read-only.
 */
export interface Client {
  readonly handler: ApiHandler;
  /** The same client by another name: the server puts its writes down to the first word of it. */
  named(userAgent: string): Client;
  get<T extends KubeObject>(
    resource: GroupVersionResource,
    name: string,
    namespace?: string,
    options?: { signal?: AbortSignal; subresource?: string },
  ): Promise<T>;
  list<T extends KubeObject>(resource: GroupVersionResource, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(resource: GroupVersionResource, object: T, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(resource: GroupVersionResource, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: GroupVersionResource,
    name: string,
    namespace: string | undefined,
    patch: unknown,
    options: PatchOptions,
  ): Promise<T>;
  /** Answers the object while finalizers or a grace period keep it, else the Status. */
  delete(resource: GroupVersionResource, name: string, namespace?: string, options?: DeleteOptions): Promise<unknown>;
  deleteCollection(resource: GroupVersionResource, options: ListOptions & DeleteOptions): Promise<void>;
  /** Ends when the server closes the stream or the signal aborts; an ERROR event is thrown as StatusError. */
  watch<T extends KubeObject>(resource: GroupVersionResource, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** The container's log, whole. */
  logs(
    pod: string,
    namespace: string,
    options?: { container?: string; tailLines?: number; previous?: boolean },
  ): Promise<string>;
  /** The resource of a kind, by discovery, cached and asked again once for an unknown kind. Undefined: not served. */
  resourceFor(gvk: GroupVersionKind): Promise<Resource | undefined>;
  /** Every resource served, without subresources; asked anew with `refresh`. */
  resources(options?: { refresh?: boolean }): Promise<Resource[]>;
  /** Everything served, for `Capabilities.APIVersions`: `apps/v1` and `apps/v1/Deployment`. */
  apiVersions(): Promise<string[]>;
  serverVersion(): Promise<{ major: string; minor: string; gitVersion: string }>;
}
