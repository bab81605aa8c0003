/** Internet addresses in text form. */

export const isIp = (text: unknown): boolean =>
  typeof text === 'string' && (isIpv4(text) || (text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text)));
export const isIpv4 = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) &&
  text.split('.').every((part) => String(Number(part)) === part && Number(part) < 256);

export function isCidr(text: string): boolean {
  const [ip = '', bits = ''] = text.split('/');
  return isIp(ip) && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIpv4(ip) ? 32 : 128);
}

/** Whether one range is a true part of another; both are valid. */
export function isInside(inner: string, outer: string): boolean {
  const [within, bits] = splitCidr(inner);
  const [whole, width] = splitCidr(outer);
  return within.length === whole.length && bits > width && within.slice(0, width) === whole.slice(0, width);
}

/** The address as digits of base two, and how many of them count. */
function splitCidr(text: string): [digits: string, bits: number] {
  const [ip = '', bits = ''] = text.split('/');
  return [isIpv4(ip) ? ip.split('.').map(binary(8)).join('') : groupsOf(ip).map(binary(16, 16)).join(''), Number(bits)];
}

const binary =
  (width: number, radix = 10) =>
  (part: string): string =>
    Number.parseInt(part || '0', radix)
      .toString(2)
      .padStart(width, '0');

/** The eight groups of an address of version 6. */
function groupsOf(ip: string): string[] {
  const [left = '', right] = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, pairs).split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  return [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
}

const pairs = (_: string, a: string, b: string, c: string, d: string): string =>
  [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((pair) => pair.toString(16)).join(':');
