/** DeleteOptions from the body and the query of a deletion; the body wins. */
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
  const refuse = (field: string, message: string) => {
    const kind = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };
    throw invalid(kind, '', [{ reason: 'FieldValueInvalid', message, field }]);
  };
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    refuse(
      'propagationPolicy',
      `Invalid value: ${JSON.stringify(propagationPolicy)}: orphanDependents and deletionPropagation cannot be both set`,
    );
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    refuse(
      'propagationPolicy',
      `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
}
