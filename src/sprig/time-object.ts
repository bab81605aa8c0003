/** time.Time and time.Duration as templates see them, with the methods that take and give one value. */
import { quote } from '../template/quote.ts';
import {
  GO_OBJECT,
  type GoFunction,
  type GoInt,
  type GoObject,
  int64,
  isGoObject,
  isList,
  isMap,
  typedList,
  type Value,
} from '../template/value.ts';
import { textBytes } from './bytes.ts';
import { formatDuration, HOUR, roundDuration, SECOND } from './duration.ts';
import { type Family, go } from './function.ts';
import { getter, getterOf, type MethodTable, methodOf, NamedInt } from './go-object.ts';
import {
  addDuration,
  between,
  civilOf,
  dateInZone,
  fromNanoseconds,
  inZone,
  type Time,
  toNanoseconds,
  ZERO_TIME,
} from './time.ts';
import { formatTime, MONTHS, timeToString, WEEKDAYS } from './time-format.ts';
import { parseTime } from './time-parse.ts';
import { fixedZone, UTC, type Zone } from './time-zone.ts';

const TIMES = new WeakMap<GoObject, Time>();

/** A time as a template's value. `local` is what its Local method shows it in. */
export function timeObject(time: Time, local: Zone): GoObject {
  const self = { time, local };
  const object: GoObject = {
    [GO_OBJECT]: true,
    type: 'time.Time',
    kind: 'struct',
    field: () => undefined,
    method: (name) => methodOf(METHODS, self, name),
    print: () => timeToString(time),
    goString: () => goString(time),
    toData: () => encoded(time),
  };
  TIMES.set(object, time);
  return object;
}

/** The time that `timeObject` was given, undefined for any other value. */
export const timeOf = (value: Value): Time | undefined => (isGoObject(value) ? TIMES.get(value) : undefined);

/**
 * Gives the times of a document that was read (TOML has some), which can only be printed, the methods of a time. Their
 * zone is what they print: "date-local" where the document had none.
 */
export function adoptTimes(value: Value): Value {
  if (isList(value)) value.forEach(adoptTimes);
  else if (isGoObject(value)) {
    if (value.type === 'time.Time' && !TIMES.has(value)) adoptTime(value);
  } else if (isMap(value)) Object.values(value).forEach(adoptTimes);
  return value;
}

function adoptTime(object: GoObject): void {
  const [day, clock, offset, name = ''] = object.print().split(' ');
  const time = parseTime('2006-01-02 15:04:05 -0700', `${day} ${clock} ${offset}`, UTC);
  const zone = name === 'UTC' ? UTC : fixedZone(name === offset ? '' : name, civilOf(time).offset);
  const self = { time: inZone(time, zone), local: UTC };
  TIMES.set(object, self.time);
  object.method = (method) => methodOf(METHODS, self, method);
}

const encoded = (time: Time): string =>
  rfc3339(time, 'json: error calling MarshalJSON for type time.Time: Time.MarshalJSON');

function rfc3339(time: Time, what: string): string {
  const { year } = civilOf(time);
  if (year < 0 || year > 9999) throw new Error(`${what}: year outside of range [0,9999]`);
  return formatTime(time, '2006-01-02T15:04:05.999999999Z07:00');
}

function goString({ zone, ...time }: Time): string {
  const { year, month, day, hour, minute, second } = civilOf({ zone, ...time });
  const known = zone.name === 'UTC' || zone.name === 'Local';
  const location = known ? `time.${zone.name}` : `time.Location(${quote(zone.name)})`;
  const clock = [day, hour, minute, second, time.nanoseconds].join(', ');
  return `time.Date(${year}, time.${MONTHS[month - 1]}, ${clock}, ${location})`;
}

const ZONES = new WeakMap<GoObject, Zone>();

/** A *time.Location. */
function locationObject(zone: Zone): GoObject {
  const object: GoObject = {
    [GO_OBJECT]: true,
    type: '*time.Location',
    kind: 'ptr',
    field: () => undefined,
    method: (name) => (name === 'String' ? getter(zone.name) : undefined),
    print: () => zone.name,
    toData: () => ({}),
  };
  ZONES.set(object, zone);
  return object;
}

function durationObject(nanoseconds: bigint): GoInt {
  const inUnits = (unit: bigint): number => Number(nanoseconds / unit) + Number(nanoseconds % unit) / Number(unit);
  const methods: Family = {
    Abs: getterOf(() => durationObject(nanoseconds < 0n ? -nanoseconds : nanoseconds)),
    Hours: getter(inUnits(HOUR)),
    Microseconds: getter(int64(nanoseconds / 1000n)),
    Milliseconds: getter(int64(nanoseconds / 1_000_000n)),
    Minutes: getter(inUnits(60n * SECOND)),
    Nanoseconds: getter(int64(nanoseconds)),
    Seconds: getter(inUnits(SECOND)),
    Round: takingDuration((unit) => durationObject(roundDuration(nanoseconds, unit))),
    Truncate: takingDuration((unit) => durationObject(unit <= 0n ? nanoseconds : nanoseconds - (nanoseconds % unit))),
  };
  return new NamedInt('time.Duration', 'int64', nanoseconds, formatDuration(nanoseconds), methods);
}

/** A method of one Duration. */
const takingDuration = (body: (duration: bigint) => Value) => go('time.Duration', ({ value }: GoInt) => body(value));

/** A method that Go has and no template can call. */
const unusable = (problem: string) => (): GoFunction =>
  Object.assign(() => null, { signature: { params: [], problem } });

interface Self {
  time: Time;
  local: Zone;
}

const civil = (pick: (fields: ReturnType<typeof civilOf>) => Value) => (self: Self) => getter(pick(civilOf(self.time)));

const comparing = (holds: (order: number) => Value) => (self: Self) =>
  go('time.Time', (other: Value) => {
    const difference = toNanoseconds(self.time) - toNanoseconds(timeOf(other)!);
    return holds(difference < 0n ? -1 : difference > 0n ? 1 : 0);
  });

const shownIn = (zone: (self: Self) => Zone) => (self: Self) =>
  getterOf(() => timeObject(inZone(self.time, zone(self)), self.local));

const appended = (bytes: Value[], text: string): Value[] => typedList('[]uint8', [...bytes, ...textBytes(text)]);

/** Whether the clock is ahead of the one that holds in January or in July. */
function isDaylightSaving(time: Time): boolean {
  const { year, offset } = civilOf(time);
  return [1, 7].some((month) => offset > civilOf(dateInZone({ year, month, day: 1 }, time.zone)).offset);
}

/** Rounding counts from the year 1, as Go's zero time. */
const rounding = (round: (nanoseconds: bigint, unit: bigint) => bigint) => (self: Self) =>
  takingDuration((unit) => {
    const origin = toNanoseconds(ZERO_TIME);
    const since = toNanoseconds(self.time) - origin;
    const rounded = unit <= 0n ? since : round(since, unit);
    return timeObject(fromNanoseconds(rounded + origin, self.time.zone), self.local);
  });

const METHODS: MethodTable<Self> = {
  Add: ({ time, local }) => takingDuration((duration) => timeObject(addDuration(time, duration), local)),
  AddDate: ({ time, local }) =>
    go('int, int, int', (years: bigint, months: bigint, days: bigint) => {
      const now = civilOf(time);
      const [year, month, day] = [Number(years) + now.year, Number(months) + now.month, Number(days) + now.day];
      return timeObject(dateInZone({ ...now, nanosecond: time.nanoseconds, year, month, day }, time.zone), local);
    }),
  AppendFormat: ({ time }) =>
    go('[]uint8, string', (bytes: Value[], layout: string) => appended(bytes, formatTime(time, layout))),
  AppendText: ({ time }) => go('[]uint8', (bytes: Value[]) => appended(bytes, rfc3339(time, 'Time.AppendText'))),
  After: comparing((order) => order > 0),
  Clock: unusable('function Clock has 3 return values; should be 1 or 2'),
  Date: unusable('function Date has 3 return values; should be 1 or 2'),
  ISOWeek: unusable('invalid function signature for ISOWeek: second return value should be error; is int'),
  Zone: unusable('invalid function signature for Zone: second return value should be error; is int'),
  ZoneBounds: unusable('invalid function signature for ZoneBounds: second return value should be error; is time.Time'),
  Before: comparing((order) => order < 0),
  Compare: comparing((order) => BigInt(order)),
  Equal: comparing((order) => order === 0),
  Day: civil(({ day }) => BigInt(day)),
  Format: ({ time }) => go('string', (layout: string) => formatTime(time, layout)),
  GoString: ({ time }) => getter(goString(time)),
  Hour: civil(({ hour }) => BigInt(hour)),
  In: ({ time, local }) =>
    go('*time.Location', (location: GoObject | null) => {
      if (location === null) throw new Error('time: missing Location in call to Time.In');
      return timeObject(inZone(time, ZONES.get(location)!), local);
    }),
  IsDST: ({ time }) => getterOf(() => isDaylightSaving(time)),
  IsZero: ({ time }) => getter(time.seconds === ZERO_TIME.seconds && time.nanoseconds === 0),
  Local: shownIn(({ local }) => local),
  Location: ({ time }) => getterOf(() => locationObject(time.zone)),
  MarshalJSON: ({ time }) => getterOf(() => textBytes(`"${rfc3339(time, 'Time.MarshalJSON')}"`)),
  MarshalText: ({ time }) => getterOf(() => textBytes(rfc3339(time, 'Time.MarshalText'))),
  Minute: civil(({ minute }) => BigInt(minute)),
  Month: civil(({ month }) => new NamedInt('time.Month', 'int', BigInt(month), MONTHS[month - 1]!)),
  Nanosecond: ({ time }) => getter(BigInt(time.nanoseconds)),
  Round: rounding(roundDuration),
  Second: civil(({ second }) => BigInt(second)),
  String: ({ time }) => getter(timeToString(time)),
  Sub: ({ time }) => go('time.Time', (other: Value) => durationObject(between(time, timeOf(other)!))),
  Truncate: rounding((nanoseconds, unit) => nanoseconds - (nanoseconds % unit)),
  UTC: shownIn(() => UTC),
  Unix: ({ time }) => getter(int64(time.seconds)),
  UnixMicro: ({ time }) => getter(int64(toNanoseconds(time) / 1000n)),
  UnixMilli: ({ time }) => getter(int64(toNanoseconds(time) / 1_000_000n)),
  UnixNano: ({ time }) => getter(int64(toNanoseconds(time))),
  Weekday: civil(({ weekday }) => new NamedInt('time.Weekday', 'int', BigInt(weekday), WEEKDAYS[weekday]!)),
  Year: civil(({ year }) => BigInt(year)),
  YearDay: civil(({ yearDay }) => BigInt(yearDay)),
};
