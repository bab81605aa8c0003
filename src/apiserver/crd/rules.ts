/**
 * Rules in CEL (`x-kubernetes-validations`): where they stand in a schema, what they see, and what is told when one fails.
 */
import { Findings } from '../../api/field-error.ts';
import { equalJson, isObject } from '../../api/json.ts';
import { type Budget, BudgetError, MOST_STEPS } from '../cel/bounded.ts';
import type { Cel, Program } from '../cel/language.ts';
import { toCelTyped } from '../cel/values.ts';
import { additionalOf, isIntOrString, type Schema, type ValidationRule } from './schema.ts';

/** `old` is what the value replaces, undefined for a new one. */
export type CheckRules = (value: unknown, old: unknown, at: Findings) => void;

/** Undefined where the schema has no rules. Throws `compilation failed: …`. */
export function compileRules(schema: Schema, cel: Cel): CheckRules | undefined {
  const check = compileNode(schema, cel, true);
  return check && ((value, old, at) => check(value, old, at, { left: MOST_STEPS_AN_OBJECT, over: false }, () => false));
}

/** Whether the language is needed for objects of this schema. */
export const hasRules = (schema: Schema): boolean =>
  (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
  Object.values(schema.properties ?? {}).some(hasRules) ||
  [additionalOf(schema), schema.items].some((inner) => inner !== undefined && hasRules(inner));

/** What is left for all rules of one object together; when one has run out, no further rule runs. */
interface Account extends Budget {
  over: boolean;
}

const MOST_STEPS_AN_OBJECT = 10 * MOST_STEPS;

/** `isUnchanged`: whether the nearest part with a past is as it was. */
type Check = (value: unknown, old: unknown, at: Findings, account: Account, isUnchanged: () => boolean) => void;

function compileNode(schema: Schema, cel: Cel, isRoot = false): Check | undefined {
  const own = (schema['x-kubernetes-validations'] ?? []).map((rule) => compileRule(rule, schema, cel, isRoot));
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const check = compileNode(inner, cel);
    return check ? [[name, check] as const] : [];
  });
  const additional = additionalOf(schema);
  const values = additional && compileNode(additional, cel);
  const items = schema.items && compileNode(schema.items, cel);
  if (own.length === 0 && properties.length === 0 && !values && !items) return undefined;
  const keyOf = keyReader(schema);
  return (value, old, at, account, isParentUnchanged) => {
    if (value === null || value === undefined || account.over) return;
    const isUnchanged = old === undefined ? isParentUnchanged : () => equalJson(value, old);
    for (const check of own) check(value, old, at, account, isUnchanged);
    if (Array.isArray(value)) {
      const before = new Map((Array.isArray(old) ? old : []).map((item) => [keyOf(item), item]));
      if (items) at.items(value, (item, own) => items(item, before.get(keyOf(item)), own, account, isUnchanged));
    } else if (isObject(value)) {
      const before = isObject(old) ? old : {};
      for (const [name, check] of properties)
        if (Object.hasOwn(value, name)) check(value[name], before[name], at.at(name), account, isUnchanged);
      if (!values) return;
      for (const key of Object.keys(value))
        if (!Object.hasOwn(schema.properties ?? {}, key))
          values(value[key], before[key], at.key(key), account, isUnchanged);
    }
  };
}

/** Items of a map list are compared with the old ones of the same key; others have no past. */
function keyReader(schema: Schema): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map') return () => Symbol();
  return (item) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
}

/** As Kubernetes, what is wrong is told by its type and never shown. */
const REASONS: Record<string, (at: Findings, type: string, message: string) => void> = {
  FieldValueInvalid: (at, type, message) => at.invalid(type, message),
  FieldValueForbidden: (at, _type, message) => at.forbidden(message),
  FieldValueRequired: (at, _type, message) => at.required(message),
  FieldValueDuplicate: (at, type) => at.duplicate(type),
};

const RULE_VARIABLES = ['self', 'oldSelf'];

function compileRule(rule: ValidationRule, schema: Schema, cel: Cel, isRoot: boolean): Check {
  const program = cel.compile(rule.rule, RULE_VARIABLES);
  const message = rule.messageExpression ? cel.compile(rule.messageExpression, RULE_VARIABLES) : undefined;
  const type = isIntOrString(schema) ? '' : (schema.type ?? '');
  const isTransition = /\boldSelf\b/.test(rule.rule);
  const report = REASONS[rule.reason ?? 'FieldValueInvalid'] ?? REASONS['FieldValueInvalid']!;
  return (value, old, at, account, isUnchanged) => {
    if (account.over || (isTransition && old === undefined && rule.optionalOldSelf !== true)) return;
    const variables = variablesOf(value, old);
    try {
      if (run(program, variables, account) === true) return;
    } catch (error) {
      at.invalid(type, failureOf(error as Error, rule, account));
      return;
    }
    // As Kubernetes: what was wrong before a rule came may stay while it is not changed.
    if (!isTransition && isUnchanged()) return;
    const place = rule.fieldPath ? new Findings(`${at.path}${rule.fieldPath}`.replace(/^\./, ''), at.list) : at;
    report(place, type, messageOf(rule, message, variables, account));
  };

  function variablesOf(value: unknown, old: unknown): Record<string, unknown> {
    const before = old === undefined ? undefined : toCelTyped(old, schema, cel, isRoot);
    const oldSelf = rule.optionalOldSelf === true ? cel.optional(before) : (before ?? null);
    return { self: toCelTyped(value, schema, cel, isRoot), oldSelf };
  }
}

function run(program: Program, variables: Record<string, unknown>, account: Account): unknown {
  const budget = { left: Math.min(MOST_STEPS, account.left) };
  const before = budget.left;
  try {
    return program(variables, budget);
  } finally {
    account.left -= before - budget.left;
    if (budget.left < 0) account.over = true;
  }
}

function failureOf(error: Error, rule: ValidationRule, { left }: Account): string {
  const told = rule.message?.trim() || rule.rule.trim();
  if (error instanceof BudgetError)
    return left <= 0
      ? 'validation failed due to running out of cost budget, no further validation rules will be run'
      : `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${told}`;
  if (error.message === 'no such overload')
    return `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`;
  return `${error.message} evaluating rule: ${told}`;
}

function messageOf(
  { message, rule }: ValidationRule,
  program: Program | undefined,
  variables: Record<string, unknown>,
  account: Account,
): string {
  try {
    const text = program && run(program, variables, account);
    if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text.trim();
  } catch {
    // The plain message stands in, as in Kubernetes.
  }
  return message?.trim() || `failed rule: ${rule.trim()}`;
}
