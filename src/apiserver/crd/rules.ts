/**
 * Rules in CEL (`x-kubernetes-validations`): where they stand in a schema, and what is told when one fails. The language
 * itself is passed in.
 */
import { Findings } from '../../api/field-error.ts';
import { isObject } from '../../api/json.ts';
import { additionalOf, type Schema, type ValidationRule } from './schema.ts';

/** Compiles an expression to a function of its variables; throws where it does not parse. */
export type CompileExpression = (expression: string) => (variables: Record<string, unknown>) => unknown;

export type CheckRules = (value: unknown, old: unknown, at: Findings) => void;

/** Undefined where the schema has no rules. */
export function compileRules(schema: Schema, compile: CompileExpression): CheckRules | undefined {
  const own = (schema['x-kubernetes-validations'] ?? []).map((rule) => compileRule(rule, compile));
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const check = compileRules(inner, compile);
    return check ? [[name, check] as const] : [];
  });
  const additional = additionalOf(schema);
  const values = additional && compileRules(additional, compile);
  const items = schema.items && compileRules(schema.items, compile);
  if (own.length === 0 && properties.length === 0 && !values && !items) return undefined;
  const correlate = keyReader(schema);
  return (value, old, at) => {
    if (value === null || value === undefined) return;
    for (const check of own) check(value, old, at);
    if (Array.isArray(value)) {
      const before = new Map((Array.isArray(old) ? old : []).map((item) => [correlate(item), item]));
      if (items) at.items(value, (item, place) => items(item, before.get(correlate(item)), place));
    } else if (isObject(value)) {
      const before = isObject(old) ? old : {};
      for (const [name, check] of properties)
        if (Object.hasOwn(value, name)) check(value[name], before[name], at.at(name));
      if (!values) return;
      for (const key of Object.keys(value))
        if (!Object.hasOwn(schema.properties ?? {}, key)) values(value[key], before[key], at.at(key));
    }
  };
}

/** Items of a map list are compared with the old ones of the same key; others have no past. */
function keyReader(schema: Schema): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map') return () => NaN;
  return (item) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
}

const REASONS: Record<string, (at: Findings, value: unknown, message: string) => void> = {
  FieldValueInvalid: (at, value, message) => at.invalid(shown(value), message),
  FieldValueForbidden: (at, _value, message) => at.forbidden(message),
  FieldValueRequired: (at, _value, message) => at.required(message),
  FieldValueDuplicate: (at, value) => at.duplicate(shown(value)),
};

/** Containers are told by their type. */
const shown = (value: unknown): unknown => (Array.isArray(value) ? 'array' : isObject(value) ? 'object' : value);

function compileRule(rule: ValidationRule, compile: CompileExpression): CheckRules {
  const expression = compile(rule.rule);
  const message = rule.messageExpression ? compile(rule.messageExpression) : undefined;
  const isTransition = /\boldSelf\b/.test(rule.rule);
  return (value, old, at) => {
    if (isTransition && old === undefined && rule.optionalOldSelf !== true) return;
    const variables = { self: value, oldSelf: old };
    const place = rule.fieldPath ? new Findings(`${at.path}${rule.fieldPath}`.replace(/^\./, ''), at.list) : at;
    let good: unknown;
    try {
      good = expression(variables);
    } catch (error) {
      place.invalid(shown(value), `${(error as Error).message} evaluating rule: ${rule.message ?? rule.rule}`);
      return;
    }
    if (good === true) return;
    const report = REASONS[rule.reason ?? 'FieldValueInvalid'] ?? REASONS['FieldValueInvalid']!;
    report(place, value, messageOf(rule, message, variables));
  };
}

function messageOf(
  { message, rule }: ValidationRule,
  expression: ((variables: Record<string, unknown>) => unknown) | undefined,
  variables: Record<string, unknown>,
): string {
  try {
    const text = expression?.(variables);
    if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text;
  } catch {
    // The plain message stands in, as in Kubernetes.
  }
  return message ?? `failed rule: ${rule.trim()}`;
}
