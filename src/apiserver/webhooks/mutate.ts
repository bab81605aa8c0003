/** What users have changed of every draft: by policies first, then by webhooks, and once more where that changed it. */
import { cloneJson, equalJson } from '../../api/json.ts';
import type { Call, Draft } from '../call.ts';
import { storedOf, viewOf } from '../object-views.ts';
import type { Change } from './change.ts';
import { hooksOf } from './hooks.ts';
import { mutateByPolicies, mutatingPolicies } from './mutating-policies.ts';
import { Reinvocation } from './reinvocation.ts';
import { mutateByWebhooks, mutatingWebhooks } from './webhooks.ts';

/**
 * The draft as they leave it, decoded anew. `again` is what the server itself does to drafts, done once more before the
 * second round. Undefined, without a promise, where there is nobody to ask.
 */
export function mutateOutside(
  call: Call,
  change: Change,
  again: (draft: Draft) => void = () => {},
): Promise<Draft | undefined> | undefined {
  const { mutatingBindings, mutatingWebhooks: webhooks } = hooksOf(call.api);
  if (mutatingBindings.length === 0 && webhooks.length === 0) return undefined;
  const served = servedChange(call, change);
  const asked = mutatingPolicies(call, served).length + mutatingWebhooks(call, served).length;
  return asked === 0 ? undefined : mutate(call, served, again);
}

/** In the version of the request. */
export const servedChange = ({ type }: Call, { operation, draft, old }: Change): Change => ({
  operation,
  draft: draft && viewOf(type, draft),
  old: old && viewOf(type, old),
});

async function mutate(call: Call, change: Change, again: (draft: Draft) => void): Promise<Draft | undefined> {
  const rounds = new Reinvocation();
  const first = await round(call, change, rounds);
  if (first === undefined) return undefined;
  const stored = storedOf(call.type, first);
  if (!rounds.wanted) return stored;
  const before = cloneJson(stored);
  again(stored);
  if (!equalJson(before, stored)) rounds.changed();
  rounds.startSecond();
  const second = await round(call, { ...change, draft: viewOf(call.type, stored) }, rounds);
  return storedOf(call.type, second!);
}

/** A deletion has no draft, and webhooks alone are asked. */
async function round(call: Call, change: Change, rounds: Reinvocation): Promise<Draft | undefined> {
  const draft = change.draft && (await mutateByPolicies(call, change, rounds));
  return mutateByWebhooks(call, { ...change, draft }, rounds);
}
