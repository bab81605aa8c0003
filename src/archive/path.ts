/** Paths with slashes as Go's packages path and path/filepath treat them. */

/** A path without `.`, doubled slashes and inner `..`, as Go's path.Clean. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
    else if (!rooted) out.push(part);
  }
  const cleaned = (rooted ? '/' : '') + out.join('/');
  return cleaned === '' ? '.' : cleaned;
}

/** The last element, as Go's path.Base. */
export function baseName(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** The suffix from the last dot of the last element, dot included, or "". */
export function extension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot < 0 || path.lastIndexOf('/') > dot ? '' : path.slice(dot);
}

/** A pattern that cannot be read. */
export class BadPatternError extends Error {
  constructor() {
    super('syntax error in pattern');
  }
}

type Step =
  | { kind: 'one'; matches: (char: string) => boolean }
  /** Any run of characters but slashes. */
  | { kind: 'star' };

/**
 * Compiles a shell pattern as Go's filepath.Match reads it: `*` and `?` stop at slashes, `[^a-z]` is a class, a
 * backslash quotes. Throws BadPatternError. Matching takes time proportional to pattern times name.
 */
export function compilePathPattern(pattern: string): (name: string) => boolean {
  const isSuffix = pattern.startsWith('*');
  const text = isSuffix ? pattern.slice(1) : pattern;
  if (!/[*?[\\]/.test(text)) return isSuffix ? (name) => endsWithin(name, text) : (name) => name === text;
  const steps = parsePattern([...pattern]);
  return (name) => matchSteps(steps, [...name]);
}

/** Whether `name` is a run of characters other than slashes and `end`. */
const endsWithin = (name: string, end: string): boolean =>
  name.endsWith(end) && !name.slice(0, name.length - end.length).includes('/');

function parsePattern(chars: string[]): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') {
      if (steps.at(-1)?.kind !== 'star') steps.push({ kind: 'star' });
    } else if (char === '?') steps.push({ kind: 'one', matches: (c) => c !== '/' });
    else if (char === '[') {
      const [matches, end] = parseClass(chars, at + 1);
      steps.push({ kind: 'one', matches });
      at = end;
    } else {
      if (char === '\\' && ++at >= chars.length) throw new BadPatternError();
      const literal = chars[at]!;
      steps.push({ kind: 'one', matches: (c) => c === literal });
    }
  }
  return steps;
}

/** Reads a class from behind its bracket; answers its test and the place of the closing bracket. */
function parseClass(chars: string[], start: number): [(char: string) => boolean, number] {
  let at = start;
  const negated = chars[at] === '^';
  if (negated) at++;
  const ranges: [low: number, high: number][] = [];
  const readChar = (): number => {
    if (chars[at] === undefined || chars[at] === '-' || chars[at] === ']') throw new BadPatternError();
    if (chars[at] === '\\') at++;
    if (chars[at] === undefined) throw new BadPatternError();
    return chars[at++]!.codePointAt(0)!;
  };
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = readChar();
    let high = low;
    if (chars[at] === '-') {
      at++;
      high = readChar();
    }
    ranges.push([low, high]);
    if (at >= chars.length) throw new BadPatternError();
  }
  const inside = (code: number) => ranges.some(([low, high]) => low <= code && code <= high);
  return [(char) => inside(char.codePointAt(0)!) !== negated, at];
}

/** Goes back to the last star only: what an earlier one could take, the last can. Slashes end a star's reach. */
function matchSteps(steps: Step[], name: string[]): boolean {
  let step = 0;
  let at = 0;
  let starStep = -1;
  let starAt = 0;
  while (at < name.length || step < steps.length) {
    const current = steps[step];
    if (current?.kind === 'star') {
      starStep = step++;
      starAt = at;
    } else if (current !== undefined && at < name.length && current.matches(name[at]!)) {
      step++;
      at++;
    } else if (starStep >= 0 && starAt < name.length && name[starAt] !== '/') {
      step = starStep + 1;
      at = ++starAt;
    } else return false;
  }
  return true;
}
