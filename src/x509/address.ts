/** IP addresses as bytes. */

/** The four or sixteen bytes of an IP address, as net.ParseIP; undefined where it is none. */
export function parseAddress(address: string): Uint8Array | undefined {
  if (!address.includes(':')) return parseIPv4(address);
  const tail = /^(.*:)([^:]*\.[^:]*)$/.exec(address);
  const embedded = tail ? parseIPv4(tail[2]!) : undefined;
  if (tail && !embedded) return undefined;
  const groups = embedded ? `${tail![1]}${hexPair(embedded, 0)}:${hexPair(embedded, 2)}` : address;
  const bytes = parseIPv6(groups);
  const isMapped = bytes?.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes!.subarray(12) : bytes;
}

const hexPair = (bytes: Uint8Array, at: number): string => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16);

function parseIPv4(address: string): Uint8Array | undefined {
  const parts = address.split('.');
  const isValid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isValid ? Uint8Array.from(parts, Number) : undefined;
}

function parseIPv6(address: string): Uint8Array | undefined {
  const halves = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const given = halves.flat();
  const missing = 8 - given.length;
  const isValid = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0;
  if (!isValid || !given.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const groups = halves.length === 1 ? given : [...halves[0]!, ...Array(missing).fill('0'), ...halves[1]!];
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(numbers.flatMap((number) => [number >> 8, number & 0xff]));
}
