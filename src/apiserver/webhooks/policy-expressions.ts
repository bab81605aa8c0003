/** The expressions of policies and webhooks: compiled once, evaluated over one change within a budget. */
import type { UserInfo } from '../../api/http.ts';
import type { KubeObject } from '../../api/object.ts';
import { authorize } from '../authorization/rbac.ts';
import type { Call } from '../call.ts';
import { Authorizer } from '../cel/authorizer.ts';
import { type Budget, MOST_STEPS } from '../cel/bounded.ts';
import { type Cel, loadCel, type Program } from '../cel/language.ts';
import { toCelValue } from '../cel/values.ts';
import { admissionRequest, type Change } from './change.ts';

/** Throws where the expression does not compile or fails: `expression 'x' resulted in error: …`. */
export type Evaluate = (expression: string) => unknown;

export interface Named {
  name: string;
  expression: string;
}

/** An evaluator for one policy, with one of its parameters. `object`: what other mutations have made of the change's. */
export type Evaluator = (param?: KubeObject, own?: Named[], object?: KubeObject) => Evaluate;

const POLICY_VARIABLES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables', 'authorizer'];
const MOST_PROGRAMS = 1000;
const programs = new Map<string, Program>();

/** Loads the language. */
export async function createEvaluator(call: Call, change: Change): Promise<Evaluator> {
  const cel = await loadCel();
  const shared = {
    object: toCelValue(change.draft ?? null),
    oldObject: toCelValue(change.old ?? null),
    request: toCelValue({ ...admissionRequest(call, change), object: undefined, oldObject: undefined }),
    namespaceObject: toCelValue(namespaceOf(call) ?? null),
    authorizer: authorizerOf(call, change),
  };
  return (param, own = [], object) => {
    const budget: Budget = { left: MOST_STEPS };
    const named = new Map<string, unknown>();
    const variables: Record<string, unknown> = {
      ...shared,
      ...(object !== undefined && { object: toCelValue(object) }),
      params: toCelValue(param ?? null),
      variables: named,
    };
    const run = (expression: string) => compiled(cel, expression)(variables, budget);
    setOwn(named, own, run);
    return (expression) => told(expression, run);
  };
}

/** As Kubernetes: an error of a condition counts only where none is false. Throws all errors as one. */
export function meetsConditions(conditions: Named[] = [], evaluate: Evaluate): boolean {
  const errors = new Set<string>();
  for (const { expression } of conditions)
    try {
      if (evaluate(expression) !== true) return false;
    } catch (error) {
      errors.add((error as Error).message);
    }
  if (errors.size > 1) throw new Error(`[${[...errors].join(', ')}]`);
  for (const error of errors) throw new Error(error);
  return true;
}

function told(expression: string, run: Evaluate): unknown {
  try {
    return run(expression);
  } catch (error) {
    throw new Error(`expression '${expression}' resulted in error: ${(error as Error).message}`, { cause: error });
  }
}

function compiled(cel: Cel, expression: string): Program {
  let program = programs.get(expression);
  if (program === undefined) {
    program = cel.compile(expression, POLICY_VARIABLES);
    if (programs.size >= MOST_PROGRAMS) programs.clear();
    programs.set(expression, program);
  }
  return program;
}

/** In order, each seeing those before it. One that fails stays out, and fails whoever uses it. */
function setOwn(named: Map<string, unknown>, own: Named[], run: Evaluate): void {
  for (const { name, expression } of own)
    try {
      named.set(name, run(expression));
    } catch {
      // Told where it is used: "no such key".
    }
}

/** A namespace itself, and what is in none, has no namespace. */
function namespaceOf({ api, type, target }: Call): KubeObject | undefined {
  if (!type.namespaced) return undefined;
  return api.objects.get(api.types.find('', 'v1', 'namespaces')!, '', target.namespace);
}

function authorizerOf({ api, user, type, target }: Call, { draft, old }: Change): Authorizer {
  const { group, resource } = type;
  const { verb, subresource, namespace } = target;
  const name = (draft ?? old)?.metadata.name ?? '';
  return new Authorizer((question, account) => authorize(api, account ? accountUser(account) : user, question), {
    verb,
    group,
    resource,
    subresource,
    namespace,
    name,
  });
}

const accountUser = ({ namespace, name }: { namespace: string; name: string }): UserInfo => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});
