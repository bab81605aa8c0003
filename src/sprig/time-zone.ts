/** Time zones: UTC, a fixed offset, or one of the IANA database, whose offsets Intl knows. */

export interface Zone {
  /** The name of the location: "UTC", "Local", "Europe/Berlin"; "" for a fixed offset without one. */
  name: string;
  /** What holds at a moment, given in seconds since the Unix epoch. */
  at(seconds: number): { abbreviation: string; offset: number };
}

const fixed = (name: string, abbreviation: string, offset: number): Zone => {
  const answer = { abbreviation, offset };
  return { name, at: () => answer };
};

export const UTC: Zone = fixed('UTC', 'UTC', 0);

export const fixedZone = (name: string, offset: number): Zone => fixed(name, name, offset);

const loaded = new Map<string, Zone>();

/** The zone of an IANA name as time.LoadLocation finds it; undefined where there is none. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC;
  const known = loaded.get(name);
  if (known) return known;
  if (!/^[A-Z][A-Za-z0-9_+/-]*$/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  const zone: Zone = {
    name,
    at(seconds) {
      const offset = offsetOf(format, seconds);
      return { abbreviation: abbreviationOf(name, seconds, offset), offset };
    },
  };
  loaded.set(name, zone);
  return zone;
}

/** The farthest that a Date reaches, in seconds; beyond, what holds there holds on. */
const FARTHEST = 8.64e12;

const dateAt = (seconds: number): Date => new Date(Math.max(-FARTHEST, Math.min(FARTHEST, seconds)) * 1000);

/** In seconds, from "GMT", "GMT+01:00" or "GMT-00:25:21". */
function offsetOf(format: Intl.DateTimeFormat, seconds: number): number {
  const text = format.formatToParts(dateAt(seconds)).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (!match) return 0;
  const [, sign, hours, minutes, rest = '0'] = match;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === '-' ? -offset : offset;
}

/** English locales know the abbreviations of their own parts of the world. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'en-CA'];

/** Those that no locale tells: standard time, and daylight saving time where there is one. */
const ABBREVIATIONS: Record<string, [string, string?]> = {
  'Africa/Cairo': ['EET', 'EEST'],
  'Africa/Johannesburg': ['SAST'],
  'Africa/Lagos': ['WAT'],
  'Africa/Maputo': ['CAT'],
  'Africa/Nairobi': ['EAT'],
  'Asia/Hong_Kong': ['HKT'],
  'Asia/Jakarta': ['WIB'],
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Asia/Karachi': ['PKT'],
  'Asia/Kolkata': ['IST'],
  'Asia/Calcutta': ['IST'],
  'Asia/Manila': ['PST'],
  'Asia/Seoul': ['KST'],
  'Asia/Shanghai': ['CST'],
  'Asia/Taipei': ['CST'],
  'Asia/Tokyo': ['JST'],
  'Europe/Moscow': ['MSK'],
};

function abbreviationOf(name: string, seconds: number, offset: number): string {
  const own = ABBREVIATIONS[name];
  if (own) return own[1] !== undefined && offset !== standardOffset(name, seconds) ? own[1] : own[0];
  for (const locale of LOCALES) {
    const text = shortName(locale, name, seconds);
    if (/^[A-Z]{2,5}$/.test(text)) return text;
  }
  return numeric(offset);
}

const standardOffset = (name: string, seconds: number): number => {
  const year = dateAt(seconds).getUTCFullYear();
  const offsets = [0, 6].map((month) => loadZone(name)!.at(Date.UTC(year, month, 1) / 1000).offset);
  return Math.min(...offsets);
};

function shortName(locale: string, timeZone: string, seconds: number): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' });
  return format.formatToParts(dateAt(seconds)).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** "+03", "-0330": how the database names what has no letters. */
function numeric(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0');
  return (offset < 0 ? '-' : '+') + hours + rest;
}
