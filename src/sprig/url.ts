/** URLs taken apart and put together, as Go's net/url. */
import { quote } from '../template/quote.ts';
import { encodeUtf8 } from '../template/utf8.ts';
import { getKey, type ValueMap } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { kindOfType } from './go-type.ts';
import { fromBinary, toBinary } from './runes.ts';

interface Url {
  scheme: string;
  opaque: string;
  /** Escaped; undefined where there is none. */
  userinfo?: string;
  host: string;
  path: string;
  query: string;
  fragment: string;
  /** A question mark without a query. */
  forceQuery?: boolean;
  /** A scheme and a path without an authority: `file:/x`. */
  omitHost?: boolean;
}

type Part = 'path' | 'user' | 'host' | 'fragment';

/** url.Parse. Throws `parse "…": …`. */
function parseUrl(text: string): Url {
  const hash = text.indexOf('#');
  const before = hash < 0 ? text : text.slice(0, hash);
  const inUrl = <T>(url: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw new Error(`parse ${quote(url)}: ${(error as Error).message}`);
    }
  };
  const url = inUrl(before, () => parseWithoutFragment(before));
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  return { ...url, fragment: inUrl(text, () => decode(fragment, 'fragment')) };
}

function parseWithoutFragment(text: string): Url {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('net/url: invalid control character in URL');
  const url: Url = { scheme: '', opaque: '', host: '', path: '', query: '', fragment: '' };
  if (text === '*') return { ...url, path: '*' };
  if (text.startsWith(':')) throw new Error('missing protocol scheme');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (scheme) url.scheme = scheme[1]!.toLowerCase();
  const [rest, query] = cut(text.slice(scheme?.[0].length ?? 0), '?');
  url.query = query ?? '';
  url.forceQuery = query === '';
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return { ...url, opaque: rest };
    if (cut(rest, '/')[0].includes(':')) throw new Error('first path segment in URL cannot contain colon');
  }
  return parseHierarchy(url, rest);
}

/** `//user@host/path` or only a path. */
function parseHierarchy(url: Url, rest: string): Url {
  const hasAuthority = rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'));
  if (!hasAuthority) {
    return { ...url, path: decode(rest, 'path'), omitHost: url.scheme !== '' && rest.startsWith('/') };
  }
  const slash = rest.indexOf('/', 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1));
  const userinfo = at < 0 ? {} : { userinfo: parseUserinfo(authority.slice(0, at)) };
  return { ...url, ...userinfo, host, path: decode(slash < 0 ? '' : rest.slice(slash), 'path') };
}

function cut(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Read and written again, which settles what is escaped. */
function parseUserinfo(text: string): string {
  if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(text)) throw new Error('net/url: invalid userinfo');
  const [name, password] = cut(text, ':').map((part) => encode(decode(part!, 'user'), 'user'));
  return password === undefined ? name! : `${name}:${password}`;
}

function parseHost(host: string): string {
  const bracket = host.startsWith('[') ? host.lastIndexOf(']') : -1;
  if (host.startsWith('[') && bracket < 0) throw new Error("missing ']' in host");
  const colon = host.indexOf(':');
  const port = host.startsWith('[') ? host.slice(bracket + 1) : colon < 0 ? '' : host.slice(colon);
  if (!isPort(port)) throw new Error(`invalid port ${quote(port)} after host`);
  return decode(host, 'host');
}

const isPort = (text: string): boolean => /^(?::[0-9]*)?$/.test(text);

function hostname({ host }: Url): string {
  const colon = host.lastIndexOf(':');
  const name = colon >= 0 && isPort(host.slice(colon)) ? host.slice(0, colon) : host;
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

/** Characters besides letters, digits and `-_.~` that stand unescaped in each part. */
const PLAIN: Record<Part, string> = {
  path: '$&+,/:;=@',
  user: '$&+,;=',
  host: '!$&\'()*+,;=:[]<>"',
  fragment: '$&+,/:;=?@!()*',
};

const isPlain = (char: string, part: Part): boolean => /[A-Za-z0-9\-_.~]/.test(char) || PLAIN[part].includes(char);

function encode(text: string, part: Part): string {
  return [...text].map((rune) => (rune.length === 1 && isPlain(rune, part) ? rune : percentEncoded(rune))).join('');
}

const percentEncoded = (rune: string): string =>
  [...encodeUtf8(rune)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

function decode(text: string, part: Part): string {
  const bytes = toBinary(text);
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === '%') {
      checkEscape(bytes.slice(i, i + 3), part);
      i += 2;
    } else if (part === 'host' && bytes[i]! < '\x80' && !isPlain(bytes[i]!, part))
      throw new Error(`invalid character ${quote(bytes[i]!)} in host name`);
  }
  return fromBinary(
    bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  );
}

/** In a host only bytes beyond ASCII and the percent sign itself may be escaped. */
function checkEscape(sequence: string, part: Part): void {
  const isAllowed = part !== 'host' || sequence === '%25' || sequence[1]! >= '8';
  if (!/^%[0-9A-Fa-f]{2}$/.test(sequence) || !isAllowed)
    throw new Error(`invalid URL escape ${quote(fromBinary(sequence))}`);
}

/** URL.String. */
function formatUrl(url: Url): string {
  const scheme = url.scheme === '' ? '' : `${url.scheme}:`;
  const query = url.forceQuery || url.query !== '' ? `?${url.query}` : '';
  const fragment = url.fragment === '' ? '' : `#${encode(url.fragment, 'fragment')}`;
  return scheme + (url.opaque === '' ? formatHierarchy(url) : url.opaque) + query + fragment;
}

function formatHierarchy({ scheme, host, userinfo, path }: Url): string {
  const named = host !== '' || userinfo !== undefined;
  const slashes = named || (scheme !== '' && path !== '') ? '//' : '';
  const user = userinfo === undefined ? '' : `${userinfo}@`;
  const escaped = path === '*' ? '*' : encode(path, 'path');
  const slash = escaped !== '' && !escaped.startsWith('/') && host !== '' ? '/' : '';
  const start = scheme === '' && slashes === '' && cut(escaped, '/')[0].includes(':') ? './' : '';
  return slashes + user + encode(host, 'host') + slash + start + escaped;
}

function urlParse(text: string): ValueMap {
  try {
    const url = parseUrl(text);
    const { scheme, host, path, query, opaque, fragment, userinfo = '' } = url;
    return { scheme, host, hostname: hostname(url), path, query, opaque, fragment, userinfo };
  } catch (error) {
    throw new Error(`unable to parse url: ${(error as Error).message}`);
  }
}

function urlJoin(map: ValueMap | null): string {
  const text = (key: string): string => textAt(map, key);
  const [scheme, host, path, query] = ['scheme', 'host', 'path', 'query'].map(text) as [string, string, string, string];
  const [opaque, fragment, userinfo] = ['opaque', 'fragment', 'userinfo'].map(text) as [string, string, string];
  return formatUrl({ scheme, host, path, query, opaque, fragment, ...(userinfo !== '' && user(userinfo)) });
}

function textAt(map: ValueMap | null, key: string): string {
  const value = map === null ? undefined : getKey(map, key);
  if (value === undefined) return '';
  const kind = kindOfType(value);
  if (kind !== 'string') throw new Error(`unable to parse ${key} key, must be of type string, but ${kind} found`);
  return value as string;
}

/** As sprig: read as part of a URL. */
function user(userinfo: string): { userinfo?: string } {
  try {
    const parsed = parseUrl(`proto://${userinfo}@host`).userinfo;
    return parsed === undefined ? {} : { userinfo: parsed };
  } catch (error) {
    throw new Error(`unable to parse userinfo in dict: ${(error as Error).message}`);
  }
}

export const url: Family = {
  urlJoin: go('map[string]interface {}', urlJoin),
  urlParse: go('string', urlParse),
};
