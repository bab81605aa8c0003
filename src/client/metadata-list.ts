/** Objects of a resource without what is in them: a tenth of the bytes where much is. */
import type { GroupVersionResource, KubeList, KubeObject } from '../api/object.ts';
import { resourcePath } from './resource-path.ts';
import { bodyValue, errorOf } from './response.ts';
import type { Client, ListOptions } from './types.ts';

const ACCEPT = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

export async function listMetadata(
  client: Client,
  resource: GroupVersionResource,
  { namespace, labelSelector }: Pick<ListOptions, 'namespace' | 'labelSelector'>,
): Promise<KubeObject[]> {
  const path = resourcePath(resource, { namespace });
  const query = new URLSearchParams(labelSelector === undefined ? {} : { labelSelector });
  const response = await client.handler({ method: 'GET', path, query, headers: { accept: ACCEPT } });
  if (response.status >= 400) throw await errorOf(response, 'GET', path);
  return ((await bodyValue(response)) as KubeList<KubeObject>).items;
}
