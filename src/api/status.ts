import type { GroupVersionKind, GroupVersionResource } from './object.ts';

/** What the API answers when it does not answer with the object: the body of every failure. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** A refusal by the API, thrown by the server's verbs and rebuilt by the client from the response. */
export class StatusError extends Error {
  readonly status: Status;
  constructor(status: Status) {
    super(status.message ?? status.reason ?? `status ${status.code}`);
    this.name = 'StatusError';
    this.status = status;
  }
  get code(): number {
    return this.status.code;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
}

export const hasReason = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.reason === reason;
export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');

/** For `catch`: what is to go and is gone already is no failure. */
export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** The same, also where another has taken its place. */
export function ignoreGone(error: unknown): void {
  if (!isConflict(error)) ignoreNotFound(error);
}

export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  });
}

const qualified = (r: { group: string; resource: string }) =>
  r.group === '' ? r.resource : `${r.resource}.${r.group}`;
const detailsOf = (r: GroupVersionResource, name: string): StatusDetails => ({
  name,
  ...(r.group !== '' && { group: r.group }),
  kind: r.resource,
});

export const notFound = (r: GroupVersionResource, name: string): StatusError =>
  failure(404, 'NotFound', `${qualified(r)} "${name}" not found`, detailsOf(r, name));
export const alreadyExists = (r: GroupVersionResource, name: string): StatusError =>
  failure(409, 'AlreadyExists', `${qualified(r)} "${name}" already exists`, detailsOf(r, name));
export const conflict = (r: GroupVersionResource, name: string, why: string): StatusError =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(r)} "${name}": ${why}`, detailsOf(r, name));
export const forbidden = (r: GroupVersionResource, name: string, why: string): StatusError =>
  failure(
    403,
    'Forbidden',
    `${qualified(r)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    detailsOf(r, name),
  );
export const badRequest = (message: string): StatusError => failure(400, 'BadRequest', message);

/** 422 with one cause per field error, worded and joined as Kubernetes does. */
export function invalid(kind: GroupVersionKind, name: string, causes: StatusCause[]): StatusError {
  const all = causes.map((c) => (c.field ? `${c.field}: ${c.message}` : `${c.message}`));
  const each = [...new Set(all)];
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return failure(
    422,
    'Invalid',
    `${qualifiedKind} "${name}" is invalid: ${each.length === 1 ? each[0] : `[${each.join(', ')}]`}`,
    { name, ...(kind.group !== '' && { group: kind.group }), kind: kind.kind, causes },
  );
}
