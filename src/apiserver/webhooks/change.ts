/** A change under way, as those see it who may alter or refuse it. */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../api/object.ts';
import type { Call, Draft } from '../call.ts';
import type { Operation } from './webhook-match.ts';

export interface Change {
  operation: Operation;
  /** What would be stored; undefined for a deletion. */
  draft: Draft | undefined;
  old: KubeObject | undefined;
}

/** The request as webhooks and policies see it. */
export function admissionRequest({ type, target, user, dryRun }: Call, { operation, draft, old }: Change) {
  const { group, version, kind, resource } = type;
  const of = { group, version };
  return {
    uid: randomUUID(),
    kind: { ...of, kind },
    resource: { ...of, resource },
    ...(target.subresource !== '' && { subResource: target.subresource }),
    requestKind: { ...of, kind },
    requestResource: { ...of, resource },
    name: draft?.metadata.name ?? target.name,
    ...(type.namespaced && { namespace: target.namespace }),
    operation,
    userInfo: { username: user.name, groups: user.groups, ...(user.uid && { uid: user.uid }) },
    object: draft ?? null,
    oldObject: old ?? null,
    dryRun,
    options: { kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`, apiVersion: 'meta.k8s.io/v1' },
  };
}
