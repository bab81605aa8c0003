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
  const abbreviations = new Map<number, string>();
  const zone: Zone = {
    name,
    at(seconds) {
      const offset = offsetOf(format, seconds);
      let abbreviation = abbreviations.get(offset);
      if (abbreviation === undefined) {
        abbreviation = abbreviationOf(name, format, seconds);
        abbreviations.set(offset, abbreviation);
      }
      return { abbreviation, offset };
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

/** Those that no locale tells, or tells otherwise: standard time, and daylight saving time where there is one. */
const ABBREVIATIONS: [names: string, zones: string][] = [
  ['HST HDT', 'America/Adak'],
  ['MST', 'America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse'],
  ['CST CDT', 'America/Havana Cuba'],
  ['CST', 'Asia/Macau Asia/Shanghai Asia/Taipei PRC'],
  ['EET EEST', 'Africa/Cairo'],
  ['SAST', 'Africa/Johannesburg'],
  ['WAT', 'Africa/Lagos'],
  ['CAT', 'Africa/Maputo'],
  ['EAT', 'Africa/Nairobi'],
  ['GMT', 'GMT'],
  ['GMT BST', 'Europe/Guernsey Europe/Isle_of_Man Europe/Jersey'],
  ['GMT IST', 'Eire Europe/Dublin'],
  ['HKT', 'Asia/Hong_Kong Hongkong'],
  ['IST', 'Asia/Calcutta Asia/Kolkata'],
  ['IST IDT', 'Asia/Jerusalem Israel'],
  ['JST', 'Asia/Tokyo Japan'],
  ['KST', 'Asia/Pyongyang Asia/Seoul ROK'],
  ['MSK', 'Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU'],
  ['PKT', 'Asia/Karachi'],
  ['PST', 'Asia/Manila'],
  ['SST', 'Pacific/Midway Pacific/Pago_Pago'],
  ['ChST', 'Pacific/Guam Pacific/Saipan'],
  ['WIB', 'Asia/Jakarta Asia/Pontianak'],
  ['WIT', 'Asia/Jayapura'],
  ['WITA', 'Asia/Makassar'],
];

/** Zones that the database names by their offset although a locale has letters for them. */
const NUMERIC =
  'America/Miquelon Antarctica/Casey Antarctica/Troll Asia/Colombo Asia/Dubai Asia/Muscat Australia/Eucla ' +
  'Australia/Lord_Howe Pacific/Chatham';

const has = (zones: string, name: string): boolean => zones.split(' ').includes(name);

function abbreviationOf(name: string, format: Intl.DateTimeFormat, seconds: number): string {
  const offset = offsetOf(format, seconds);
  if (has(NUMERIC, name)) return numeric(offset);
  const own = ABBREVIATIONS.find(([, zones]) => has(zones, name));
  if (own) {
    const [standard, summer = standard] = own[0].split(' ') as [string, string?];
    return offset === standardOffset(format, seconds) ? standard : summer;
  }
  for (const locale of LOCALES) {
    const text = shortName(locale, name, seconds);
    if (/^[A-Z]{2,5}$/.test(text)) return text;
  }
  return numeric(offset);
}

const standardOffset = (format: Intl.DateTimeFormat, seconds: number): number => {
  const year = dateAt(seconds).getUTCFullYear();
  const offsets = [0, 6].map((month) => offsetOf(format, Date.UTC(year, month, 1) / 1000));
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
