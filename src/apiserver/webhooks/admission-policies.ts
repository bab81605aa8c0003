/** ValidatingAdmissionPolicies: rules in CEL over what is about to be stored, put in force by their bindings. */
import type { KubeObject } from '../../api/object.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../api/selectors.ts';
import { failure, forbidden } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { createEvaluator, type Evaluate } from './policy-expressions.ts';
import { type MatchResources, matchesResources } from './policy-match.ts';
import { admissionRequest, type Change } from './webhooks.ts';

interface Named {
  name: string;
  expression: string;
}

interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}

interface PolicySpec {
  failurePolicy?: 'Fail' | 'Ignore';
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints?: MatchResources;
  matchConditions?: Named[];
  variables?: Named[];
  validations?: Validation[];
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
  validationActions?: string[];
}

/** A policy as one binding puts it in force, with one of its parameters. */
interface Enforced {
  policy: KubeObject;
  binding: KubeObject;
}

const GROUP = 'admissionregistration.k8s.io';

/** Throws the first denial. Undefined, without a promise, where no policy concerns the change. */
export function validateByPolicies(call: Call, change: Change): Promise<void> | undefined {
  const enforced = concerned(call, change);
  return enforced.length === 0 ? undefined : validate(call, change, enforced);
}

function concerned(call: Call, { operation, draft, old }: Change): Enforced[] {
  const { objects, types } = call.api;
  // As Kubernetes: policies do not judge policies, or one could lock out its own removal.
  if (call.type.group === GROUP) return [];
  const bindings = objects.all(types.find(GROUP, 'v1', 'validatingadmissionpolicybindings')!);
  const policies = types.find(GROUP, 'v1', 'validatingadmissionpolicies')!;
  return bindings.flatMap((binding) => {
    const { policyName, matchResources } = binding['spec'] as BindingSpec;
    const policy = objects.get(policies, '', policyName);
    if (policy === undefined) return [];
    const matches = (match: MatchResources | undefined) => matchesResources(match, operation, call, draft, old);
    return matches((policy['spec'] as PolicySpec).matchConstraints) && matches(matchResources)
      ? [{ policy, binding }]
      : [];
  });
}

async function validate(call: Call, change: Change, enforced: Enforced[]): Promise<void> {
  const evaluatorOf = await createEvaluator();
  const { objects, types } = call.api;
  const namespaceObject = objects.get(types.find('', 'v1', 'namespaces')!, '', call.target.namespace);
  const request = admissionRequest(call, change);
  for (const each of enforced) {
    const spec = each.policy['spec'] as PolicySpec;
    const params = paramsOf(call, each);
    if (params === 'missing')
      tell(call, each, 'no params found for policy binding with `Deny` parameterNotFoundAction');
    else
      for (const param of params) {
        const values = { object: change.draft, oldObject: change.old, request, params: param, namespaceObject };
        judge(call, each, evaluatorOf(values, spec.variables ?? []));
      }
  }
}

function judge(call: Call, each: Enforced, evaluate: Evaluate): void {
  const { failurePolicy, matchConditions = [], validations = [] } = each.policy['spec'] as PolicySpec;
  const guarded = (expression: string, what: string): unknown => {
    try {
      return evaluate(expression);
    } catch (error) {
      if (failurePolicy === 'Ignore') return undefined;
      tell(call, each, `${what} '${expression}' resulted in error: ${(error as Error).message}`);
      return undefined;
    }
  };
  for (const { expression } of matchConditions) if (guarded(expression, 'expression') !== true) return;
  for (const validation of validations)
    if (guarded(validation.expression, 'expression') === false)
      tell(call, each, messageOf(validation, evaluate), validation.reason);
}

function messageOf({ expression, message, messageExpression }: Validation, evaluate: Evaluate): string {
  const plain = message ?? `failed expression: ${expression.trim()}`;
  if (messageExpression === undefined) return plain;
  try {
    const text = evaluate(messageExpression);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : plain;
  } catch {
    return plain;
  }
}

const CODES: Record<string, number> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

/** Does with a failed validation what the binding says: deny, or only warn. */
function tell(call: Call, { policy, binding }: Enforced, message: string, reason = 'Invalid'): void {
  const actions = (binding['spec'] as BindingSpec).validationActions ?? ['Deny'];
  const names = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  if (actions.includes('Warn')) call.warnings.push(`Validation failed for ${names}: ${message}`);
  if (!actions.includes('Deny')) return;
  const text = `${names} denied request: ${message}`;
  const { status } = forbidden(call.type, call.target.name, text);
  const details = { ...status.details, causes: [{ message: text }] };
  throw failure(CODES[reason] ?? 422, reason, status.message!, details);
}

/** The objects a binding names as parameters; one undefined where the policy takes none. */
function paramsOf(call: Call, { policy, binding }: Enforced): (KubeObject | undefined)[] | 'missing' {
  const { paramKind } = policy['spec'] as PolicySpec;
  const { paramRef } = binding['spec'] as BindingSpec;
  if (paramKind === undefined || paramRef === undefined) return [undefined];
  const { objects, types } = call.api;
  const group = paramKind.apiVersion.includes('/') ? paramKind.apiVersion.split('/')[0]! : '';
  const type = types.findKind(group, paramKind.kind);
  const namespace = type?.namespaced ? (paramRef.namespace ?? call.target.namespace) : '';
  const found = type === undefined ? [] : objects.all(type, namespace).filter((object) => isParam(object, paramRef));
  return found.length > 0 ? found : paramRef.parameterNotFoundAction === 'Allow' ? [] : 'missing';
}

function isParam({ metadata }: KubeObject, { name, selector }: NonNullable<BindingSpec['paramRef']>): boolean {
  return name ? metadata.name === name : matchesLabels(fromLabelSelector(selector ?? {}), metadata.labels);
}
