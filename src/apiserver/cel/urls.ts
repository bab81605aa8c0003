/** URLs: absolute ones and absolute paths, as Go's `url.ParseRequestURI` takes them. */
import type { Environment } from '@marcbachmann/cel-js';
import { type Functions, register } from './signatures.ts';

class CelUrl {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  constructor(scheme: string, host: string, path: string, query: string) {
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
}

const PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*))?(\/[^?]*)?(?:\?(.*))?$/s;

function parseUrl(text: string): CelUrl | undefined {
  const match = PARTS.exec(text);
  if (!match || text === '' || hasControl(text) || /%(?![0-9a-fA-F]{2})/.test(match[3] ?? '')) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && path === '') return undefined;
  if (!isHost(host)) return undefined;
  return new CelUrl(scheme.toLowerCase(), host, path, query);
}

const hasControl = (text: string): boolean => [...text].some((each) => each < ' ' || each === '\u007f');
const isHost = (host: string): boolean => /^(\[[0-9a-fA-F:.%]+\]|[^\s:[\]<>"\\^`{|}]*)(:\d*)?$/.test(host);

const hostname = (host: string): string => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');

/** The query as a map of lists of values. */
function queryOf({ query }: CelUrl): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query)) map.set(key, [...(map.get(key) ?? []), value]);
  return map;
}

const FUNCTIONS: Functions = {
  'url(string): kubernetes.URL': (text: string) => {
    const url = parseUrl(text);
    if (url === undefined)
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      );
    return url;
  },
  'isURL(string): bool': (text: string) => parseUrl(text) !== undefined,
  'kubernetes.URL.getScheme(): string': ({ scheme }: CelUrl) => scheme,
  'kubernetes.URL.getHost(): string': ({ host }: CelUrl) => host,
  'kubernetes.URL.getHostname(): string': ({ host }: CelUrl) => hostname(host),
  'kubernetes.URL.getPort(): string': ({ host }: CelUrl) => /:(\d*)$/.exec(host)?.[1] ?? '',
  'kubernetes.URL.getEscapedPath(): string': ({ path }: CelUrl) =>
    encodeURI(path).replace(/%25(?=[0-9a-fA-F]{2})/g, '%'),
  'kubernetes.URL.getQuery(): map<string, list<string>>': queryOf,
};

export function registerUrls(environment: Environment): void {
  environment.registerType('kubernetes.URL', { ctor: CelUrl });
  register(environment, FUNCTIONS);
}
