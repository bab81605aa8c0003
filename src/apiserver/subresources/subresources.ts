/** Subresources: parts of an object go through the verbs of the whole, the rest are rows of a table. */
import type { ApiResponse } from '../../api/http.ts';
import { failure } from '../../api/status.ts';
import { type Call, methodNotAllowed } from '../call.ts';
import { patch } from '../verbs/patch.ts';
import { get } from '../verbs/read.ts';
import { update } from '../verbs/update.ts';
import { bind } from './binding.ts';
import { refuseConnect } from './connect.ts';
import { evict } from './eviction.ts';
import { readLog } from './log.ts';
import { getScale, patchScale, updateScale } from './scale.ts';
import { createToken } from './token.ts';

type Verbs = Partial<Record<string, (call: Call) => ApiResponse | Promise<ApiResponse>>>;

/** A part of the parent, in the parent's own kind. */
const PART: Verbs = { get, update, patch };
const CONNECT: Verbs = {
  get: refuseConnect,
  create: refuseConnect,
  update: refuseConnect,
  patch: refuseConnect,
  delete: refuseConnect,
};

const BY_NAME: Record<string, Verbs> = {
  status: PART,
  finalize: PART,
  approval: PART,
  ephemeralcontainers: PART,
  resize: PART,
  scale: { get: getScale, update: updateScale, patch: patchScale },
  binding: { create: bind },
  eviction: { create: evict },
  log: { get: readLog },
  token: { create: createToken },
  exec: CONNECT,
  attach: CONNECT,
  portforward: CONNECT,
  proxy: CONNECT,
};

export function subresourceVerb(call: Call): ApiResponse | Promise<ApiResponse> {
  const { type, target } = call;
  const declared = type.subresources[target.subresource];
  if (declared === undefined) throw failure(404, 'NotFound', 'the server could not find the requested resource');
  const run = declared.verbs.includes(target.verb) ? BY_NAME[target.subresource]?.[target.verb] : undefined;
  if (run === undefined) throw methodNotAllowed();
  return run(call);
}
