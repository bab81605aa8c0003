/** Refuses what is not valid: 422 with every finding. */
import type { KubeObject } from '../api/object.ts';
import { invalid, type StatusCause } from '../api/status.ts';
import { newEventProblems, validateCreate, validateUpdate } from '../api/validate.ts';
import type { Call, Draft } from './call.ts';
import type { CustomResourceDefinition } from './crd/schema.ts';
import { validateCrd, validateCrdUpdate } from './crd/validate-crd.ts';
import { GROUP as HOOKS } from './webhooks/hooks.ts';
import { checkPolicies } from './webhooks/validate-policies.ts';

/** `old` is what the draft replaces. */
export function checkValid(call: Call, draft: Draft, old: KubeObject | undefined): void {
  const findings = findingsOf(call, draft, old);
  if (findings.length > 0) throw invalid(call.type, draft.metadata.name ?? '', findings);
}

function findingsOf({ type, target }: Call, draft: Draft, old: KubeObject | undefined): StatusCause[] {
  if (type.validate !== undefined) return type.validate(draft, old);
  if (old === undefined) return [...validateCreate(draft), ...findingsOfKind(type, draft, undefined)];
  return [...validateUpdate(draft, old, target.subresource), ...findingsOfKind(type, draft, old)];
}

function findingsOfKind({ group, resource }: Call['type'], draft: Draft, old: KubeObject | undefined): StatusCause[] {
  if (group === 'events.k8s.io') return old === undefined ? newEventProblems(draft) : [];
  if (group === HOOKS) return checkPolicies(resource, draft, old);
  if (resource !== 'customresourcedefinitions') return [];
  const crd = draft as unknown as CustomResourceDefinition;
  return old === undefined ? validateCrd(crd) : validateCrdUpdate(crd, old as unknown as CustomResourceDefinition);
}
