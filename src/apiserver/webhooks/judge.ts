/** The judges that users bring: policies first, then webhooks. */
import type { Call } from '../call.ts';
import type { Change } from './change.ts';
import { hooksOf } from './hooks.ts';
import { servedChange } from './mutate.ts';
import { validateByPolicies } from './validating-policies.ts';
import { validateByWebhooks } from './webhooks.ts';

/** Throws the first refusal. Undefined, without a promise, where there is nobody to ask. */
export function judgeOutside(call: Call, change: Change): Promise<void> | undefined {
  const { validatingBindings, validatingWebhooks } = hooksOf(call.api);
  if (validatingBindings.length === 0 && validatingWebhooks.length === 0) return undefined;
  const served = servedChange(call, change);
  const policies = validateByPolicies(call, served);
  if (policies === undefined) return validateByWebhooks(call, served);
  return policies.then(() => validateByWebhooks(call, served));
}
