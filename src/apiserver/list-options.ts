/** The options of a list or watch that stand in its query: refused where they are none, with Kubernetes' words. */
import { badRequest, invalid, type StatusCause } from '../api/status.ts';

const KIND = { group: 'meta.k8s.io', version: 'v1', kind: 'ListOptions' };
const MATCH = 'resourceVersionMatch';

/** Throws 400 for what is no number and 422 for what does not go together. */
export function checkListOptions(query: URLSearchParams, isWatch: boolean): void {
  if (query.size === 0) return;
  const options: Options = {
    match: query.get(MATCH) ?? '',
    version: query.get('resourceVersion') ?? '',
    continues: (query.get('continue') ?? '') !== '',
    initialEvents: query.has('sendInitialEvents'),
  };
  for (const name of ['limit', 'timeoutSeconds']) numberIn(query, name);
  const causes = isWatch ? watchCauses(options) : listCauses(options);
  if (causes.length > 0) throw invalid(KIND, '', causes);
}

/** 0 where the query does not say. */
export function numberIn(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  const why = !/^[+-]?\d+$/.test(text)
    ? 'invalid syntax'
    : Number.isSafeInteger(Number(text))
      ? ''
      : 'value out of range';
  if (why !== '') throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  return Number(text);
}

interface Options {
  match: string;
  version: string;
  continues: boolean;
  initialEvents: boolean;
}

function listCauses({ match, version, continues, initialEvents }: Options): StatusCause[] {
  const causes: StatusCause[] = [];
  if (match !== '') {
    if (version === '') causes.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    if (continues) causes.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan') causes.push(unsupported(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0')
      causes.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  if (initialEvents) causes.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return causes;
}

function watchCauses({ match, continues, initialEvents }: Options): StatusCause[] {
  const causes: StatusCause[] = [];
  if (initialEvents && match !== 'NotOlderThan')
    causes.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`));
  if (match === '') return causes;
  if (!initialEvents)
    causes.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  if (match !== 'NotOlderThan') causes.push(unsupported(match, ['NotOlderThan']));
  if (continues) causes.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  return causes;
}

const forbidden = (field: string, why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

const unsupported = (value: string, supported: string[]): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
  field: MATCH,
});
