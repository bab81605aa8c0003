/** Dates and times of TOML as the time.Time that a template sees. */
import { GO_OBJECT, type GoObject } from '../template/value.ts';

const LITERAL = /^(?:(\d{4}-\d\d-\d\d))?(?:[Tt ]?(\d\d:\d\d)(:\d\d)?(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?$/;

const texts = new WeakMap<GoObject, string>();

/** What TOML writes for a time that came from TOML. */
export const tomlTimeText = (object: GoObject): string | undefined => texts.get(object);

/** `literal` is a date, a time, or both, with or without a zone, as TOML has them. */
export function tomlTime(literal: string): GoObject {
  const [, date = '', minutes = '', seconds = ':00', fraction = '', zone = ''] = LITERAL.exec(literal) ?? [];
  const time = minutes === '' ? '' : `${minutes}${seconds}${fraction.replace(/\.?0+$/, '')}`;
  const offset = zone.toUpperCase();
  const day = date || '0000-01-01';
  const clock = time || '00:00:00';
  const object: GoObject = {
    [GO_OBJECT]: true,
    type: 'time.Time',
    kind: 'struct',
    field: () => undefined,
    print: () => `${day} ${clock} ${zoneName(date, time, offset)}`,
    toData: () => `${day}T${clock}${offset || 'Z'}`,
  };
  texts.set(object, date && time ? `${date}T${time}${offset}` : date || time);
  return object;
}

function zoneName(date: string, time: string, offset: string): string {
  if (offset === 'Z') return '+0000 UTC';
  if (offset !== '') return `${offset.replace(':', '')} ${offset.replace(':', '')}`;
  return `+0000 ${date && time ? 'datetime' : date ? 'date' : 'time'}-local`;
}
