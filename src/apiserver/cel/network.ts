/** Internet addresses and their ranges. */
import type { Environment } from '@marcbachmann/cel-js';
import { isCidr, isIp, isIpv4 } from '../../api/ip.ts';
import { type Functions, register } from './signatures.ts';

class CelIp {
  readonly bits: bigint;
  readonly family: 4 | 6;
  constructor(bits: bigint, family: 4 | 6) {
    this.bits = bits;
    this.family = family;
  }
}

class CelCidr {
  readonly address: CelIp;
  readonly length: number;
  constructor(address: CelIp, length: number) {
    this.address = address;
    this.length = length;
  }
}

const widthOf = ({ family }: CelIp): number => (family === 4 ? 32 : 128);

function parseIp(text: string): CelIp | undefined {
  if (isIpv4(text)) return new CelIp(fromParts(text.split('.').map(Number), 8n), 4);
  if (!isIp(text) || text.includes('.')) return undefined;
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const [left = [], right = []] = sides.map((side) => (side === '' ? [] : side.split(':')));
  const missing = 8 - left.length - right.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return new CelIp(
    fromParts(
      groups.map((group) => Number.parseInt(group, 16)),
      16n,
    ),
    6,
  );
}

const fromParts = (parts: number[], width: bigint): bigint =>
  parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);

function ip(text: string): CelIp {
  const address = parseIp(text);
  if (address === undefined)
    throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return address;
}

function parseCidr(text: string): CelCidr | undefined {
  if (!isCidr(text)) return undefined;
  const [address = '', length] = text.split('/');
  const found = parseIp(address);
  return found && new CelCidr(found, Number(length));
}

function cidr(text: string): CelCidr {
  const range = parseCidr(text);
  if (range === undefined) throw new Error('network address parse error during conversion from string');
  return range;
}

const masked = ({ address, length }: CelCidr): CelCidr => {
  const shift = BigInt(widthOf(address) - length);
  return new CelCidr(new CelIp((address.bits >> shift) << shift, address.family), length);
};

function containsIp(range: CelCidr, address: CelIp): boolean {
  if (range.address.family !== address.family) return false;
  const shift = BigInt(widthOf(address) - range.length);
  return range.address.bits >> shift === address.bits >> shift;
}

const containsCidr = (range: CelCidr, inner: CelCidr): boolean =>
  inner.length >= range.length && containsIp(range, inner.address);

const startsWith =
  (prefix: string) =>
  (address: CelIp): boolean =>
    containsIp(cidr(prefix), address);
const either =
  (four: string, six: string) =>
  (address: CelIp): boolean =>
    startsWith(address.family === 4 ? four : six)(address);

const isUnspecified = ({ bits }: CelIp): boolean => bits === 0n;
const isLoopback = either('127.0.0.0/8', '::1/128');
const isLinkLocalUnicast = either('169.254.0.0/16', 'fe80::/10');
const isMulticast = either('224.0.0.0/4', 'ff00::/8');
const isBroadcast = ({ family, bits }: CelIp): boolean => family === 4 && bits === 0xffffffffn;

function printIp({ bits, family }: CelIp): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(16 * (7 - i))) & 0xffffn).toString(16));
  const longest = groups
    .join(':')
    .match(/\b0(?::0)+\b/g)
    ?.sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return groups.join(':');
  const text = `:${groups.join(':')}:`.replace(`:${longest}:`, '::');
  return text.replace(/^:(?!:)/, '').replace(/([^:]):$/, '$1');
}

const IP = 'net.IP';
const CIDR = 'net.CIDR';

const FUNCTIONS: Functions = {
  [`ip(string): ${IP}`]: ip,
  'isIP(string): bool': (text: string) => parseIp(text) !== undefined,
  [`string(${IP}): string`]: printIp,
  [`${IP}.family(): int`]: ({ family }: CelIp) => BigInt(family),
  [`${IP}.isUnspecified(): bool`]: isUnspecified,
  [`${IP}.isLoopback(): bool`]: isLoopback,
  [`${IP}.isLinkLocalUnicast(): bool`]: isLinkLocalUnicast,
  [`${IP}.isLinkLocalMulticast(): bool`]: either('224.0.0.0/24', 'ff02::/16'),
  [`${IP}.isGlobalUnicast(): bool`]: (address: CelIp) =>
    ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) => is(address)),
  [`cidr(string): ${CIDR}`]: cidr,
  'isCIDR(string): bool': (text: string) => parseCidr(text) !== undefined,
  [`string(${CIDR}): string`]: ({ address, length }: CelCidr) => `${printIp(address)}/${length}`,
  [`${CIDR}.ip(): ${IP}`]: ({ address }: CelCidr) => address,
  [`${CIDR}.prefixLength(): int`]: ({ length }: CelCidr) => BigInt(length),
  [`${CIDR}.masked(): ${CIDR}`]: masked,
  [`${CIDR}.containsIP(${IP}): bool`]: containsIp,
  [`${CIDR}.containsIP(string): bool`]: (range: CelCidr, text: string) => containsIp(range, ip(text)),
  [`${CIDR}.containsCIDR(${CIDR}): bool`]: containsCidr,
  [`${CIDR}.containsCIDR(string): bool`]: (range: CelCidr, text: string) => containsCidr(range, cidr(text)),
};

class IpNamespace {}

export function registerNetwork(environment: Environment): void {
  environment.registerType(IP, { ctor: CelIp });
  environment.registerType(CIDR, { ctor: CelCidr });
  environment.registerType('IpNamespace', { ctor: IpNamespace });
  environment.registerConstant('ip', 'IpNamespace', new IpNamespace());
  register(environment, FUNCTIONS);
  register(environment, {
    'IpNamespace.isCanonical(string): bool': (_: unknown, text: string) => printIp(ip(text)) === text,
  });
  environment.registerOperator(`${IP} == ${IP}`, (a: CelIp, b: CelIp) => a.family === b.family && a.bits === b.bits);
  environment.registerOperator(
    `${CIDR} == ${CIDR}`,
    (a: CelCidr, b: CelCidr) =>
      a.length === b.length && a.address.family === b.address.family && a.address.bits === b.address.bits,
  );
}
