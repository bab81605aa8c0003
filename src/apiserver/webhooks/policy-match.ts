/** Which requests a match of a policy or a binding concerns. */
import type { KubeObject } from '../../api/object.ts';
import type { LabelSelectorObject } from '../../api/selectors.ts';
import type { Call } from '../call.ts';
import { isConcerned, type Operation } from './webhook-match.ts';

interface NamedRule {
  operations: string[];
  apiGroups: string[];
  apiVersions: string[];
  resources: string[];
  resourceNames?: string[];
  scope?: string;
}

export interface MatchResources {
  resourceRules?: NamedRule[];
  excludeResourceRules?: NamedRule[];
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
}

/** A binding without rules of its own concerns what its policy does. */
export function matchesResources(
  match: MatchResources | undefined,
  operation: Operation,
  call: Call,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): boolean {
  if (match === undefined) return true;
  const { namespaceSelector, objectSelector } = match;
  const selectors = { ...(namespaceSelector && { namespaceSelector }), ...(objectSelector && { objectSelector }) };
  const concerns = (rules: NamedRule[]) =>
    isConcerned({ name: '', clientConfig: {}, rules, ...selectors }, operation, call, object, old);
  const name = (object ?? old)?.metadata.name ?? '';
  const named = (rules: NamedRule[] | undefined) =>
    rules?.filter(({ resourceNames }) => !resourceNames?.length || resourceNames.includes(name));
  if (concerns(named(match.excludeResourceRules) ?? [])) return false;
  return concerns(named(match.resourceRules) ?? [EVERYTHING]);
}

const EVERYTHING: NamedRule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
