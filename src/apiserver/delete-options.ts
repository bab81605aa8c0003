/** DeleteOptions from the body and the query of a deletion; the body wins. */
import { Findings } from '../api/field-error.ts';
import { metaKind } from '../api/object.ts';
import { invalid } from '../api/status.ts';
import { decodeBody } from './body.ts';
import type { Call } from './call.ts';
import { isTrue } from './request-info.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  /** The old way to say it. */
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

/** Also turns the call into a dry run when the options ask for one. */
export function readDeleteOptions(call: Call): DeleteOptions {
  const options = {
    ...fromQuery(call.request.query),
    ...(decodeBody(call.request, 'DeleteOptions').value as DeleteOptions | undefined),
  };
  if (options.dryRun?.includes('All')) call.dryRun = true;
  check(options);
  return options;
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const [grace, policy, orphan] = ['gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'].map((key) =>
    query.get(key),
  );
  return {
    ...(grace && { gracePeriodSeconds: Number(grace) }),
    ...(policy && { propagationPolicy: policy as 'Orphan' }),
    ...(orphan && { orphanDependents: isTrue(orphan) }),
  };
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function check({ propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (propagationPolicy === undefined) return;
  const at = new Findings('propagationPolicy');
  if (orphanDependents !== undefined)
    at.invalid(propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set');
  if (!POLICIES.includes(propagationPolicy)) at.notSupported(propagationPolicy, [...POLICIES, 'nil']);
  if (at.list.length > 0) throw invalid(metaKind('DeleteOptions'), '', at.list);
}
