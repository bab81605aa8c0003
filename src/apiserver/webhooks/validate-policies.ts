/** Validation of admission policies, their bindings and the conditions of webhooks: that their expressions compile, above all. */
import { Findings } from '../../api/field-error.ts';
import { isDns1035Label, isDns1123Subdomain, isQualifiedName } from '../../api/names.ts';
import type { KubeObject } from '../../api/object.ts';
import type { StatusCause } from '../../api/status.ts';
import { loadedCel } from '../cel/language.ts';
import { typeText } from '../cel/messages.ts';

// biome-ignore lint/suspicious/noExplicitAny: specs as the decoder leaves them.
type Loose = Record<string, any>;

/** What is wrong with an object of this group; `old` is what it replaces. */
export function checkPolicies(resource: string, object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const check = POLICY_CHECKS[resource];
  if (check === undefined) return [];
  const root = new Findings();
  check(object, root, old);
  return root.list;
}

/** By resource. */
const POLICY_CHECKS: Record<string, (object: KubeObject, at: Findings, old: KubeObject | undefined) => void> = {
  validatingadmissionpolicies: (object, at) => checkValidating(object['spec'] ?? {}, at.at('spec')),
  mutatingadmissionpolicies: (object, at) => checkMutating(object['spec'] ?? {}, at.at('spec')),
  validatingadmissionpolicybindings(object, at) {
    const spec: Loose = object['spec'] ?? {};
    const own = at.at('spec');
    checkBinding(spec, own, 'matchResouces'); // as Kubernetes spells it
    checkActions(spec['validationActions'] ?? [], own.at('validationActions'));
  },
  mutatingadmissionpolicybindings(object, at) {
    const spec: Loose = object['spec'] ?? {};
    checkBinding(spec, at.at('spec'), 'matchResources');
    checkMutableOperations(spec['matchResources'], at.at('spec', 'matchResources'));
  },
  validatingwebhookconfigurations: checkWebhooks,
  mutatingwebhookconfigurations: checkWebhooks,
};

/** Conditions that were there before are not judged again. */
function checkWebhooks(object: KubeObject, at: Findings, old: KubeObject | undefined): void {
  const conditionsIn = (each: KubeObject | undefined) =>
    JSON.stringify((each?.['webhooks'] ?? []).map((webhook: Loose) => webhook['matchConditions']));
  if (old !== undefined && conditionsIn(object) === conditionsIn(old)) return;
  at.at('webhooks').items(object['webhooks'] as Loose[], (webhook, own) =>
    checkConditions(webhook['matchConditions'], [...COMMON, 'authorizer'], own.at('matchConditions')),
  );
}

const COMMON = ['object', 'oldObject', 'request', 'namespaceObject'];

/** The names that a policy's expressions may use. */
const namesFor = ({ paramKind, variables }: Loose, ...more: string[]): string[] => [
  ...COMMON,
  ...(paramKind ? ['params'] : []),
  ...(variables?.length > 0 ? ['variables'] : []),
  ...more,
];

function checkValidating(spec: Loose, at: Findings): void {
  checkCommon(spec, at);
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0)
    for (const list of ['validations', 'auditAnnotations'])
      at.at(list).required('validations or auditAnnotations must contain at least one item');
  at.at('validations').items(validations as Loose[], (each, own) => checkValidation(each, spec, own));
  at.at('auditAnnotations').items(auditAnnotations as Loose[], ({ valueExpression = '' }, own) => {
    const place = own.at('valueExpression');
    if (valueExpression.trim() === '') place.required('valueExpression is not specified');
    else compile(valueExpression, namesFor(spec, 'authorizer'), ['string', 'null_type'], place);
  });
}

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

function checkValidation(
  { expression = '', message, messageExpression, reason }: Loose,
  spec: Loose,
  at: Findings,
): void {
  if (expression.trim() === '') at.at('expression').required('expression is not specified');
  else compile(expression, namesFor(spec, 'authorizer'), ['bool'], at.at('expression'));
  if (messageExpression && messageExpression.trim() === '')
    at.at('messageExpression').invalid(messageExpression, 'must be non-empty if specified');
  else if (messageExpression) compile(messageExpression, namesFor(spec), ['string'], at.at('messageExpression'));
  if (message && message.trim() === '') at.at('message').invalid(message, 'message must be non-empty if specified');
  else if (/[\n\r]/.test((message ?? '').trim()))
    at.at('message').invalid(message, 'message must not contain line breaks');
  if (reason && !REASONS.includes(reason)) at.at('reason').notSupported(reason, REASONS);
}

function checkMutating(spec: Loose, at: Findings): void {
  checkCommon(spec, at);
  checkMutableOperations(spec['matchConstraints'], at.at('matchConstraints'));
  const { mutations = [], reinvocationPolicy } = spec;
  if (mutations.length === 0) at.at('mutations').required('mutations must contain at least one item');
  at.at('mutations').items(mutations as Loose[], (each, own) => checkMutation(each, spec, own));
  if (!reinvocationPolicy) at.at('reinvocationPolicy').required();
  else oneOf(reinvocationPolicy, ['Never', 'IfNeeded'], at.at('reinvocationPolicy'));
}

/** Of each kind of patch: its field, and what its expression makes. */
const PATCHES: Record<string, [field: string, type: string]> = {
  ApplyConfiguration: ['applyConfiguration', 'Object'],
  JSONPatch: ['jsonPatch', 'list(JSONPatch)'],
};

function checkMutation(mutation: Loose, spec: Loose, at: Findings): void {
  const { patchType } = mutation;
  if (!patchType) at.at('patchType').required();
  else if (!Object.hasOwn(PATCHES, patchType)) at.at('patchType').notSupported(patchType, Object.keys(PATCHES));
  else for (const type of Object.keys(PATCHES)) checkPatch(type, mutation, spec, at);
}

function checkPatch(type: string, mutation: Loose, spec: Loose, at: Findings): void {
  const { patchType } = mutation;
  const [field, made] = PATCHES[type]!;
  const place = at.at(field);
  const given: Loose | undefined = mutation[field];
  const expression: string = given?.['expression']?.trim() ?? '';
  if (type !== patchType) {
    if (given) place.invalid(`{${field}}`, `must not be specified when patchType is ${patchType}`);
  } else if (!given) place.required(`must be specified when patchType is ${patchType}`);
  else if (expression === '') place.at('expression').required();
  else compile(expression, namesFor(spec, 'authorizer'), [made], place.at('expression'));
}

const MUTABLE = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

function checkMutableOperations(match: Loose | undefined, at: Findings): void {
  for (const { operations = [] } of match?.['resourceRules'] ?? [])
    for (const operation of operations) oneOf(operation, MUTABLE, at.at('resourceRules', 'operations'));
}

function checkCommon(spec: Loose, at: Findings): void {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables = [] } = spec;
  if (failurePolicy) oneOf(failurePolicy, ['Fail', 'Ignore'], at.at('failurePolicy'));
  if (paramKind) checkParamKind(paramKind, at.at('paramKind'));
  if (!matchConstraints) at.at('matchConstraints').required();
  else {
    checkMatch(matchConstraints, at.at('matchConstraints'));
    if (!(matchConstraints.resourceRules?.length > 0)) at.at('matchConstraints', 'resourceRules').required();
  }
  const names = namesFor({ paramKind }, 'authorizer');
  checkConditions(matchConditions, names, at.at('matchConditions'));
  at.at('variables').items(variables as Loose[], ({ name = '', expression = '' }, own) => {
    if (name.trim() === '') own.at('name').required('name is not specified');
    else if (!isIdentifier(name)) own.at('name').invalid(name, 'name is not a valid CEL identifier');
    if (expression.trim() === '') own.at('expression').required('expression is not specified');
    else compile(expression, namesFor(spec, 'authorizer'), [], own.at('expression'));
  });
}

const RESERVED =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;
const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.test(name);

function checkParamKind({ apiVersion = '', kind = '' }: Loose, at: Findings): void {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  const place = at.at('apiVersion');
  if (apiVersion === '') place.required();
  else if (apiVersion.split('/').length > 2) place.invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    const wrongGroup = group === '' ? [] : isDns1123Subdomain(group);
    if (wrongGroup.length > 0) place.invalid(group, wrongGroup.join(','));
    const wrongVersion = version === '' ? ['version must be specified'] : isDns1035Label(version);
    if (wrongVersion.length > 0) place.invalid(version === '' ? apiVersion : version, wrongVersion.join(','));
  }
  const wrongKind = kind === '' ? [] : isDns1035Label(kind.toLowerCase());
  if (kind === '') at.at('kind').required();
  else if (wrongKind.length > 0)
    at.at('kind').invalid(kind, `may have mixed case, but should otherwise match: ${wrongKind.join(',')}`);
}

function checkMatch(match: Loose, at: Findings): void {
  for (const list of ['resourceRules', 'excludeResourceRules']) at.at(list).items(match[list] as Loose[], checkRule);
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function checkRule(
  { operations = [], apiGroups = [], apiVersions = [], resources = [], scope }: Loose,
  at: Findings,
): void {
  if (operations.length === 0) at.at('operations').required();
  if (operations.length > 1 && operations.includes('*'))
    at.at('operations').invalid(operations, "if '*' is present, must not specify other operations");
  at.at('operations').items(operations as string[], (each, own) => oneOf(each, OPERATIONS, own));
  for (const [name, list] of Object.entries({ apiGroups, apiVersions })) {
    if (list.length === 0) at.at(name).required();
    if (list.length > 1 && list.includes('*'))
      at.at(name).invalid(
        list,
        `if '*' is present, must not specify other ${name === 'apiGroups' ? 'API groups' : 'API versions'}`,
      );
  }
  if (resources.length === 0) at.at('resources').required();
  if (scope) oneOf(scope, ['*', 'Cluster', 'Namespaced'], at.at('scope'));
}

function checkConditions(conditions: Loose[] | undefined, names: string[], at: Findings): void {
  if (conditions !== undefined && conditions.length > 64) at.tooMany(conditions.length, 64);
  const seen = new Set<string>();
  at.items(conditions, ({ name = '', expression = '' }, own) => {
    if (expression.trim() === '') own.at('expression').required();
    else compile(expression.trim(), names, ['bool'], own.at('expression'));
    if (name === '') own.at('name').required();
    else own.at('name').each(name, isQualifiedName(name));
    if (seen.has(name)) own.at('name').duplicate(name);
    seen.add(name);
  });
}

function checkBinding({ policyName = '', paramRef, matchResources }: Loose, at: Findings, place: string): void {
  if (policyName === '') at.at('policyName').required();
  else at.at('policyName').each(policyName, isDns1123Subdomain(policyName));
  if (paramRef) checkParamRef(paramRef, at.at('paramRef'));
  if (matchResources) checkMatch(matchResources, at.at(place));
}

function checkParamRef({ name, selector, parameterNotFoundAction }: Loose, at: Findings): void {
  if (name && selector)
    for (const field of ['name', 'selector']) at.at(field).forbidden('name and selector are mutually exclusive');
  if (!name && !selector) at.required('one of name or selector must be specified');
  if (!parameterNotFoundAction) at.at('parameterNotFoundAction').required();
  else oneOf(parameterNotFoundAction, ['Deny', 'Allow'], at.at('parameterNotFoundAction'));
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function checkActions(actions: string[], at: Findings): void {
  const seen = new Set<string>();
  at.items(actions, (action, own) => {
    oneOf(action, ACTIONS, own);
    if (seen.has(action)) own.duplicate(action);
    seen.add(action);
  });
  if (actions.includes('Deny') && actions.includes('Warn'))
    at.invalid(
      actions,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    );
  if (actions.length === 0) at.required('at least one validation action is required');
}

function oneOf(value: string, supported: string[], at: Findings): void {
  if (!supported.includes(value)) at.notSupported(value, supported);
}

/** `types`: what it must evaluate to, as far as that is known before; none: anything. */
function compile(expression: string, names: string[], types: string[], at: Findings): void {
  try {
    const type = loadedCel()?.compile(expression, names).type ?? 'dyn';
    if (types.length === 0 || isOneOf(type, types)) return;
    const wanted = types.length === 1 ? `${types[0]} but got ${typeText(type)}` : `one of [${types.join(' ')}]`;
    at.invalid(expression, `must evaluate to ${wanted}`);
  } catch (error) {
    at.invalid(expression, (error as Error).message);
  }
}

/** Of the objects that expressions make the type is known only when they are made. */
const isOneOf = (type: string, types: string[]): boolean =>
  type === 'dyn' ||
  types.includes(typeText(type)) ||
  (types[0] === 'list(JSONPatch)' && /^list(<(dyn|T)>)?$/.test(type));
