/**
 * Splits a stream of YAML documents as Helm does: not as YAML defines it, but where Helm's regular expression
 * `(?:^|\s*\n)---\s*` matches. Done with one pass over the text, because that expression is slow on megabytes.
 */

/** Helm 4.2 trims only the left side of a document; earlier ones both, so that no blank line stood before `---`. */
export type Trim = 'left' | 'both';

/** The documents of `text` that are more than white space, in order. */
export function splitManifests(text: string, trim: Trim = 'left'): string[] {
  const trimmed = trim === 'left' ? trimLeft(text) : trimSpace(text);
  return pieces(trimmed)
    .map(trim === 'left' ? trimLeft : trimSpace)
    .filter((document) => document !== '');
}

/** What stands between the separators. White space behind one belongs to it, and so cannot begin the next. */
function pieces(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  let separator = text.startsWith('---') ? 0 : nextSeparator(text, 0);
  while (separator >= 0) {
    let end = separator;
    while (end > start && isAsciiSpace(text.charCodeAt(end - 1))) end--;
    out.push(text.slice(start, end));
    start = separator + 3;
    while (start < text.length && isAsciiSpace(text.charCodeAt(start))) start++;
    separator = nextSeparator(text, start);
  }
  out.push(text.slice(start));
  return out;
}

/** Where the next `---` behind a newline stands; that newline is at or after `from`. */
function nextSeparator(text: string, from: number): number {
  const at = text.indexOf('\n---', from);
  return at < 0 ? -1 : at + 1;
}

/** RE2's `\s`. */
const isAsciiSpace = (code: number): boolean => code === 32 || code === 10 || code === 9 || code === 13 || code === 12;

/** White space to Go's unicode.IsSpace: unlike JavaScript's, with U+0085 and without U+FEFF. */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** Go's strings.TrimLeftFunc(text, unicode.IsSpace). */
function trimLeft(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

/** Go's strings.TrimSpace. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return trimLeft(end === text.length ? text : text.slice(0, end));
}
