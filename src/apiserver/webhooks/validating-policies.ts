/** ValidatingAdmissionPolicies: rules in CEL over what is about to be stored, put in force by their bindings. */
import { failure, forbidden, type StatusError } from '../../api/status.ts';
import type { Call } from '../call.ts';
import type { Change } from './change.ts';
import { hooksOf } from './hooks.ts';
import { ConfigurationError, concernedPolicies, type Enforced, type PolicySpec, paramsOf } from './policies.ts';
import { createEvaluator, type Evaluate, meetsConditions } from './policy-expressions.ts';

interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}

interface ValidatingSpec extends PolicySpec {
  validations?: Validation[];
}

/** Throws the first denial. Undefined, without a promise, where no policy concerns the change. */
export function validateByPolicies(call: Call, change: Change): Promise<void> | undefined {
  const enforced = concernedPolicies(call, change, hooksOf(call.api).validatingBindings, 'validatingadmissionpolicies');
  return enforced.length === 0 ? undefined : validate(call, change, enforced);
}

/** All are asked, as some only warn; the first denial is told. */
async function validate(call: Call, change: Change, enforced: Enforced[]): Promise<void> {
  const evaluatorOf = await createEvaluator(call, change);
  const denials: StatusError[] = [];
  for (const each of enforced) {
    const { variables, failurePolicy } = each.policy['spec'] as ValidatingSpec;
    try {
      for (const param of paramsOf(call, each)) denials.push(...judge(call, each, evaluatorOf(param, variables)));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      if (failurePolicy !== 'Ignore') denials.push(denial(call, nameOf(each, error.ofPolicy), error.message));
    }
  }
  if (denials[0] !== undefined) throw denials[0];
}

function judge(call: Call, each: Enforced, evaluate: Evaluate): StatusError[] {
  const { failurePolicy, matchConditions, validations = [] } = each.policy['spec'] as ValidatingSpec;
  const failed = (error: unknown) => (failurePolicy === 'Ignore' ? [] : tell(call, each, (error as Error).message));
  try {
    if (!meetsConditions(matchConditions, evaluate)) return [];
  } catch (error) {
    return failed(error);
  }
  return validations.flatMap((validation) => {
    try {
      if (evaluate(validation.expression) === true) return [];
    } catch (error) {
      return failed(error);
    }
    return tell(call, each, messageOf(validation, evaluate), validation.reason);
  });
}

function messageOf({ expression, message, messageExpression }: Validation, evaluate: Evaluate): string {
  const plain = message?.trim() || `failed expression: ${expression.trim()}`;
  if (messageExpression === undefined) return plain;
  try {
    const text = evaluate(messageExpression);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : plain;
  } catch {
    return plain;
  }
}

const nameOf = ({ policy, binding }: Enforced, ofPolicy = false): string =>
  `ValidatingAdmissionPolicy '${policy.metadata.name}'${ofPolicy ? '' : ` with binding '${binding.metadata.name}'`}`;

/** Does with a failed validation what the binding says: deny, or only warn. */
function tell(call: Call, each: Enforced, message: string, reason?: string): StatusError[] {
  const actions: string[] = each.binding['spec'].validationActions ?? ['Deny'];
  const name = nameOf(each);
  if (actions.includes('Warn')) call.warnings.push(`Validation failed for ${name}: ${message}`);
  return actions.includes('Deny') ? [denial(call, name, message, reason)] : [];
}

const CODES: Record<string, number> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

function denial(call: Call, name: string, message: string, reason = 'Invalid'): StatusError {
  const text = `${name} denied request: ${message}`;
  const { status } = forbidden(call.type, call.target.name, text);
  return failure(CODES[reason] ?? 422, reason, status.message!, { ...status.details, causes: [{ message: text }] });
}
