/** By which names and addresses a server is reached, where it listens on more than loopback. */
import { hostname, networkInterfaces } from 'node:os';

/** Every address of this machine, and by which of them the machine itself gets there. */
const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** What programs on this machine call a server that listens on `host`. */
export const reachableHost = (host: string): string => EVERYWHERE.get(host) ?? host;

/** What others call it, which its certificate must be for beside loopback. */
export function otherHosts(host: string): string[] {
  if (EVERYWHERE.has(host)) return [hostname(), ...ownAddresses()];
  return LOOPBACK.has(host) ? [] : [host];
}

/** Without those that only mean something on one link. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
    .map(({ address }) => address);
