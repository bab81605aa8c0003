/** Text broken into lines, as goutils.WrapCustom. */
import { fromBinary, toBinary } from './runes.ts';

/**
 * Breaks `text` at spaces so that lines have at most `width` bytes. Spaces at the start of a line are dropped; a word
 * longer than the line is cut where `cutsWords`, otherwise it runs over.
 */
export function wrapText(text: string, width: bigint, newline: string, cutsWords: boolean): string {
  const line = toBinary(text);
  const columns = Number(width < 1n ? 1n : width);
  const separator = toBinary(newline);
  const parts: string[] = [];
  let offset = 0;
  while (line.length - offset > columns) {
    if (line[offset] === ' ') {
      offset++;
      continue;
    }
    const { end, next } = lineAt(line, offset, columns, cutsWords);
    parts.push(line.slice(offset, end));
    if (end < line.length) parts.push(separator);
    offset = next;
  }
  parts.push(line.slice(offset));
  return fromBinary(parts.join(''));
}

/** Where the line that starts at `offset` ends, and where the next begins. */
function lineAt(line: string, offset: number, columns: number, cutsWords: boolean): { end: number; next: number } {
  const space = line.lastIndexOf(' ', offset + columns);
  if (space >= offset) return { end: space, next: space + 1 };
  if (cutsWords) return { end: offset + columns, next: offset + columns };
  const later = line.indexOf(' ', offset + columns);
  return later < 0 ? { end: line.length, next: line.length } : { end: later, next: later + 1 };
}
