/** What validating and mutating policies have in common: which of them a change concerns, and with what parameters. */
import { type KubeObject, parseApiVersion } from '../../api/object.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../api/selectors.ts';
import type { Call } from '../call.ts';
import type { ResourceType } from '../resources.ts';
import type { Change } from './change.ts';
import { GROUP } from './hooks.ts';
import type { Named } from './policy-expressions.ts';
import { type MatchResources, matchesResources } from './policy-match.ts';

export interface PolicySpec {
  failurePolicy?: 'Fail' | 'Ignore';
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints?: MatchResources;
  matchConditions?: Named[];
  variables?: Named[];
}

interface BindingSpec {
  policyName: string;
  paramRef?: {
    name?: string;
    namespace?: string;
    selector?: LabelSelectorObject;
    parameterNotFoundAction?: 'Allow' | 'Deny';
  };
  matchResources?: MatchResources;
}

/** A policy as one binding puts it in force. */
export interface Enforced {
  policy: KubeObject;
  binding: KubeObject;
}

/** Those that concern the change, in the order of their bindings' names. */
export function concernedPolicies(
  call: Call,
  { operation, draft, old }: Change,
  bindings: KubeObject[],
  policies: 'mutatingadmissionpolicies' | 'validatingadmissionpolicies',
): Enforced[] {
  // As Kubernetes: policies do not judge policies, or one could lock out its own removal.
  if (bindings.length === 0 || call.type.group === GROUP) return [];
  const { objects, types } = call.api;
  const type = types.find(GROUP, 'v1', policies)!;
  return bindings.flatMap((binding) => {
    const { policyName, matchResources } = binding['spec'] as BindingSpec;
    const policy = objects.get(type, '', policyName);
    if (policy === undefined) return [];
    const matches = (match: MatchResources | undefined) => matchesResources(match, operation, call, draft, old);
    return matches((policy['spec'] as PolicySpec).matchConstraints) && matches(matchResources)
      ? [{ policy, binding }]
      : [];
  });
}

/** What keeps a policy or its binding from being applied, in Kubernetes' words. */
export class ConfigurationError extends Error {
  /** The policy itself is at fault, whatever its binding. */
  readonly ofPolicy: boolean;
  constructor(why: string, ofPolicy: boolean) {
    super(`failed to configure ${ofPolicy ? 'policy' : 'binding'}: ${why}`);
    this.ofPolicy = ofPolicy;
  }
}

/** The objects a binding names as parameters; one undefined where the policy takes none. Throws ConfigurationError. */
export function paramsOf(call: Call, { policy, binding }: Enforced): (KubeObject | undefined)[] {
  const { paramKind } = policy['spec'] as PolicySpec;
  const { paramRef } = binding['spec'] as BindingSpec;
  if (paramKind === undefined) return [undefined];
  const { group, version } = parseApiVersion(paramKind.apiVersion);
  const type = call.api.types.findKind(group, paramKind.kind);
  if (type === undefined)
    throw new ConfigurationError(
      `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${paramKind.kind}'`,
      true,
    );
  if (paramRef === undefined) return [undefined];
  const found = call.api.objects
    .all(type, namespaceOf(call, type, paramRef.namespace))
    .filter((object) => isParam(object, paramRef));
  if (found.length === 0 && paramRef.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction', false);
  return found;
}

function namespaceOf({ target }: Call, { namespaced }: ResourceType, given: string | undefined): string {
  if (!namespaced && given)
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`', false);
  const namespace = namespaced ? given || target.namespace : '';
  if (namespaced && namespace === '')
    throw new ConfigurationError(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
      false,
    );
  return namespace;
}

function isParam({ metadata }: KubeObject, { name, selector }: NonNullable<BindingSpec['paramRef']>): boolean {
  return name ? metadata.name === name : matchesLabels(fromLabelSelector(selector ?? {}), metadata.labels);
}
