/**
 * The text that the YAML scanner sees. Where go-yaml's reader would stop, at a control character or at bytes that are
 * no UTF-8, the text is cut off at the start of the block of 512 bytes that holds them, because go-yaml reads in such
 * blocks and complains of the whole block before it looks at its first character.
 */
import { decodeUtf8, encodeUtf8 } from '../template/utf8.ts';

export interface YamlSource {
  text: string;
  /** What to say where the scanner comes to the end of a text that was cut off. */
  problem: string | undefined;
}

const BLOCK = 512;
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]/u;

export function yamlSource(input: string): YamlSource {
  const text = isUtf16(input) ? decodeUtf16(input) : input;
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const bad = text.search(FORBIDDEN);
  if (bad < 0) return { text: start === 0 ? text : text.slice(start), problem: undefined };
  return { text: text.slice(start, Math.max(blockStart(text, bad), start)), problem: problemAt(text, bad) };
}

/** A byte order mark of UTF-16, which is no valid UTF-8. */
const isUtf16 = (text: string): boolean => text.startsWith('\udcff\udcfe') || text.startsWith('\udcfe\udcff');

function decodeUtf16(text: string): string {
  const bytes = encodeUtf8(text);
  if (bytes[0] === 0xff) return new TextDecoder('utf-16le').decode(bytes);
  const swapped = bytes.slice(0, bytes.length - (bytes.length % 2));
  for (let i = 0; i < swapped.length; i += 2) [swapped[i], swapped[i + 1]] = [swapped[i + 1]!, swapped[i]!];
  return new TextDecoder('utf-16le').decode(swapped);
}

/** Where the block that holds the character at `bad` begins; a character that a block's end cuts belongs to the next. */
function blockStart(text: string, bad: number): number {
  const bytes = encodeUtf8(text.slice(0, bad));
  let start = 0;
  while (start + BLOCK <= bytes.length) {
    let next = start + BLOCK;
    while (next > start && next < bytes.length && (bytes[next]! & 0xc0) === 0x80) next--;
    if (next === start) break;
    start = next;
  }
  return decodeUtf8(bytes.subarray(0, start)).length;
}

function problemAt(text: string, bad: number): string {
  const [lead, ...rest] = encodeUtf8(text.slice(bad, bad + 8));
  const unit = text.charCodeAt(bad);
  if (unit < 0xdc80 || unit > 0xdcff) return 'control characters are not allowed';
  const width = lead! >= 0xf8 ? 0 : lead! >= 0xf0 ? 4 : lead! >= 0xe0 ? 3 : lead! >= 0xc0 ? 2 : 0;
  if (width === 0) return 'invalid leading UTF-8 octet';
  const trail = rest.slice(0, width - 1);
  if (trail.length < width - 1) return 'incomplete UTF-8 octet sequence';
  if (trail.some((byte) => (byte & 0xc0) !== 0x80)) return 'invalid trailing UTF-8 octet';
  const overlong = lead! < 0xc2 || (lead === 0xe0 && trail[0]! < 0xa0) || (lead === 0xf0 && trail[0]! < 0x90);
  return overlong ? 'invalid length of a UTF-8 sequence' : 'invalid Unicode character';
}
