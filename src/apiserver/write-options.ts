/** The options of a write that stand in its query: refused where they are none. */
import { Findings } from '../api/field-error.ts';
import { metaKind } from '../api/object.ts';
import { invalid } from '../api/status.ts';
import type { ResourceRequest } from './request-info.ts';

const KINDS: Partial<Record<ResourceRequest['verb'], string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
};

const VALIDATIONS = ['Ignore', 'Strict', 'Warn'];
const LONGEST_MANAGER = 128;

/** Answers whether the write is a dry run. Throws 422 with what is wrong. */
export function checkWriteOptions({ verb }: ResourceRequest, query: URLSearchParams): boolean {
  const kind = KINDS[verb];
  if (kind === undefined || query.size === 0) return false;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const root = new Findings();
  for (const value of dryRun) if (value !== 'All') root.at('dryRun').notSupported(value, ['All']);
  checkManager(query.get('fieldManager') ?? '', root.at('fieldManager'));
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && !VALIDATIONS.includes(validation))
    root.at('fieldValidation').notSupported(validation, VALIDATIONS);
  if (root.list.length > 0) throw invalid(metaKind(kind), '', root.list);
  return dryRun.length > 0;
}

function checkManager(manager: string, at: Findings): void {
  if (Buffer.byteLength(manager) > LONGEST_MANAGER) at.tooLong(LONGEST_MANAGER);
  else if (/[\u0000-\u001f\u007f]/.test(manager)) at.invalid(manager, 'should only contain printable characters');
}
