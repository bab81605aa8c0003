/**
 * Times as Go keeps and prints them: nanoseconds and the zone a time was written in, both of which Helm's records and
 * tables show and JavaScript's Date would lose.
 */
export interface GoTime {
  /** Whole seconds since the epoch. */
  seconds: number;
  nanoseconds: number;
  /** Minutes east of UTC. */
  offset: number;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Reads RFC 3339; undefined for '', for Go's zero time and for anything else. */
export function parseGoTime(text: unknown): GoTime | undefined {
  const match = typeof text === 'string' ? RFC3339.exec(text) : null;
  if (match === null || match[1] === '0001') return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = match[8] ? (match[8] === '-' ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10])) : 0;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(wall)) return undefined;
  return {
    seconds: wall / 1000 - offset * 60,
    nanoseconds: Number(`${match[7] ?? ''}000000000`.slice(0, 9)),
    offset,
  };
}

/** A moment of the clock in the zone of this machine, as Go's `time.Now()`. */
export function goTime(milliseconds: number): GoTime {
  const seconds = Math.floor(milliseconds / 1000);
  return {
    seconds,
    nanoseconds: Math.round((milliseconds - seconds * 1000) * 1e6),
    offset: 0 - new Date(milliseconds).getTimezoneOffset(),
  };
}

const two = (n: number) => String(n).padStart(2, '0');
const wallClock = (time: GoTime) => new Date((time.seconds + time.offset * 60) * 1000);
const date = (d: Date) =>
  `${String(d.getUTCFullYear()).padStart(4, '0')}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
const hms = (d: Date) => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
const fraction = ({ nanoseconds }: GoTime) =>
  nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
const zone = ({ offset }: GoTime, separator: string) => {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
};

/** `2006-01-02T15:04:05.999999999Z07:00`, the form of JSON. */
export const formatRfc3339Nano = (time: GoTime): string => formatRfc3339(time, fraction(time));

/** `2006-01-02T15:04:05Z07:00`. */
export function formatRfc3339(time: GoTime, digits = ''): string {
  const d = wallClock(time);
  return `${date(d)}T${hms(d)}${digits}${time.offset === 0 ? 'Z' : zone(time, ':')}`;
}

/** What `Time.String()` prints of a time read back from JSON: `2006-01-02 15:04:05.999999999 -0700 MST`. */
export function formatGoString(time: GoTime): string {
  const d = wallClock(time);
  const name = time.offset === 0 ? 'UTC' : zoneName(time);
  return `${date(d)} ${hms(d)}${fraction(time)} ${zone(time, '')} ${name}`;
}

/** Go names the zone only where the offset is that of this machine at that time. */
function zoneName(time: GoTime): string {
  const local = new Date(time.seconds * 1000);
  if (0 - local.getTimezoneOffset() !== time.offset) return zone(time, '');
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(local);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return /^[A-Z]{2,5}$/.test(name) ? name : zone(time, '').replace(/00$/, '');
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `Mon Jan _2 15:04:05 2006`. */
export const formatAnsic = (time: GoTime): string => formatLayout(time, 'Mon Jan _2 15:04:05 2006');

/** Longest words first, as Go reads a layout. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-0700|-07|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)|01|02|03|04|05|06|002|__2|_2|15|PM|pm|1|2|3|4|5/g;

/** Formats by a Go layout, the example time being `Mon Jan 2 15:04:05 MST 2006`. */
export function formatLayout(time: GoTime, layout: string): string {
  const d = wallClock(time);
  const hour = d.getUTCHours();
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const nanos = String(time.nanoseconds).padStart(9, '0');
  const yearDay = Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  const zulu = (text: string) => (time.offset === 0 ? 'Z' : text);
  const words: Record<string, () => string> = {
    January: () => MONTHS[d.getUTCMonth()]!,
    Jan: () => MONTHS[d.getUTCMonth()]!.slice(0, 3),
    Monday: () => DAYS[d.getUTCDay()]!,
    Mon: () => DAYS[d.getUTCDay()]!.slice(0, 3),
    MST: () => (time.offset === 0 ? 'UTC' : zoneName(time)),
    '2006': () => String(d.getUTCFullYear()).padStart(4, '0'),
    '06': () => two(d.getUTCFullYear() % 100),
    '01': () => two(d.getUTCMonth() + 1),
    '1': () => String(d.getUTCMonth() + 1),
    '02': () => two(d.getUTCDate()),
    _2: () => String(d.getUTCDate()).padStart(2, ' '),
    '2': () => String(d.getUTCDate()),
    '002': () => String(yearDay).padStart(3, '0'),
    __2: () => String(yearDay).padStart(3, ' '),
    '15': () => two(hour),
    '03': () => two(hour12),
    '3': () => String(hour12),
    '04': () => two(d.getUTCMinutes()),
    '4': () => String(d.getUTCMinutes()),
    '05': () => two(d.getUTCSeconds()),
    '5': () => String(d.getUTCSeconds()),
    PM: () => (hour >= 12 ? 'PM' : 'AM'),
    pm: () => (hour >= 12 ? 'pm' : 'am'),
    '-0700': () => zone(time, ''),
    '-07:00': () => zone(time, ':'),
    '-07:00:00': () => `${zone(time, ':')}:00`,
    '-07': () => zone(time, '').slice(0, 3),
    'Z07:00': () => zulu(zone(time, ':')),
    Z0700: () => zulu(zone(time, '')),
    Z07: () => zulu(zone(time, '').slice(0, 3)),
  };
  return layout.replace(LAYOUT, (word) => {
    const known = words[word];
    if (known) return known();
    const digits = nanos.slice(0, word.length - 1);
    if (word[1] === '0') return `${word[0]}${digits}`;
    const trimmed = digits.replace(/0+$/, '');
    return trimmed === '' ? '' : `${word[0]}${trimmed}`;
  });
}
