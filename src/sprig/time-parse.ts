/** Times read by Go's layouts, as time.ParseInLocation. */
import { toBinary } from './runes.ts';
import { type DateFields, dateInZone, daysInMonth, type Time } from './time.ts';
import { chunksOf, MONTHS, WEEKDAYS } from './time-format.ts';
import { printable } from './time-text.ts';
import { fixedZone, UTC, type Zone } from './time-zone.ts';

interface Reading {
  /** What is left of the text. */
  rest: string;
  fields: Required<DateFields>;
  yearDay?: number;
  afternoon?: boolean;
  zone?: Zone;
  offset?: number;
  abbreviation?: string;
}

const UNSEEN = -1;

/** An element that does not stand where it should; `outOfRange` names a number that is no such thing. */
class Mismatch extends Error {
  readonly outOfRange?: string;
  constructor(outOfRange?: string) {
    super(outOfRange);
    if (outOfRange !== undefined) this.outOfRange = outOfRange;
  }
}

/** Throws `parsing time "…" as "…": cannot parse "…" as "…"`. What names no zone is in `local`. */
export function parseTime(layout: string, text: string, local: Zone): Time {
  return parseBytes(toBinary(layout), toBinary(text), local);
}

function parseBytes(layout: string, text: string, local: Zone): Time {
  const told = (message: string): Error => new Error(`parsing time ${printable(text)}${message}`);
  const cannot = (what: string, as: string): Error =>
    told(` as ${printable(layout)}: cannot parse ${printable(what)} as ${printable(as)}`);
  const reading: Reading = {
    rest: text,
    fields: { year: 0, month: UNSEEN, day: UNSEEN, hour: 0, minute: 0, second: 0, nanosecond: 0 },
  };
  const chunks = chunksOf(layout);
  for (const [i, chunk] of chunks.entries()) {
    if (!chunk.element) {
      if (!skipLiteral(reading, chunk.text)) throw cannot(reading.rest, chunk.text);
      continue;
    }
    const held = reading.rest;
    try {
      readElement(reading, chunk.text, chunks[i + 1]);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      throw error.outOfRange === undefined ? cannot(held, chunk.text) : told(`: ${error.outOfRange} out of range`);
    }
  }
  if (reading.rest !== '') throw told(`: extra text: ${printable(reading.rest)}`);
  const wrong = settleDay(reading);
  if (wrong !== undefined) throw told(`: ${wrong}`);
  return settleZone(reading, local);
}

/** Spaces match any number of spaces; false, and what is left from the first difference, where it does not match. */
function skipLiteral(reading: Reading, literal: string): boolean {
  for (let left = literal; left !== ''; ) {
    const isSpace = left[0] === ' ';
    if (isSpace ? reading.rest !== '' && reading.rest[0] !== ' ' : reading.rest[0] !== left[0]) return false;
    left = isSpace ? left.replace(/^ +/, '') : left.slice(1);
    reading.rest = isSpace ? reading.rest.replace(/^ +/, '') : reading.rest.slice(1);
  }
  return true;
}

function readElement(reading: Reading, element: string, next: { element: boolean; text: string } | undefined): void {
  const reader = READERS[element];
  if (reader) reader(reading);
  else if (/^[.,]/.test(element)) readFraction(reading, element);
  else readOffset(reading, element);
  if ((element === '05' || element === '5') && !(next?.element && /^[.,]/.test(next.text))) readFreeFraction(reading);
}

/** Takes what `pattern`, which is anchored, finds. */
function take(reading: Reading, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(reading.rest);
  if (!match) throw new Mismatch();
  reading.rest = reading.rest.slice(match[0].length);
  return match;
}

/** A number of one or two digits, or of two where `fixed`. */
const takeNumber = (reading: Reading, fixed: boolean): number =>
  Number(take(reading, fixed ? /^[0-9]{2}/ : /^[0-9]{1,2}/)[0]);

function takeName(reading: Reading, names: string[]): number {
  const lower = reading.rest.toLowerCase();
  const at = names.findIndex((name) => lower.startsWith(name.toLowerCase()));
  if (at < 0) throw new Mismatch();
  reading.rest = reading.rest.slice(names[at]!.length);
  return at;
}

type Reader = (reading: Reading) => void;

const number =
  (field: keyof DateFields, fixed: boolean, fits: (value: number) => boolean, before = ''): Reader =>
  (reading) => {
    if (before !== '' && reading.rest.startsWith(before)) reading.rest = reading.rest.slice(1);
    const value = takeNumber(reading, fixed);
    if (!fits(value)) throw new Mismatch(field);
    reading.fields[field] = value;
  };

const month =
  (names: string[]): Reader =>
  (reading) => {
    reading.fields.month = takeName(reading, names) + 1;
  };

const weekday =
  (names: string[]): Reader =>
  (reading) =>
    void takeName(reading, names);

const yearDay =
  (pattern: RegExp): Reader =>
  (reading) => {
    reading.yearDay = Number(take(reading, pattern)[0]);
  };

const halfDay =
  (pattern: RegExp): Reader =>
  (reading) => {
    reading.afternoon = /^p/i.test(take(reading, pattern)[0]);
  };

const anything = (): boolean => true;
const below = (limit: number) => (value: number) => value < limit;
const isMonth = (value: number): boolean => value >= 1 && value <= 12;
const short = (names: string[]): string[] => names.map((name) => name.slice(0, 3));

const READERS: Record<string, Reader> = {
  '2006': (reading) => {
    reading.fields.year = Number(take(reading, /^[0-9]{4}/)[0]);
  },
  '06': (reading) => {
    // As Go, a sign counts as one of the two digits.
    const value = Number(take(reading, /^(?:[0-9]{2}|[+-][0-9])/)[0]);
    reading.fields.year = value >= 69 ? value + 1900 : value + 2000;
  },
  January: month(MONTHS),
  Jan: month(short(MONTHS)),
  '01': number('month', true, isMonth),
  '1': number('month', false, isMonth),
  Monday: weekday(WEEKDAYS),
  Mon: weekday(short(WEEKDAYS)),
  '02': number('day', true, anything),
  _2: number('day', false, anything, ' '),
  '2': number('day', false, anything),
  '002': yearDay(/^[0-9]{3}/),
  __2: yearDay(/^ {0,2}[0-9]{1,3}/),
  '15': number('hour', false, below(24)),
  '03': number('hour', true, below(13)),
  '3': number('hour', false, below(13)),
  '04': number('minute', true, below(60)),
  '4': number('minute', false, below(60)),
  '05': number('second', true, below(60)),
  '5': number('second', false, below(60)),
  PM: halfDay(/^[AP]M/),
  pm: halfDay(/^[ap]m/),
  MST: readAbbreviation,
};

const nanoseconds = (digits: string): number => Number(digits.slice(0, 9).padEnd(9, '0'));

/** `.000` asks for as many digits, `.999` for any number or none at all. */
function readFraction(reading: Reading, element: string): void {
  if (element[1] === '9' && !/^[.,][0-9]/.test(reading.rest)) return;
  const pattern = element[1] === '9' ? /^[.,]([0-9]+)/ : new RegExp(`^[.,]([0-9]{${element.length - 1}})`);
  reading.fields.nanosecond = nanoseconds(take(reading, pattern)[1]!);
}

/** A fraction may follow the seconds although the layout has none. */
function readFreeFraction(reading: Reading): void {
  if (/^[.,][0-9]/.test(reading.rest)) reading.fields.nanosecond = nanoseconds(take(reading, /^[.,]([0-9]+)/)[1]!);
}

function readOffset(reading: Reading, element: string): void {
  if (element.startsWith('Z') && reading.rest.startsWith('Z')) {
    reading.rest = reading.rest.slice(1);
    reading.zone = UTC;
    return;
  }
  const colon = element.includes(':') ? ':' : '';
  const digits = '([0-9]{2})';
  const parts = [digits, ...(element.length > 3 ? [digits] : []), ...(element.length > 6 ? [digits] : [])];
  const [, sign, hours, minutes = '0', seconds = '0'] = take(reading, new RegExp(`^([^])${parts.join(colon)}`));
  if (Number(seconds) > 60) throw new Mismatch('time zone offset second');
  if (Number(minutes) > 60) throw new Mismatch('time zone offset minute');
  if (Number(hours) > 24) throw new Mismatch('time zone offset hour');
  // As Go, numbers out of range are told before a wrong sign, the last of them first.
  if (sign !== '+' && sign !== '-') throw new Mismatch();
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  reading.offset = sign === '-' ? -offset : offset;
}

/** "UTC", three or four capitals (four end in T), five that end in ST, "GMT+3", "+03". */
function readAbbreviation(reading: Reading): void {
  if (reading.rest.startsWith('UTC')) {
    reading.rest = reading.rest.slice(3);
    reading.zone = UTC;
    return;
  }
  const [text] = take(
    reading,
    /^(?:ChST|MeST|WITA(?![A-Z])|GMT(?:[+-](?:1?[0-9]|2[0-3])(?![0-9]))?(?![A-Z])|[+-](?:0?[0-9]|1[0-9]|2[0-3])(?![0-9])|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/,
  );
  reading.abbreviation = text;
}

/** The hour by its half of the day, and the day by its number in the year; answers what is wrong. */
function settleDay({ fields, yearDay: day, afternoon }: Reading): string | undefined {
  if (afternoon === true && fields.hour < 12) fields.hour += 12;
  else if (afternoon === false && fields.hour === 12) fields.hour = 0;
  if (day !== undefined) return settleYearDay(fields, day);
  if (fields.month === UNSEEN) fields.month = 1;
  if (fields.day === UNSEEN) fields.day = 1;
  return fields.day < 1 || fields.day > daysInMonth(fields.year, fields.month) ? 'day out of range' : undefined;
}

function settleYearDay(fields: Required<DateFields>, yearDay: number): string | undefined {
  let month = 1;
  let day = yearDay;
  for (; month < 12 && day > daysInMonth(fields.year, month); month++) day -= daysInMonth(fields.year, month);
  if (day < 1 || day > daysInMonth(fields.year, month)) return 'day-of-year out of range';
  if (fields.month !== UNSEEN && fields.month !== month) return 'day-of-year does not match month';
  if (fields.day !== UNSEEN && fields.day !== day) return 'day-of-year does not match day';
  Object.assign(fields, { month, day });
  return undefined;
}

/** An offset that `local` has at that moment is local time, an abbreviation that it has at some time too. */
function settleZone({ fields, zone, offset, abbreviation }: Reading, local: Zone): Time {
  if (zone) return dateInZone(fields, zone);
  if (offset !== undefined) {
    const time = dateInZone(fields, fixedZone(abbreviation ?? '', offset));
    const here = local.at(time.seconds);
    const isLocal = here.offset === offset && (abbreviation ?? here.abbreviation) === here.abbreviation;
    return isLocal ? { ...time, zone: local } : time;
  }
  if (abbreviation === undefined) return dateInZone(fields, local);
  const moments = [fields, { ...fields, month: 1 }, { ...fields, month: 7 }];
  const named = moments
    .map((moment) => local.at(dateInZone(moment, local).seconds))
    .find((found) => found.abbreviation === abbreviation);
  if (named) return { ...dateInZone(fields, fixedZone(abbreviation, named.offset)), zone: local };
  // As Go: what was read counts as UTC, and is only shown with the offset.
  const hours = /^GMT([+-][0-9]+)$/.exec(abbreviation)?.[1] ?? '0';
  return { ...dateInZone(fields, UTC), zone: fixedZone(abbreviation, Number(hours) * 3600) };
}
