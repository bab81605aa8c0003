/** Objects as the server would print them: the Table that kubectl asks for too. */
import type { GroupVersionResource } from '../api/object.ts';
import { resourcePath } from '../client/resource-path.ts';
import { bodyValue, errorOf } from '../client/response.ts';
import type { Client } from '../client/types.ts';

export interface TableObject {
  kind: 'Table';
  columnDefinitions: { name: string; type: string; priority?: number }[];
  rows: { cells: unknown[] }[] | null;
}

const ACCEPT = ['v1', 'v1beta1']
  .map((version) => `application/json;as=Table;v=${version};g=meta.k8s.io`)
  .concat('application/json')
  .join(',');

export interface TableQuery {
  resource: GroupVersionResource;
  namespace?: string | undefined;
  /** One object; all of the namespace where absent. */
  name?: string;
  labelSelector?: string;
}

export async function readTable(
  client: Client,
  { resource, namespace, name, labelSelector }: TableQuery,
): Promise<TableObject> {
  const path = resourcePath(resource, { namespace, name });
  const query = new URLSearchParams({ includeObject: 'Object', ...(labelSelector && { labelSelector }) });
  const response = await client.handler({ method: 'GET', path, query, headers: { accept: ACCEPT } });
  if (response.status >= 400) throw await errorOf(response, 'GET', path);
  return (await bodyValue(response)) as TableObject;
}
