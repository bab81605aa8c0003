/** What a verb is given: the server's parts, and one request resolved against the resources it serves. */
import type { ApiRequest, PodLogOptions, UserInfo } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { failure, type Status, type StatusDetails, type StatusError } from '../api/status.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Tokens } from './authentication/tokens.ts';
import type { ContainerUsage } from './computed-resources.ts';
import type { Metrics } from './metrics.ts';
import type { ObjectStore } from './object-store.ts';
import type { ResourceRequest } from './request-info.ts';
import type { ResourceTypes } from './resource-types.ts';
import type { ResourceType } from './resources.ts';
import type { PostJson } from './webhooks/call-webhook.ts';

/** The log of a simulated container, whole or followed. */
export type PodLogs = (
  namespace: string,
  pod: string,
  container: string,
  options: PodLogOptions,
) => string | AsyncIterable<string> | Promise<string | AsyncIterable<string>>;

/** A stream the server can end: every open watch. */
export interface Closable {
  close(): void;
}

/** The address and the port a server listens on. */
export interface Endpoint {
  address: string;
  port: number;
}

/** The server's parts. */
export interface Api {
  objects: ObjectStore;
  types: ResourceTypes;
  clock: Clock;
  log: Logger;
  podLogs?: PodLogs;
  containerUsage?: ContainerUsage;
  tokens: Tokens;
  /** Where the server can be reached. */
  endpoint: Endpoint;
  /** PEM text of the authority that clients inside the cluster are to trust. */
  authority?: string;
  postJson: PostJson;
  watches: Set<Closable>;
  metrics: Metrics;
  /** What others of the control plane count, in Prometheus' text format. */
  moreMetrics?: () => string;
}

/** One request for a resource. */
export interface Call {
  api: Api;
  request: ApiRequest;
  target: ResourceRequest;
  type: ResourceType;
  user: UserInfo;
  dryRun: boolean;
  /** Told to the client as warning headers. */
  warnings: string[];
}

/** An object that is being made and belongs to this call alone, until it is stored. */
export type Draft = KubeObject;

/** The body of a success that has no object to show. */
export const succeeded = (details?: StatusDetails): Omit<Status, 'code'> => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details && { details }),
});

export const methodNotAllowed = (): StatusError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
