/** Times written by Go's layouts, which show how a reference time would look: "Mon Jan 2 15:04:05 MST 2006". */
import { type CivilTime, civilOf, type Time } from './time.ts';

export const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
export const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const CHUNK =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|[345]|PM|pm|[-Z]07(?:00(?:00)?|:00(?::00)?)?|[.,](?:0+|9+)(?![0-9])/g;

/** A part of a layout: text that stands for itself, or an element of the time. */
export type Chunk = { element: false; text: string } | { element: true; text: string };

export function chunksOf(layout: string): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  for (const { 0: text, index } of layout.matchAll(CHUNK)) {
    if (index > at) chunks.push({ element: false, text: layout.slice(at, index) });
    chunks.push({ element: true, text });
    at = index + text.length;
  }
  if (at < layout.length) chunks.push({ element: false, text: layout.slice(at) });
  return chunks;
}

/** Time.Format. */
export function formatTime(time: Time, layout: string): string {
  const civil = civilOf(time);
  return chunksOf(layout)
    .map(({ element, text }) => (element ? writeElement(text, civil, time.nanoseconds) : text))
    .join('');
}

function writeElement(element: string, civil: CivilTime, nanoseconds: number): string {
  const writer = WRITERS[element];
  if (writer) return writer(civil);
  return /^[.,]/.test(element) ? writeFraction(element, nanoseconds) : writeOffset(element, civil.offset);
}

/** With zeros in front, and the sign before them. */
const padded = (number: number, width: number): string =>
  (number < 0 ? '-' : '') + String(Math.abs(number)).padStart(width, '0');

const hour12 = (hour: number): number => hour % 12 || 12;

const WRITERS: Record<string, (time: CivilTime) => string> = {
  '2006': ({ year }) => padded(year, 4),
  '06': ({ year }) => padded(Math.max(year, 0) % 100, 2),
  January: ({ month }) => MONTHS[month - 1]!,
  Jan: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  '01': ({ month }) => padded(month, 2),
  '1': ({ month }) => String(month),
  Monday: ({ weekday }) => WEEKDAYS[weekday]!,
  Mon: ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 3),
  '02': ({ day }) => padded(day, 2),
  _2: ({ day }) => String(day).padStart(2),
  '2': ({ day }) => String(day),
  '002': ({ yearDay }) => padded(yearDay, 3),
  __2: ({ yearDay }) => String(yearDay).padStart(3),
  '15': ({ hour }) => padded(hour, 2),
  '03': ({ hour }) => padded(hour12(hour), 2),
  '3': ({ hour }) => String(hour12(hour)),
  '04': ({ minute }) => padded(minute, 2),
  '4': ({ minute }) => String(minute),
  '05': ({ second }) => padded(second, 2),
  '5': ({ second }) => String(second),
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
  MST: ({ abbreviation, offset }) => abbreviation || writeOffset('-0700', offset),
};

/** `.000` writes as many digits, `.999` those that are no trailing zeros. */
function writeFraction(element: string, nanoseconds: number): string {
  const digits = padded(nanoseconds, 9)
    .padEnd(element.length - 1, '0')
    .slice(0, element.length - 1);
  if (element[1] === '0') return element[0] + digits;
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : element[0] + kept;
}

function writeOffset(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z';
  const total = Math.abs(offset);
  const colon = element.includes(':') ? ':' : '';
  const minutes = element.length > 3 ? colon + padded(Math.floor(total / 60) % 60, 2) : '';
  const seconds = element.length > 6 ? colon + padded(total % 60, 2) : '';
  return `${offset <= -60 ? '-' : '+'}${padded(Math.floor(total / 3600), 2)}${minutes}${seconds}`;
}

/** Time.String, with the reading of the monotonic clock where there is one. */
export function timeToString(time: Time): string {
  const text = formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST');
  if (time.monotonic === undefined) return text;
  const magnitude = time.monotonic < 0n ? -time.monotonic : time.monotonic;
  const fraction = String(magnitude % 1_000_000_000n).padStart(9, '0');
  return `${text} m=${time.monotonic < 0n ? '-' : '+'}${magnitude / 1_000_000_000n}.${fraction}`;
}
