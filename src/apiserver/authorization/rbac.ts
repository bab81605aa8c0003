/** RBAC: whether the roles bound to a user allow what is asked. */
import type { UserInfo } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../api/selectors.ts';
import type { Api } from '../call.ts';
import type { ResourceType } from '../resources.ts';

/** What is asked: a verb on a resource, or on a path that names none. */
export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** Empty: across the cluster. */
  namespace: string;
  name: string;
  path?: string;
}

export interface Decision {
  allowed: boolean;
  /** Which binding allowed it. */
  reason: string;
}

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

const MASTERS = 'system:masters';

export type Parts = Pick<Api, 'objects' | 'types'>;

export function authorize(api: Parts, user: UserInfo, attributes: Attributes): Decision {
  if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
  for (const { binding, rules, subject } of boundRules(api, user, attributes.namespace))
    for (const rule of rules)
      if (allows(rule, attributes)) return { allowed: true, reason: reasonOf(binding, subject) };
  return { allowed: false, reason: '' };
}

/** Every rule that holds for the user in the namespace, for reviews that list them. */
export const rulesFor = (api: Parts, user: UserInfo, namespace: string): PolicyRule[] =>
  [...boundRules(api, user, namespace)].flatMap(({ rules }) => rules);

interface Bound {
  binding: KubeObject;
  subject: Subject;
  rules: PolicyRule[];
}

function* boundRules(api: Parts, user: UserInfo, namespace: string): Generator<Bound> {
  const scopes = [{ resource: 'clusterrolebindings', namespace: '' }];
  if (namespace !== '') scopes.push({ resource: 'rolebindings', namespace });
  for (const scope of scopes)
    for (const binding of api.objects.all(typeOf(api, scope.resource), scope.namespace)) {
      const subjects: Subject[] = binding['subjects'] ?? [];
      const subject = subjects.find((each) => isSubject(each, user, scope.namespace));
      if (subject !== undefined) yield { binding, subject, rules: rulesOf(api, binding, scope.namespace) };
    }
}

function typeOf({ types }: Parts, resource: string): ResourceType {
  return types.find('rbac.authorization.k8s.io', 'v1', resource)!;
}

function isSubject({ kind, name, namespace }: Subject, user: UserInfo, bindingNamespace: string): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return user.name === `system:serviceaccount:${namespace || bindingNamespace}:${name}`;
}

function rulesOf(api: Parts, binding: KubeObject, namespace: string): PolicyRule[] {
  const { kind, name } = binding['roleRef'];
  if (kind === 'Role') return api.objects.get(typeOf(api, 'roles'), namespace, name)?.['rules'] ?? [];
  const role = api.objects.get(typeOf(api, 'clusterroles'), '', name);
  return role === undefined ? [] : clusterRules(api, role);
}

/** A role that aggregates has the rules of all roles its selectors match, whoever wrote them down in it or not. */
export function clusterRules(api: Parts, role: KubeObject, seen = new Set<string>()): PolicyRule[] {
  const selectors: LabelSelectorObject[] = role['aggregationRule']?.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return role['rules'] ?? [];
  seen.add(role.metadata.name);
  const parsed = selectors.map((selector) => fromLabelSelector(selector));
  return api.objects
    .all(typeOf(api, 'clusterroles'))
    .filter(({ metadata }) => !seen.has(metadata.name))
    .filter(({ metadata }) => parsed.some((selector) => matchesLabels(selector, metadata.labels)))
    .flatMap((each) => clusterRules(api, each, seen));
}

const has = (list: string[] | undefined, wanted: string): boolean =>
  list?.some((each) => each === '*' || each === wanted) ?? false;

export function allows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((url) => matchesPath(url, attributes.path!));
  if (!has(rule.apiGroups, attributes.group) || !matchesResource(rule, attributes)) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(attributes.name);
}

const matchesPath = (url: string, path: string): boolean =>
  url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));

// `pods`, `pods/log`, `*` for everything, `*/scale` for one subresource of everything.
function matchesResource({ resources }: PolicyRule, { resource, subresource }: Attributes): boolean {
  if (has(resources, subresource === '' ? resource : `${resource}/${subresource}`)) return true;
  return subresource !== '' && (resources?.includes(`*/${subresource}`) ?? false);
}

function reasonOf({ kind, metadata, roleRef }: KubeObject, subject: Subject): string {
  const binding = kind === 'RoleBinding' ? `${metadata.name}/${metadata.namespace}` : metadata.name;
  const name = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace}` : subject.name;
  return `RBAC: allowed by ${kind} ${JSON.stringify(binding)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(name)}`;
}
