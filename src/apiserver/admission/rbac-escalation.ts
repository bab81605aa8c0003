/** Nobody grants by a role or a binding what they may not do themselves, unless told they may. */
import type { KubeObject } from '../../api/object.ts';
import { forbidden } from '../../api/status.ts';
import { allows, authorize, clusterRules, type PolicyRule, rulesFor } from '../authorization/rbac.ts';
import type { Call, Draft } from '../call.ts';

const MASTERS = 'system:masters';

export function checkRole(role: Draft, call: Call, current: KubeObject | undefined): void {
  if (mayDo(call, 'escalate', call.type.resource, role.metadata.name)) return;
  const granted: PolicyRule[] = role['rules'] ?? [];
  const before = current === undefined ? '' : JSON.stringify(current['rules']);
  if (JSON.stringify(granted) !== before) checkHeld(role, call, granted);
}

export function checkBinding(binding: Draft, call: Call, current: KubeObject | undefined): void {
  const { kind, name } = binding['roleRef'] ?? {};
  if (current !== undefined && JSON.stringify(current['subjects']) === JSON.stringify(binding['subjects'])) return;
  const resource = kind === 'Role' ? 'roles' : 'clusterroles';
  if (mayDo(call, 'bind', resource, name)) return;
  const { objects, types } = call.api;
  const namespace = kind === 'Role' ? call.target.namespace : '';
  const role = objects.get(types.find('rbac.authorization.k8s.io', 'v1', resource)!, namespace, name);
  if (role === undefined)
    throw forbidden(
      call.type,
      binding.metadata.name,
      `${resource}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`,
    );
  checkHeld(binding, call, kind === 'Role' ? (role['rules'] ?? []) : clusterRules(call.api, role));
}

function mayDo({ api, user, target }: Call, verb: string, resource: string, name: string): boolean {
  const group = 'rbac.authorization.k8s.io';
  return authorize(api, user, { verb, group, resource, subresource: '', namespace: target.namespace, name }).allowed;
}

function checkHeld({ metadata }: Draft, { api, user, target, type }: Call, granted: PolicyRule[]): void {
  if (user.groups.includes(MASTERS)) return;
  const held = rulesFor(api, user, target.namespace);
  const missing = granted.filter((rule) => !isCovered(rule, held));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n`;
  throw forbidden(type, metadata.name, why + missing.map(ruleText).join('\n'));
}

/** Every single permission of the rule is in one of those held. */
function isCovered(rule: PolicyRule, held: PolicyRule[]): boolean {
  for (const verb of rule.verbs) {
    const none = { verb, group: '', resource: '', subresource: '', namespace: '', name: '' };
    for (const path of rule.nonResourceURLs ?? [])
      if (!held.some((each) => allows(each, { ...none, path }))) return false;
    for (const group of rule.apiGroups ?? [])
      for (const each of rule.resources ?? []) {
        const [resource = '', subresource = ''] = each.split('/');
        for (const name of rule.resourceNames?.length ? rule.resourceNames : [''])
          if (!held.some((one) => allows(one, { ...none, group, resource, subresource, name }))) return false;
      }
  }
  return true;
}

function ruleText({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const list = (values: string[]) => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['ResourceNames', resourceNames],
    ['NonResourceURLs', nonResourceURLs],
    ['Verbs', verbs],
  ] as const;
  const told = parts.filter(([, values]) => values !== undefined && values.length > 0);
  return `{${told.map(([name, values]) => `${name}:${list(values!)}`).join(', ')}}`;
}
