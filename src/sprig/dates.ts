/** Dates. What is no date counts as now, and a zone that is not known as UTC, as in sprig. */
import { GoInt, type GoObject, type Value } from '../template/value.ts';
import { parseInteger } from './cast.ts';
import { formatDuration, parseDuration, roundDuration, SECOND } from './duration.ts';
import { type Family, go, type SprigContext } from './function.ts';
import { addDuration, between, fromNanoseconds, inZone, type Time, ZERO_TIME } from './time.ts';
import { formatTime } from './time-format.ts';
import { timeObject, timeOf } from './time-object.ts';
import { parseTime } from './time-parse.ts';
import { loadZone, UTC, type Zone } from './time-zone.ts';

const HTML = '2006-01-02';

export function dates(context: SprigContext): Family {
  // Asked for by the first date: to find out a time zone takes as long as to render a small chart.
  let zone: Zone | undefined;
  const zoneHere = (): Zone => {
    zone ??= loadZone(context.timeZone ?? 'UTC') ?? UTC;
    return zone;
  };
  const local: Zone = { name: 'Local', at: (seconds) => zoneHere().at(seconds) };
  const start = context.now();
  const now = (): Time => {
    const moment = context.now();
    const monotonic = nanoseconds(moment) - nanoseconds(start);
    return { ...fromNanoseconds(nanoseconds(moment), local), monotonic };
  };
  const object = (time: Time): GoObject => timeObject(time, local);
  /** A time, or seconds since the epoch in an int or one of `types`. */
  const momentOf = (date: Value, types: string[]): Time => {
    const isSeconds = date instanceof GoInt && types.includes(date.type);
    const seconds = typeof date === 'bigint' ? date : isSeconds ? date.value : undefined;
    return timeOf(date) ?? (seconds === undefined ? now() : fromNanoseconds(seconds * SECOND, local));
  };

  const inNamedZone = (layout: string, date: Value, name: string): string => {
    const named = name === 'Local' ? local : (loadZone(name) ?? UTC);
    return formatTime(inZone(momentOf(date, ['int64', 'int32']), named), layout);
  };
  const modify = (change: string, date: Value): GoObject => object(addDuration(timeOf(date)!, parseDuration(change)));
  const parse = (layout: string, text: string): GoObject => object(parseTime(layout, text, local));

  const dateInZone = go('string, interface {}, string', inNamedZone);
  const mustDateModify = go('string, time.Time', modify);
  const dateModify = go('string, time.Time', (change: string, date: Value) => orElse(() => modify(change, date), date));
  return {
    ago: go('interface {}', (date: Value) => {
      const since = between(now(), momentOf(date, ['int64']));
      return formatDuration(roundDuration(since, SECOND));
    }),
    date: go('string, interface {}', (layout: string, date: Value) => inNamedZone(layout, date, 'Local')),
    dateInZone,
    date_in_zone: dateInZone,
    dateModify,
    date_modify: dateModify,
    duration: go('interface {}', (seconds: Value) => formatDuration(BigInt.asIntN(64, secondsOf(seconds) * SECOND))),
    durationRound: go('interface {}', (value: Value) => largestUnit(roundable(value, now))),
    htmlDate: go('interface {}', (date: Value) => inNamedZone(HTML, date, 'Local')),
    htmlDateInZone: go('interface {}, string', (date: Value, name: string) => inNamedZone(HTML, date, name)),
    mustDateModify,
    must_date_modify: mustDateModify,
    mustToDate: go('string, string', parse),
    now: go('', () => object(now())),
    toDate: go('string, string', (layout: string, text: string) =>
      orElse(() => parse(layout, text), object(ZERO_TIME)),
    ),
    unixEpoch: go('time.Time', (date: Value) => String(timeOf(date)!.seconds)),
  };
}

/** Of a moment in milliseconds, which may have a fraction. */
const nanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000)) * 1000n;

function orElse(attempt: () => Value, otherwise: Value): Value {
  try {
    return attempt();
  } catch {
    return otherwise;
  }
}

/** As sprig's duration: a text of digits or an int64; an int, as literals are, counts as 0. */
function secondsOf(value: Value): bigint {
  if (typeof value === 'string') return parseInteger(value, 10).value;
  return value instanceof GoInt && value.type === 'int64' ? value.value : 0n;
}

function roundable(value: Value, now: () => Time): bigint {
  const time = timeOf(value);
  if (time) return between(now(), time);
  if (typeof value === 'string') return durationOrZero(value);
  return value instanceof GoInt && value.type === 'int64' ? value.value : 0n;
}

function durationOrZero(text: string): bigint {
  try {
    return parseDuration(text);
  } catch {
    return 0n;
  }
}

const UNITS: [name: string, seconds: bigint][] = [
  ['y', 365n * 86_400n],
  ['mo', 30n * 86_400n],
  ['d', 86_400n],
  ['h', 3600n],
  ['m', 60n],
  ['s', 1n],
];

/** How many of the largest unit that is shorter than the duration: "2h", "3mo". Its sign does not count. */
function largestUnit(duration: bigint): string {
  const magnitude = duration < 0n ? -duration : duration;
  const [name, seconds] = UNITS.find(([, unit]) => magnitude > unit * SECOND) ?? ['s', 0n];
  return seconds === 0n ? '0s' : `${magnitude / (seconds * SECOND)}${name}`;
}
