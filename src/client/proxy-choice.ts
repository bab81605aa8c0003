/** Which proxy a request goes through, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go's net/http reads them. */
import { BlockList, isIP } from 'node:net';

export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/** Undefined where the request goes straight to its host. Throws for a proxy that cannot be used. */
export function proxyFor(url: URL, variables: ProxyVariables = {}): URL | undefined {
  const text = first(variables, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (text === '' || isExcepted(url, first(variables, 'NO_PROXY'))) return undefined;
  // As Go: in CGI this variable is what a client has sent as the header "Proxy".
  if (url.protocol === 'http:' && variables.REQUEST_METHOD)
    throw new Error('refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy');
  const proxy = parseProxy(text);
  if (!['http:', 'https:', 'socks5:'].includes(proxy.protocol))
    throw new Error(`proxies of the kind ${JSON.stringify(proxy.protocol.slice(0, -1))} are not supported`);
  return proxy;
}

const first = (variables: ProxyVariables, name: string): string =>
  variables[name] || variables[name.toLowerCase()] || '';

function parseProxy(text: string): URL {
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch (cause) {
    throw new Error(`invalid proxy address ${JSON.stringify(text)}`, { cause });
  }
}

/** This machine always is, whatever the list says. */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || isLoopback(host)) return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(',').some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** `*`, an address, a range of addresses, `example.com` with all below it, `.example.com` for those below it alone. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [network, bits] = entry.split('/');
  if (bits !== undefined) return isInRange(host, network!, Number(bits));
  const [, name, wantedPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (name === undefined || (wantedPort !== undefined && wantedPort !== port)) return false;
  const plain = name.replace(/^\[|\]$/g, '').replace(/^\*(?=\.)/, '');
  if (isIP(plain) !== 0) return plain === host;
  return plain.startsWith('.') ? host.endsWith(plain) : host === plain || host.endsWith(`.${plain}`);
}

function isInRange(host: string, network: string, bits: number): boolean {
  if (isIP(host) === 0 || isIP(host) !== isIP(network)) return false;
  const range = new BlockList();
  try {
    range.addSubnet(network, bits, family(network));
  } catch {
    return false; // no such range
  }
  return range.check(host, family(host));
}
