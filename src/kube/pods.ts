/** The pods that make an object ready. */
import type { KubeObject } from '../api/object.ts';
import { fromLabelSelector, fromLabels, printLabelSelector } from '../api/selectors.ts';
import { PODS } from '../client/resources.ts';
import type { Client } from '../client/types.ts';

/** The object itself where it is a pod; those its selector finds; none for what has no selector. */
export async function podsOf(client: Client, object: KubeObject, namespace: string): Promise<KubeObject[]> {
  if (object.kind === 'Pod') return [object];
  const given = object.spec?.selector;
  const isPlain = object.kind === 'ReplicationController' && given;
  const selector = isPlain
    ? fromLabels(given)
    : given?.matchLabels || given?.matchExpressions
      ? fromLabelSelector(given)
      : undefined;
  if (!selector) return [];
  return (await client.list(PODS, { namespace, labelSelector: printLabelSelector(selector) })).items;
}
