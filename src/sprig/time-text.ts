/** The quoting of package time in its errors: what is not printable ASCII is written byte by byte. */
import { encodeUtf8 } from '../template/utf8.ts';

export const printable = (text: string): string =>
  `"${text.replace(/["\\]|[^ -~]/gu, (rune) =>
    rune === '"' || rune === '\\'
      ? `\\${rune}`
      : [...encodeUtf8(rune)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  )}"`;
