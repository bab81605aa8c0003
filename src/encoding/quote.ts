/** Text in Go's double quotes, as strconv.Quote and %q write it. */

const SIMPLE = /^[ !#-[\]-~]*$/;
const SPECIAL = /[\x00-\x1f"\\\x7f]|[^\x00-\x7f]/gu;
/** As unicode.IsPrint: letters, marks, numbers, punctuation, symbols; of the spaces only the ASCII one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

export const quoteGo = (text: string): string =>
  SIMPLE.test(text) ? `"${text}"` : `"${text.replace(SPECIAL, escapeRune)}"`;

/** A rune in single quotes, as %q writes one. */
export const quoteRune = (rune: string): string =>
  rune === "'" ? "'\\''" : rune === '"' ? `'"'` : `'${rune.replace(SPECIAL, escapeRune)}'`;

const NAMES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

function escapeRune(rune: string): string {
  const name = NAMES.get(rune);
  if (name !== undefined) return name;
  const code = rune.codePointAt(0)!;
  const hex = (digits: number, value = code) => value.toString(16).padStart(digits, '0');
  // A lone surrogate is a byte that was no valid UTF-8.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(2, code - 0xdc00)}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(2)}`;
  if (PRINTABLE.test(rune)) return rune;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
