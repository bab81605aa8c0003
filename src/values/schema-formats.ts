/** The formats that a JSON schema can ask of a string, each with what is wrong with a text that is not of it. */
import { compileRegexp } from '../regexp/regexp.ts';
import { quote, quoteRune } from '../template/quote.ts';

/** What is wrong with the text, undefined where nothing is. */
export type CheckFormat = (text: string) => string | undefined;

const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]$/;

function email(text: string): string | undefined {
  if (text.length > 254) return 'more than 255 characters long';
  const at = text.lastIndexOf('@');
  if (at < 0) return 'missing @';
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (local.length > 64) return 'local part more than 64 characters long';
  const wrong = localPart(local);
  if (wrong !== undefined) return wrong;
  if (domain.startsWith('[') && domain.endsWith(']')) return literalDomain(domain.slice(1, -1));
  return within('invalid domain', hostname(domain));
}

function localPart(local: string): string | undefined {
  if (local.length > 1 && local.startsWith('"'))
    return /[\\"]/.test(local.slice(1, -1))
      ? 'backslash and quote are not allowed within quoted local part'
      : undefined;
  if (local.startsWith('.')) return 'starts with dot';
  if (local.endsWith('.')) return 'ends with dot';
  if (local.includes('..')) return 'consecutive dots';
  return badCharacter(local, LOCAL_PART);
}

function literalDomain(domain: string): string | undefined {
  if (domain.startsWith('IPv6:')) return within('invalid ipv6 address', ipv6(domain.slice(5)));
  return within('invalid ipv4 address', ipv4(domain));
}

function hostname(text: string): string | undefined {
  const name = text.replace(/\.$/, '');
  if (name.length > 253) return 'more than 253 characters long';
  for (const label of name.split('.')) {
    if (label.length < 1 || label.length > 63) return 'label must be 1 to 63 characters long';
    if (label.startsWith('-')) return 'label starts with hyphen';
    if (label.endsWith('-')) return 'label ends with hyphen';
    const wrong = badCharacter(label, /^[a-zA-Z0-9-]$/);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function ipv4(text: string): string | undefined {
  const groups = text.split('.');
  if (groups.length !== 4) return 'expected four decimals';
  for (const group of groups) {
    if (group.length > 1 && group.startsWith('0')) return 'leading zeros';
    if (!/^[+-]?\d+$/.test(group)) return `strconv.Atoi: parsing ${quote(group)}: invalid syntax`;
    if (Number(group) < 0 || Number(group) > 255) return 'decimal must be between 0 and 255';
  }
  return undefined;
}

function ipv6(text: string): string | undefined {
  if (!text.includes(':')) return 'missing colon';
  const zone = text.indexOf('%');
  const problem = addressProblem(zone < 0 ? text : text.slice(0, zone));
  if (problem !== undefined) return `ParseAddr(${quote(text)}): ${problem}`;
  return zone < 0 ? undefined : 'zone id is not a part of ipv6 address';
}

/** As net/netip reads an IPv6 address, field by field. */
function addressProblem(text: string): string | undefined {
  const near = (problem: string, rest: string) => `${problem} (at ${quote(rest)})`;
  let rest = text.startsWith('::') ? text.slice(2) : text;
  let hasGap = rest !== text;
  let fields = 0;
  while (rest !== '' && fields < 8) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)![0];
    if (digits === '') return near('each colon-separated field must have at least one digit', rest);
    if (digits.length > 4) return near('each group must have 4 or less digits', rest);
    const next = rest[digits.length];
    if (next === '.') return embeddedProblem(rest, fields, hasGap);
    rest = rest.slice(digits.length);
    fields++;
    if (rest === '') break;
    if (next !== ':') return near('unexpected character, want colon', rest);
    if (rest.length === 1) return near('colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest[0] !== ':') continue;
    if (hasGap) return near('multiple :: in address', rest);
    hasGap = true;
    rest = rest.slice(1);
  }
  if (rest !== '') return near('trailing garbage after address', rest);
  if (fields < 8 && !hasGap) return 'address string too short';
  return fields === 8 && hasGap ? 'the :: must expand to at least one field of zeros' : undefined;
}

/** An IPv4 address stands for the last two fields. */
function embeddedProblem(rest: string, fields: number, hasGap: boolean): string | undefined {
  if (!hasGap && fields !== 6)
    return `embedded IPv4 address must replace the final 2 fields of the address (at ${quote(rest)})`;
  if (fields > 6) return `too many hex fields to fit an embedded IPv4 at the end of the address (at ${quote(rest)})`;
  return ipv4(rest);
}

function uuid(text: string): string | undefined {
  const lengths = [8, 4, 4, 4, 12];
  const groups = text.split('-');
  if (groups.length !== lengths.length) return 'must have 5 elements';
  for (const [i, group] of groups.entries()) {
    if (group.length !== lengths[i]) return `element ${i + 1} must be ${lengths[i]} characters long`;
    const wrong = Array.from(group).find((char) => !/[0-9a-fA-F]/.test(char));
    if (wrong !== undefined) return `non-hex character ${quoteRune(wrong.codePointAt(0)!)}`;
  }
  return undefined;
}

function date(text: string): string | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return `parsing time ${quote(text)} as "2006-01-02": cannot parse ${quote(text)} as "2006"`;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12) return `parsing time ${quote(text)}: month out of range`;
  const days = new Date(Date.UTC(2000, 0, 1));
  days.setUTCFullYear(year, month, 0);
  return day < 1 || day > days.getUTCDate() ? `parsing time ${quote(text)}: day out of range` : undefined;
}

function time(text: string): string | undefined {
  if (text.length < 9) return 'less than 9 characters long';
  if (text[2] !== ':' || text[5] !== ':') return 'missing colon in correct place';
  const clock = /^(\d\d):(\d\d):(\d\d)/.exec(text);
  if (!clock) return 'invalid hour/min/sec';
  const [hour, minute, second] = clock.slice(1).map(Number) as [number, number, number];
  if (hour > 23 || minute > 59 || second > 60) return 'hour/min/sec out of range';
  const fraction = /^\.(\d*)/.exec(text.slice(8));
  if (fraction && fraction[1] === '') return 'no digits in second fraction';
  const zone = text.slice(8 + (fraction ? fraction[0].length : 0));
  const offset = /^[zZ]$/.test(zone) ? 0 : zoneOffset(zone);
  if (typeof offset === 'string') return offset;
  const utc = (hour * 60 + minute - offset + 24 * 60) % (24 * 60);
  return second >= 60 && utc !== 23 * 60 + 59 ? 'invalid leap second' : undefined;
}

/** Minutes, or what is wrong. */
function zoneOffset(zone: string): number | string {
  if (zone.length !== 6) return 'offset must be 6 characters long';
  if (!/^[+-]/.test(zone)) return 'offset must begin with plus/minus';
  if (zone[3] !== ':') return 'missing colon in offset in correct place';
  const parts = /^.(\d\d):(\d\d)$/.exec(zone);
  if (!parts) return 'invalid hour/min in offset';
  const [hours, minutes] = [Number(parts[1]), Number(parts[2])];
  if (hours > 23 || minutes > 59) return 'hour/min in offset out of range';
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

function dateTime(text: string): string | undefined {
  if (text.length < 20) return 'less than 20 characters long';
  if (text[10] !== 't' && text[10] !== 'T') return '11th character must be t or T';
  return (
    within('invalid date element', date(text.slice(0, 10))) ?? within('invalid time element', time(text.slice(11)))
  );
}

function duration(text: string): string | undefined {
  if (!text.startsWith('P')) return 'must start with P';
  const rest = text.slice(1);
  if (rest === '') return 'nothing after P';
  if (rest.endsWith('W')) {
    if (rest === 'W') return 'no number in week';
    return /^\d+W$/.test(rest) ? undefined : 'invalid week';
  }
  for (const [i, part] of rest.split('T').entries()) {
    if (i > 0 && part === '') return 'no time elements';
    if (i > 1) return 'more than one T';
    const wrong = durationPart(part, i === 0 ? 'YMD' : 'HMS');
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function durationPart(text: string, units: string): string | undefined {
  let next = 0;
  for (let at = 0; at < text.length; at++) {
    const digits = /^\d+/.exec(text.slice(at))?.[0];
    if (digits === undefined) return 'missing number';
    at += digits.length;
    const unit = text[at];
    if (unit === undefined) return 'missing unit';
    const index = units.indexOf(unit);
    if (index < 0) return `invalid unit ${quoteRune(unit.codePointAt(0)!)}`;
    if (index < next) return `unit ${quoteRune(unit.codePointAt(0)!)} out of order`;
    next = index + 1;
  }
  return undefined;
}

/** As Go's net/url, for what charts can get wrong: spaces, control characters, schemes, escapes. */
function url(text: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return `parse ${quote(text)}: net/url: invalid control character in URL`;
  if (text.startsWith(':')) return `parse ${quote(text)}: missing protocol scheme`;
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)?.[0];
  if (badEscape !== undefined) return `parse ${quote(text)}: invalid URL escape ${quote(badEscape)}`;
  const host = /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(text)?.[1] ?? '';
  const space = /[ "<>\\^`{|}]/.exec(host)?.[0];
  if (space !== undefined) return `parse ${quote(text)}: invalid character ${quote(space)} in host name`;
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port))
    return `parse ${quote(text)}: invalid port ${quote(`:${port}`)} after host`;
  if (/^[^/?#]*:/.test(text) && !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text))
    return `parse ${quote(text)}: first path segment in URL cannot contain colon`;
  return undefined;
}

const uri: CheckFormat = (text) => url(text) ?? (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) ? undefined : 'relative url');
const uriReference: CheckFormat = (text) => (text.includes('\\') ? 'contains \\' : url(text));

function jsonPointer(text: string): string | undefined {
  if (text === '') return undefined;
  if (!text.startsWith('/')) return 'not starting with /';
  return /~(?![01])/.test(text) ? '~ must be followed by 0 or 1' : undefined;
}

function relativeJsonPointer(text: string): string | undefined {
  const digits = /^\d*/.exec(text)![0];
  if (digits === '') return 'must start with non-negative integer';
  if (digits.length > 1 && digits.startsWith('0')) return 'starts with zero';
  const rest = text.slice(digits.length);
  return rest === '#' ? undefined : jsonPointer(rest);
}

function regex(text: string): string | undefined {
  try {
    compileRegexp(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function semver(text: string): string | undefined {
  const core = text.replace(/[-+].*$/s, '').split('.');
  if (core.length !== 3) return 'versionCore must have 3 numbers separated by dot';
  for (const [i, number] of core.entries()) {
    const name = ['major', 'minor', 'patch'][i];
    if (number === '') return `${name} is empty`;
    if (number.length > 1 && number.startsWith('0')) return `${name} starts with zero`;
    if (!/^\d+$/.test(number)) return `${name} contains non-digit`;
  }
  return undefined;
}

function badCharacter(text: string, allowed: RegExp): string | undefined {
  const wrong = Array.from(text).find((char) => !allowed.test(char));
  return wrong === undefined ? undefined : `invalid character ${quoteRune(wrong.codePointAt(0)!)}`;
}

const within = (what: string, problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : `${what}: ${problem}`;

export const FORMATS = new Map<string, CheckFormat>(
  Object.entries({
    email,
    hostname,
    ipv4,
    ipv6,
    uuid,
    date,
    time,
    duration,
    regex,
    semver,
    uri,
    iri: uri,
    'date-time': dateTime,
    'uri-reference': uriReference,
    'iri-reference': uriReference,
    'json-pointer': jsonPointer,
    'relative-json-pointer': relativeJsonPointer,
  }),
);
