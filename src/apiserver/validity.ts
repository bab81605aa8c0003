/** Refuses what is not valid: 422 with every finding. */
import type { KubeObject } from '../api/object.ts';
import { invalid } from '../api/status.ts';
import { validateCreate, validateUpdate } from '../api/validate.ts';
import type { Call, Draft } from './call.ts';

/** `old` is what the draft replaces. */
export function checkValid({ type }: Call, draft: Draft, old: KubeObject | undefined): void {
  const findings =
    type.validate !== undefined
      ? type.validate(draft, old)
      : old === undefined
        ? validateCreate(draft)
        : validateUpdate(draft, old);
  if (findings.length > 0) throw invalid(type, draft.metadata.name, findings);
}
