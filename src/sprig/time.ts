/** A moment as Go's time.Time: nanoseconds in a proleptic Gregorian calendar, and the zone to show it in. */
import { UTC, type Zone } from './time-zone.ts';

export interface Time {
  /** Since the Unix epoch. */
  seconds: number;
  /** 0 to 999999999. */
  nanoseconds: number;
  zone: Zone;
  /** Nanoseconds since the program began, on what `now` gives until it is shown in another zone. */
  monotonic?: bigint;
}

export interface CivilTime {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 0 for Sunday. */
  weekday: number;
  /** 1 to 366. */
  yearDay: number;
  abbreviation: string;
  /** Of the zone, in seconds east of UTC. */
  offset: number;
}

const DAY = 86_400;
const BILLION = 1_000_000_000n;

/** time.Time{}: the first of January of the year 1. */
export const ZERO_TIME: Time = { seconds: -62_135_596_800, nanoseconds: 0, zone: UTC };

export const fromNanoseconds = (nanoseconds: bigint, zone: Zone): Time => {
  const rest = ((nanoseconds % BILLION) + BILLION) % BILLION;
  return { seconds: Number((nanoseconds - rest) / BILLION), nanoseconds: Number(rest), zone };
};

export const toNanoseconds = ({ seconds, nanoseconds }: Time): bigint =>
  BigInt(seconds) * BILLION + BigInt(nanoseconds);

/** Time.Add. */
export function addDuration(time: Time, duration: bigint): Time {
  const moved = fromNanoseconds(toNanoseconds(time) + duration, time.zone);
  return time.monotonic === undefined ? moved : { ...moved, monotonic: time.monotonic + duration };
}

const MAX_DURATION = 2n ** 63n - 1n;

/** Time.Sub: the nearest Duration there is. */
export function between(later: Time, earlier: Time): bigint {
  const difference = toNanoseconds(later) - toNanoseconds(earlier);
  return difference > MAX_DURATION ? MAX_DURATION : difference < -MAX_DURATION - 1n ? -MAX_DURATION - 1n : difference;
}

export const inZone = ({ seconds, nanoseconds }: Time, zone: Zone): Time => ({ seconds, nanoseconds, zone });

/** The clock and the calendar in the time's own zone. */
export function civilOf({ seconds, zone }: Time): CivilTime {
  const { abbreviation, offset } = zone.at(seconds);
  const local = seconds + offset;
  const days = Math.floor(local / DAY);
  const rest = local - days * DAY;
  const { year, month, day } = dateOfDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOfDate(year, 1, 1) + 1,
    abbreviation,
    offset,
  };
}

/** Fields may be out of range, as in time.Date: the 32nd of January is the first of February. */
export interface DateFields {
  year: number;
  month: number;
  day: number;
  hour?: number;
  minute?: number;
  second?: number;
  nanosecond?: number;
}

/** time.Date. In the hour that a clock change skips or repeats, one of the two offsets is taken. */
export function dateInZone(fields: DateFields, zone: Zone): Time {
  const { year, month, day, hour = 0, minute = 0, second = 0, nanosecond = 0 } = fields;
  const years = year + Math.floor((month - 1) / 12);
  const days = daysOfDate(years, ((((month - 1) % 12) + 12) % 12) + 1, 1) + day - 1;
  const local = days * DAY + hour * 3600 + minute * 60 + second;
  const guess = local - zone.at(local).offset;
  const { offset } = zone.at(guess);
  return { seconds: local - offset, nanoseconds: nanosecond, zone };
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

export const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** Days since the Unix epoch. The years are counted from March, so that the leap day is the last. */
function daysOfDate(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = ((shiftedMonth + 2) % 12) + 1;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}
