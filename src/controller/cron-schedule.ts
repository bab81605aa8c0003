/** Cron expressions of five fields, `@daily` and the like, read as robfig/cron does, in a time zone. */
export interface Schedule {
  minutes: Set<number>;
  hours: Set<number>;
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  /** When both are restricted, a day that fits either fits. */
  anyDay: boolean;
  anyWeekday: boolean;
  timeZone: string;
  /** `@every 90s`: a fixed distance instead. */
  every?: number;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');
const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MINUTE = 60_000;
/** Nothing further away is looked for: a schedule like 30 February never comes. */
const HORIZON_DAYS = 5 * 366;

export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const prefixed = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text);
  const zone = prefixed?.[1] ?? timeZone;
  const spec = (prefixed?.[2] ?? text).trim();
  const every = /^@every\s+((?:[0-9.]+(?:h|m|s))+)$/.exec(spec)?.[1];
  const fields = (MACROS[spec] ?? (every ? '* * * * *' : spec)).split(/\s+/);
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, days, months, weekdays] = fields as [string, string, string, string, string];
  const anyOf = (field: string) => field.startsWith('*') || field.startsWith('?');
  return {
    minutes: parseField(minutes, 0, 59),
    hours: parseField(hours, 0, 23),
    days: parseField(days, 1, 31),
    months: parseField(months, 1, 12, MONTHS, 1),
    weekdays: parseField(weekdays, 0, 6, WEEKDAYS),
    anyDay: anyOf(days),
    anyWeekday: anyOf(weekdays),
    timeZone: zone,
    ...(every && { every: everyMs(every) }),
  };
}

function everyMs(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: MINUTE, s: 1000 };
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(h|m|s)/g)) total += Number(number) * units[unit!]!;
  return Math.max(1000, Math.floor(total / 1000) * 1000);
}

function parseField(field: string, min: number, max: number, names: string[] = [], base = 0): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : whole(stepText, field);
    if (step === 0) throw new Error(`step of range should be a positive number: ${part}`);
    let [low, high] = [min, max];
    if (range !== '*' && range !== '?') {
      const [from = '', to] = range.split('-');
      low = numberIn(from, names, base, field);
      high = to !== undefined ? numberIn(to, names, base, field) : stepText === undefined ? low : max;
    }
    if (low < min) throw new Error(`beginning of range (${low}) below minimum (${min}): ${part}`);
    if (high > max) throw new Error(`end of range (${high}) above maximum (${max}): ${part}`);
    if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${part}`);
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return values;
}

function numberIn(text: string, names: string[], base: number, field: string): number {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? named + base : whole(text, field);
}

function whole(text: string, field: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new Error(`failed to parse int from ${text}: ${field}`);
  return Number(text);
}

/** The first time after `after` (milliseconds), undefined when there is none within five years. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  if (schedule.every) return Math.floor(after / 1000) * 1000 + schedule.every;
  const offsetAt = offsets(schedule.timeZone);
  // Wall-clock time is counted as if it were UTC, and put back into the zone at the end.
  let wall = Math.floor((after + offsetAt(after)) / MINUTE) * MINUTE + MINUTE;
  const limit = wall + HORIZON_DAYS * 24 * 60 * MINUTE;
  while (wall < limit) {
    const date = new Date(wall);
    if (!schedule.months.has(date.getUTCMonth() + 1)) wall = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    else if (!isDay(schedule, date)) wall = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
    else if (!schedule.hours.has(date.getUTCHours()))
      wall = Math.floor(wall / (60 * MINUTE)) * 60 * MINUTE + 60 * MINUTE;
    else if (!schedule.minutes.has(date.getUTCMinutes())) wall += MINUTE;
    else {
      const time = wall - offsetAt(wall - offsetAt(wall));
      // A time that the clocks skip or repeat.
      if (time > after && time + offsetAt(time) === wall) return time;
      wall += MINUTE;
    }
  }
  return undefined;
}

function isDay({ days, weekdays, anyDay, anyWeekday }: Schedule, date: Date): boolean {
  const [day, weekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return anyDay || anyWeekday ? day && weekday : day || weekday;
}

/** Milliseconds that a zone's clocks are ahead of UTC at a time. Throws for a zone that does not exist. */
function offsets(timeZone: string): (time: number) => number {
  if (timeZone === 'UTC' || timeZone === '') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (time) => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(time)) parts[type] = Number(value);
    const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!);
    return wall - Math.floor(time / MINUTE) * MINUTE;
  };
}
