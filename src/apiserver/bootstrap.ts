/** The objects every cluster has from its first start. */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../api/object.ts';
import { type Api, timestamp } from './call.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Writes what is missing. Idempotent: a later start finds everything in place. */
export function bootstrap(api: Api): void {
  for (const name of NAMESPACES) ensure(api, namespace(name));
}

const namespace = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

function ensure(api: Api, object: KubeObject): void {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0]! : '';
  const type = api.types.findKind(group, object.kind)!;
  const { name, namespace = '' } = object.metadata;
  if (api.objects.get(type, namespace, name) !== undefined) return;
  object.metadata.uid = randomUUID();
  object.metadata.creationTimestamp = timestamp(api.clock);
  if (type.countsGeneration) object.metadata.generation = 1;
  api.objects.put(type, object, undefined);
}
