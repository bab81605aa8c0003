/** The gate before every verb: 403 with Kubernetes' words unless the user may do what the request asks. */
import type { ApiRequest, UserInfo } from '../../api/http.ts';
import { failure, type StatusError } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { type Attributes, authorize, type Parts } from './rbac.ts';

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function checkAccess({ api, target, user, type }: Call): void {
  const { group, resource, subresource, name } = target;
  const namespace = resource === 'namespaces' && group === '' ? name : target.namespace;
  const attributes: Attributes = { verb: target.verb, group, resource, subresource, namespace, name };
  if (!authorize(api, user, attributes).allowed) throw refusal(user, attributes, type.namespaced);
}

export function checkPathAccess(api: Parts, user: UserInfo, { method, path }: ApiRequest): void {
  const verb = method.toLowerCase();
  const attributes = { verb, group: '', resource: '', subresource: '', namespace: '', name: '', path };
  if (authorize(api, user, attributes).allowed) return;
  const message = `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`;
  throw failure(403, 'Forbidden', message, {});
}

/** As `User "bob" cannot list resource "pods" in API group "" in the namespace "default"`. */
export function cannot(user: UserInfo, attributes: Attributes, inNamespace: boolean): string {
  const { verb, group, resource, subresource, namespace } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where =
    inNamespace && namespace !== '' ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}

function refusal(user: UserInfo, attributes: Attributes, namespaced: boolean): StatusError {
  const { group, resource, name } = attributes;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  // As Kubernetes: a namespace itself is asked for in its own namespace.
  const inNamespace = namespaced || resource === 'namespaces';
  const subject = name === '' ? qualified : `${qualified} ${JSON.stringify(name)}`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${cannot(user, attributes, inNamespace)}`, {
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    kind: resource,
  });
}
