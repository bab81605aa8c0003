/** The options of a list or watch that stand in its query: refused where they are none, with Kubernetes' words. */
import { Findings } from '../api/field-error.ts';
import { metaKind } from '../api/object.ts';
import { badRequest, invalid } from '../api/status.ts';

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
  const root = new Findings();
  (isWatch ? checkWatch : checkList)(options, root);
  if (root.list.length > 0) throw invalid(metaKind('ListOptions'), '', root.list);
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

function checkList({ match, version, continues, initialEvents }: Options, root: Findings): void {
  const at = root.at(MATCH);
  if (match !== '') {
    if (version === '') at.forbidden(`${MATCH} is forbidden unless resourceVersion is provided`);
    if (continues) at.forbidden(`${MATCH} is forbidden when continue is provided`);
    if (match !== 'Exact' && match !== 'NotOlderThan') at.notSupported(match, ['Exact', 'NotOlderThan', '']);
    if (match === 'Exact' && version === '0') at.forbidden(`${MATCH} "exact" is forbidden for resourceVersion "0"`);
  }
  if (initialEvents) root.at('sendInitialEvents').forbidden('sendInitialEvents is forbidden for list');
}

function checkWatch({ match, continues, initialEvents }: Options, root: Findings): void {
  const at = root.at(MATCH);
  if (initialEvents && match !== 'NotOlderThan')
    at.forbidden(`sendInitialEvents requires setting ${MATCH} to NotOlderThan`);
  if (match === '') return;
  if (!initialEvents) at.forbidden(`${MATCH} is forbidden for watch unless sendInitialEvents is provided`);
  if (match !== 'NotOlderThan') at.notSupported(match, ['NotOlderThan']);
  if (continues) at.forbidden(`${MATCH} is forbidden when continue is provided`);
}
