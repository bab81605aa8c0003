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
