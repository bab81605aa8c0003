/** MutatingAdmissionPolicies: changes in CEL to what is about to be stored, as apply configurations and JSON patches. */
import { findSchemaErrors, mergeFields } from '../../api/field-walks.ts';
import { equalJson, isObject, type JsonObject } from '../../api/json.ts';
import type { MergeSchema } from '../../api/merge-schema.ts';
import type { KubeObject } from '../../api/object.ts';
import { applyJsonPatch } from '../../api/patch-json.ts';
import { failure, forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { typeNameOf } from '../cel/constructions.ts';
import { fromCelValue } from '../cel/values.ts';
import { mergeSchemaFor } from '../field-management.ts';
import { decodeAdmitted } from '../incoming.ts';
import type { Change } from './change.ts';
import { hooksOf } from './hooks.ts';
import { ConfigurationError, concernedPolicies, type Enforced, type PolicySpec, paramsOf } from './policies.ts';
import { createEvaluator, type Evaluator, meetsConditions } from './policy-expressions.ts';
import type { Reinvocation } from './reinvocation.ts';

interface Mutation {
  patchType: 'ApplyConfiguration' | 'JSONPatch';
  applyConfiguration?: { expression: string };
  jsonPatch?: { expression: string };
}

interface MutatingSpec extends PolicySpec {
  mutations?: Mutation[];
  reinvocationPolicy?: string;
}

export const mutatingPolicies = (call: Call, change: Change): Enforced[] =>
  concernedPolicies(call, change, hooksOf(call.api).mutatingBindings, 'mutatingadmissionpolicies');

/** One round of the policies over one change. */
interface Round {
  call: Call;
  rounds: Reinvocation;
  failures: Failures;
  evaluatorOf: Evaluator;
}

/** The draft as the policies leave it. Throws the failures of those that may not fail, when all have been asked. */
export async function mutateByPolicies(call: Call, change: Change, rounds: Reinvocation): Promise<Draft> {
  let draft = change.draft!;
  const enforced = mutatingPolicies(call, change);
  if (enforced.length === 0) return draft;
  const failures = new Failures(call);
  const round = { call, rounds, failures, evaluatorOf: await createEvaluator(call, change) };
  for (const each of enforced)
    for (const param of failures.guard(each, () => paramsOf(call, each)) ?? [])
      draft = mutateOnce(round, each, param, draft);
  failures.throwAny();
  return draft;
}

function mutateOnce(round: Round, each: Enforced, param: KubeObject | undefined, before: Draft): Draft {
  const { call, rounds, failures, evaluatorOf } = round;
  const { policy, binding } = each;
  const { matchConditions, variables, mutations = [], reinvocationPolicy } = policy['spec'] as MutatingSpec;
  const evaluateOn = (object: KubeObject) => evaluatorOf(param, variables, object);
  if (failures.guard(each, () => meetsConditions(matchConditions, evaluateOn(before))) !== true) return before;
  const key = `${policy.metadata.name}/${binding.metadata.name}/${param?.metadata.uid ?? ''}`;
  if (!rounds.isDue(key)) return before;
  let draft = before;
  for (const mutation of mutations)
    draft = failures.guard(each, () => decodeAdmitted(call, apply(call, draft, mutation, evaluateOn(draft)))) ?? draft;
  if (!equalJson(before, draft)) rounds.changed();
  if (reinvocationPolicy === 'IfNeeded') rounds.invoked(key);
  return draft;
}

function apply(call: Call, draft: Draft, mutation: Mutation, evaluate: (expression: string) => unknown): unknown {
  return mutation.patchType === 'JSONPatch'
    ? applyPatch(draft, evaluate(mutation.jsonPatch?.expression ?? ''))
    : applyConfiguration(call, draft, evaluate(mutation.applyConfiguration?.expression ?? ''));
}

function applyConfiguration(call: Call, draft: Draft, value: unknown): unknown {
  if (typeNameOf(value) !== 'Object') throw new Error('unsupported return type from ApplyConfiguration expression');
  checkTypeNames(value);
  const schema = mergeSchemaFor(call.type);
  const { apiVersion, kind } = draft;
  const patch = { ...(fromCelValue(value) as JsonObject), apiVersion, kind };
  const wrong = findSchemaErrors(patch, schema);
  const start = 'error applying patch: ';
  if (wrong.length > 0) {
    const what = wrong.length === 1 ? wrong[0] : ['errors:', ...wrong.map((each) => `  ${each}`)].join('\n');
    throw new Error(`${start}failed to convert patch object to typed object: ${what}`);
  }
  const atomic = atomicParts(patch, schema);
  if (atomic.length > 0)
    throw new Error(
      `${start}invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`,
    );
  return mergeFields(draft, patch, schema);
}

/** Lists and maps that the patch would replace as a whole, which nobody who patches a field means. */
function atomicParts(value: unknown, schema: MergeSchema, path = ''): string[] {
  if (schema.kind === 'leaf') return isObject(value) || Array.isArray(value) ? [path] : [];
  if (Array.isArray(value))
    return schema.kind === 'list' ? value.flatMap((item, i) => atomicParts(item, schema.items, `${path}[${i}]`)) : [];
  if (!isObject(value) || schema.kind !== 'struct') return [];
  return Object.keys(value).flatMap((key) => {
    const inner = schema.fields.get(key);
    return inner === undefined ? [] : atomicParts(value[key], inner, `${path}.${key}`);
  });
}

/** An object made as `Object.spec` stands in the field `spec`, and so on. */
function checkTypeNames(value: unknown): void {
  const wrong: string[] = [];
  const walk = (each: unknown, path: string): void => {
    const name = typeNameOf(each);
    if (name !== undefined && name !== path)
      wrong.push(
        `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
      );
    if (Array.isArray(each)) for (const item of each) walk(item, path);
    else if (typeof each === 'object' && each !== null)
      for (const [key, inner] of each instanceof Map ? each : Object.entries(each))
        walk(inner, name === undefined ? path : `${path}.${key}`);
  };
  walk(value, typeNameOf(value)!);
  if (wrong.length > 0) throw new Error(`type mismatch: ${wrong.join('\n')}`);
}

function applyPatch(draft: Draft, value: unknown): unknown {
  const operations: unknown[] = Array.isArray(value) ? value : [undefined];
  if (operations.some((each) => typeNameOf(each) !== 'JSONPatch'))
    throw new Error('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
  for (const each of operations) {
    const made = each instanceof Map ? each.get('value') : (each as { value?: unknown }).value;
    if (typeNameOf(made) !== undefined) checkTypeNames(made);
  }
  try {
    return applyJsonPatch(draft, fromCelValue(operations));
  } catch (error) {
    const { message } = error as Error;
    // As Kubernetes: a patch whose test fails is not applied, and that is no error.
    if (message.endsWith('test failed')) return draft;
    throw new Error(`JSONPath: ${message}`, { cause: error });
  }
}

/** What went wrong with policies that may not fail. */
class Failures {
  readonly #call: Call;
  readonly #told: { message: string; reason: string }[] = [];

  constructor(call: Call) {
    this.#call = call;
  }

  /** Undefined where `run` has thrown. */
  guard<T>({ policy, binding }: Enforced, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if ((policy['spec'] as PolicySpec).failurePolicy === 'Ignore') return undefined;
      const { name } = policy.metadata;
      const isConfiguration = error instanceof ConfigurationError;
      const who =
        isConfiguration && error.ofPolicy
          ? `policy ${JSON.stringify(name)}`
          : `policy '${name}' with binding '${binding.metadata.name}'`;
      const message = `${who} denied request: ${(error as Error).message}`;
      this.#told.push({ message, reason: isConfiguration ? 'Forbidden' : 'Invalid' });
      return undefined;
    }
  }

  throwAny(): void {
    const [first] = this.#told;
    if (first === undefined) return;
    const { details } = forbidden(this.#call.type, this.#call.target.name, '').status;
    const causes = this.#told.map(({ message }) => ({ message }));
    throw failure(403, first.reason, first.message, { ...details, causes });
  }
}
