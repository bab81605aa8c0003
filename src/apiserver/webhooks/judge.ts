/** The judges that users bring: policies first, then webhooks. */
import type { Call } from '../call.ts';
import { validateByPolicies } from './admission-policies.ts';
import { type Change, validateByWebhooks } from './webhooks.ts';

/** Throws the first refusal. Undefined, without a promise, where there is nobody to ask. */
export function judgeOutside(call: Call, change: Change): Promise<void> | undefined {
  const policies = validateByPolicies(call, change);
  if (policies === undefined) return validateByWebhooks(call, change);
  return policies.then(() => validateByWebhooks(call, change));
}
