/** Where the API keeps things: `/api/v1/namespaces/default/pods/web/status`. */
import type { GroupVersionResource } from '../api/object.ts';

export interface PathParts {
  namespace?: string;
  name?: string;
  subresource?: string;
}

export function resourcePath({ group, version, resource }: GroupVersionResource, parts: PathParts = {}): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = parts.namespace ? `/namespaces/${encodeURIComponent(parts.namespace)}` : '';
  const name = parts.name === undefined ? '' : `/${encodeURIComponent(parts.name)}`;
  const subresource = parts.subresource ? `/${parts.subresource}` : '';
  return `${root}${scope}/${resource}${name}${subresource}`;
}
