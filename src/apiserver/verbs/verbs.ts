/** The verbs, once for every kind. */
import type { ApiResponse } from '../../api/http.ts';
import type { Call } from '../call.ts';
import type { Verb } from '../resources.ts';
import { create } from './create.ts';
import { deleteCollection, deleteOne } from './delete.ts';
import { patch } from './patch.ts';
import { get, list } from './read.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

export const verbs: Record<Verb, (call: Call) => ApiResponse | Promise<ApiResponse>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};
