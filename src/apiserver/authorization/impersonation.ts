/** Impersonation: who may act as another says so in headers, `kubectl --as`. */
import type { ApiRequest, UserInfo } from '../../api/http.ts';
import { badRequest, failure } from '../../api/status.ts';
import { cannot } from './access.ts';
import { type Attributes, authorize, type Parts } from './rbac.ts';

const EXTRA = 'impersonate-extra-';

/** The user the request is to be judged as. Each part of the other identity must be allowed on its own. */
export function impersonated(api: Parts, user: UserInfo, { headers }: ApiRequest): UserInfo {
  const name = headers['impersonate-user'];
  const extra = Object.keys(headers).filter((header) => header.startsWith(EXTRA));
  if (!name) {
    if (headers['impersonate-group'] || headers['impersonate-uid'] || extra.length > 0)
      throw badRequest('requested impersonation without impersonating a user');
    return user;
  }
  const groups = listed(headers['impersonate-group']);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account !== null) check(api, user, { resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! });
  else check(api, user, { resource: 'users', name });
  for (const group of groups) check(api, user, { resource: 'groups', name: group });
  const uid = headers['impersonate-uid'];
  if (uid) check(api, user, { group: 'authentication.k8s.io', resource: 'uids', name: uid });
  const extras = extra.map(
    (header) => [decodeURIComponent(header.slice(EXTRA.length)), listed(headers[header])] as const,
  );
  for (const [key, values] of extras)
    for (const value of values)
      check(api, user, { group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value });
  return {
    name,
    groups: withBuiltIn(name, groups, account?.[1]),
    ...(uid && { uid }),
    ...(extras.length > 0 && { extra: Object.fromEntries(extras) }),
  };
}

const listed = (header: string | undefined): string[] => (header ? header.split(/,\s*/) : []);

/** Groups that come with the name, as authentication would give them. */
function withBuiltIn(name: string, groups: string[], serviceNamespace: string | undefined): string[] {
  if (name === 'system:anonymous') return [...groups, 'system:unauthenticated'];
  const own = serviceNamespace === undefined || groups.length > 0 ? [] : accountGroups(serviceNamespace);
  return [...new Set([...groups, ...own, 'system:authenticated'])];
}

const accountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];

function check(api: Parts, user: UserInfo, wanted: Partial<Attributes> & { resource: string; name: string }): void {
  const attributes = { verb: 'impersonate', group: '', subresource: '', namespace: '', ...wanted };
  if (authorize(api, user, attributes).allowed) return;
  const { group, resource, name } = attributes;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const why = cannot(user, attributes, attributes.namespace !== '');
  throw failure(403, 'Forbidden', `${qualified} ${JSON.stringify(name)} is forbidden: ${why}`, {
    name,
    ...(group !== '' && { group }),
    kind: resource,
  });
}
