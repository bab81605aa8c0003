/** Which proxy is used where the kubeconfig names none, as Go's net/http decides it by the environment. */
import { isIP } from 'node:net';

type Variables = Record<string, string | undefined>;

/** By HTTPS_PROXY, HTTP_PROXY and NO_PROXY; undefined: none. What is on this machine is never asked through one. */
export function proxyOfEnvironment(target: URL, variables: Variables): string | undefined {
  const named = (name: string) => variables[name] || variables[name.toLowerCase()] || undefined;
  const proxy = named(target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy || isExcepted(target, named('NO_PROXY') ?? '')) return undefined;
  return /^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isExcepted(target: URL, exceptions: string): boolean {
  const host = target.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true;
  return exceptions
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .some((each) => each !== '' && (each === '*' || matches(each, host, port)));
}

/** `each`: an address, a range of them, or a domain, whose own name counts unless it begins with a dot; `:port` after it. */
function matches(each: string, host: string, port: string): boolean {
  const [, range, bits] = /^([0-9.]+)\/(\d+)$/.exec(each) ?? [];
  if (range !== undefined) return isIP(host) === 4 && inRange(host, range, Number(bits));
  if (isIP(each) === 6) return each === host;
  const [, name = each, only] = /^(.*?)(?::(\d+))?$/.exec(each) ?? [];
  if (only !== undefined && only !== port) return false;
  const wanted = name.replace(/^\[|\]$/g, '');
  if (isIP(wanted) || isIP(host)) return wanted === host;
  const suffix = wanted.replace(/^\*/, '');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function inRange(host: string, range: string, bits: number): boolean {
  if (isIP(range) !== 4 || bits > 32) return false;
  const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  return Math.floor(number(host) / size) === Math.floor(number(range) / size);
}
