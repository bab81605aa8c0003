/** NamespaceLifecycle: nothing is made in a namespace that is not there or is going; some never go. */
import type { KubeObject } from '../../api/object.ts';
import { failure, forbidden, notFound } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { askedName } from './asked-name.ts';

export function checkNamespace({ api, target, type }: Call, object: KubeObject): void {
  const namespaces = api.types.find('', 'v1', 'namespaces')!;
  const namespace = api.objects.get(namespaces, '', target.namespace);
  if (namespace === undefined) throw notFound(namespaces, target.namespace);
  if (namespace['status']?.phase !== 'Terminating' && namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${target.namespace} because it is being terminated`;
  const { status } = forbidden(type, askedName(object), why);
  throw failure(403, 'Forbidden', status.message!, {
    ...status.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${target.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

const IMMORTAL = ['default', 'kube-system', 'kube-public'];

export function checkNamespaceDeletion({ type }: Call, { metadata: { name } }: KubeObject): void {
  if (IMMORTAL.includes(name)) throw forbidden(type, name, 'this namespace may not be deleted');
}
