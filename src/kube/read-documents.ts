/**
 * The documents of a YAML stream as Kubernetes' clients read them: up to a line that begins with `---`, each line with its
 * end, the last one too. By that end a block scalar tells that its text has one.
 */

/** Throws where something but a comment follows `---`. */
export function readDocuments(stream: string): string[] {
  const text = stream.includes('\r') ? stream.replaceAll('\r\n', '\n') : stream;
  const documents: string[] = [];
  let start = 0;
  for (let at = separatorFrom(text, 0); at >= 0; at = separatorFrom(text, start)) {
    if (at > start) documents.push(text.slice(start, at));
    const end = endOfLine(text, at);
    checkSeparator(text.slice(at + SEPARATOR.length, end));
    start = end;
  }
  if (start < text.length) documents.push(text.endsWith('\n') ? text.slice(start) : `${text.slice(start)}\n`);
  return documents;
}

const SEPARATOR = '---';

/** Where the next line begins that is a separator, at or after the line that begins at `from`; -1 for none. */
function separatorFrom(text: string, from: number): number {
  if (text.startsWith(SEPARATOR, from)) return from;
  const at = text.indexOf(`\n${SEPARATOR}`, from);
  return at < 0 ? -1 : at + 1;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at + 1;
}

function checkSeparator(rest: string): void {
  const trimmed = rest.trim();
  if (trimmed !== '' && !trimmed.startsWith('#'))
    throw new Error(`error parsing : invalid Yaml document separator: ${trimmed}`);
}
