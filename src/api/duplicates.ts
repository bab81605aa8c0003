/** What JSON.parse does not tell about a text: fields given twice, and how deep it goes. */

const MAX_DEPTH = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Throws before a value is built that recursion could not walk. Brackets in strings do not count. */
export function checkDepth(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfString(text, i);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) throw new Error('exceeded max depth');
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

/** The keys that an object of this valid JSON text has twice, as strict decoding words them. */
export function findDuplicates(text: string): string[] {
  const found: string[] = [];
  const open: Open[] = [];
  for (let i = 0; i < text.length; i++) {
    const top = open.at(-1);
    switch (text[i]) {
      case '{':
        open.push({ keys: new Set(), path: pathOf(top), index: 0, key: undefined });
        break;
      case '[':
        open.push({ keys: undefined, path: pathOf(top), index: 0, key: undefined });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (top?.keys) top.key = undefined;
        else if (top) top.index++;
        break;
      case '"': {
        const end = endOfString(text, i);
        if (top?.keys && top.key === undefined) addKey(top, JSON.parse(text.slice(i, end + 1)) as string, found);
        i = end;
      }
    }
  }
  return found;
}

interface Open {
  /** The keys so far; undefined for a list. */
  keys: Set<string> | undefined;
  path: string;
  index: number;
  /** The key whose value is being read. */
  key: string | undefined;
}

const MAX_FOUND = 100;

function addKey(object: Open, key: string, found: string[]): void {
  object.key = key;
  if (!object.keys!.has(key)) object.keys!.add(key);
  else if (found.length < MAX_FOUND) found.push(`duplicate field ${JSON.stringify(pathOf(object))}`);
}

function pathOf(open: Open | undefined): string {
  if (!open) return '';
  if (!open.keys) return `${open.path}[${open.index}]`;
  return open.path === '' ? open.key! : `${open.path}.${open.key}`;
}

/** The index of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
