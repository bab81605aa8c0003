/** Subresources: `status` and its like go through the verbs, the rest are rows of a table. */
import type { ApiResponse } from '../../api/http.ts';
import { failure } from '../../api/status.ts';
import type { Call } from '../call.ts';
import { patch } from '../verbs/patch.ts';
import { get } from '../verbs/read.ts';
import { update } from '../verbs/update.ts';

type Verbs = Partial<Record<string, (call: Call) => ApiResponse | Promise<ApiResponse>>>;

/** The parent's own kind, of which the subresource covers a part. */
const PART: Verbs = { get, update, patch };

const BY_NAME: Record<string, Verbs> = {
  status: PART,
  finalize: PART,
  approval: PART,
  ephemeralcontainers: PART,
  resize: PART,
};

export function subresourceVerb(call: Call): ApiResponse | Promise<ApiResponse> {
  const { type, target } = call;
  const declared = type.subresources[target.subresource];
  if (declared === undefined) throw failure(404, 'NotFound', 'the server could not find the requested resource');
  const run = declared.verbs.includes(target.verb) ? BY_NAME[target.subresource]?.[target.verb] : undefined;
  if (run === undefined)
    throw failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  return run(call);
}
