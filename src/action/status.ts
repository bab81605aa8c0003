/** What a release consists of, as the cluster has it now. */
import type { KubeObject } from '../api/object.ts';
import { fromLabels, printLabelSelector } from '../api/selectors.ts';
import { PODS } from '../client/resources.ts';
import { buildResources } from '../kube/resource.ts';
import { readTable, type TableObject } from '../kube/table.ts';
import type { Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

export type LiveObject = KubeObject | TableObject;

/** Objects by version and kind (`v1/Deployment`) in the order of the manifest, and the pods that belong to them. */
export async function releaseResources(
  { client, namespace }: ActionContext,
  release: Release,
  { asTables }: { asTables: boolean },
): Promise<Map<string, LiveObject[]>> {
  const found = new Map<string, LiveObject[]>();
  const add = (key: string, object: LiveObject): void => {
    const objects = found.get(key);
    if (objects) objects.push(object);
    else found.set(key, [object]);
  };
  const selectors = new Set<string>();
  const built = await buildResources(client, release.manifest, namespace);
  // Whose name the server has made up is not known.
  const resources = built.filter(({ name }) => name !== '');
  const live = await Promise.all(
    resources.map((item) =>
      (asTables ? readTable(client, item) : client.get(item.resource, item.name, item.namespace)).catch(
        () => undefined,
      ),
    ),
  );
  for (const [i, item] of resources.entries()) {
    const object = live[i];
    if (!object) continue;
    add(`${item.resource.version}/${item.object.kind}`, object);
    const selector = podSelector(item.object);
    if (selector === undefined || item.namespace === undefined || selectors.has(selector)) continue;
    selectors.add(selector);
    const options = { namespace: item.namespace, labelSelector: selector };
    const pods = asTables ? readTable(client, { resource: PODS, ...options }) : client.list(PODS, options);
    add('v1/Pod(related)', (await pods) as LiveObject);
  }
  return found;
}

const WORKLOADS = new Set(['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

function podSelector({ kind, spec }: KubeObject): string | undefined {
  const labels = WORKLOADS.has(kind)
    ? spec?.selector?.matchLabels
    : kind === 'ReplicationController'
      ? spec?.selector
      : undefined;
  return labels ? printLabelSelector(fromLabels(labels)) : undefined;
}
