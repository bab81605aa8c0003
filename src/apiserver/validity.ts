/** Refuses what is not valid: 422 with every finding. */
import type { KubeObject } from '../api/object.ts';
import { invalid, type StatusCause } from '../api/status.ts';
import { validateCreate, validateUpdate } from '../api/validate.ts';
import type { Call, Draft } from './call.ts';
import type { CustomResourceDefinition } from './crd/schema.ts';
import { validateCrd } from './crd/validate-crd.ts';

/** `old` is what the draft replaces. */
export function checkValid(call: Call, draft: Draft, old: KubeObject | undefined): void {
  const findings = findingsOf(call, draft, old);
  if (findings.length > 0) throw invalid(call.type, draft.metadata.name, findings);
}

function findingsOf({ type }: Call, draft: Draft, old: KubeObject | undefined): StatusCause[] {
  if (type.validate !== undefined) return type.validate(draft, old);
  const findings = old === undefined ? validateCreate(draft) : validateUpdate(draft, old);
  if (type.resource !== 'customresourcedefinitions') return findings;
  return [...findings, ...validateCrd(draft as unknown as CustomResourceDefinition)];
}
