/** The options of a write that stand in its query: refused where they are none. */
import { invalid, type StatusCause } from '../api/status.ts';
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
  const causes = [
    ...dryRun.filter((value) => value !== 'All').map((value) => unsupported('dryRun', value, ['All'])),
    ...checkManager(query.get('fieldManager') ?? ''),
    ...checkValidation(query.get('fieldValidation') ?? ''),
  ];
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', version: 'v1', kind }, '', causes);
  return dryRun.length > 0;
}

const unsupported = (field: string, value: string, supported: string[]): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
  field,
});

const checkValidation = (mode: string): StatusCause[] =>
  mode === '' || VALIDATIONS.includes(mode) ? [] : [unsupported('fieldValidation', mode, VALIDATIONS)];

function checkManager(manager: string): StatusCause[] {
  const refuse = (detail: string) => [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(manager)}: ${detail}`,
      field: 'fieldManager',
    },
  ];
  if (Buffer.byteLength(manager) > LONGEST_MANAGER)
    return [
      {
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${LONGEST_MANAGER} bytes`,
        field: 'fieldManager',
      },
    ];
  return /[\u0000-\u001f\u007f]/.test(manager) ? refuse('should only contain printable characters') : [];
}
