/** What an update of an immutable spec would change, as Kubernetes shows it: two Go values as JSON, line by line. */

const CONTEXT = 3;

type Edit = [sign: ' ' | '-' | '+', line: string];

/** The hunks of a unified diff without the names of files, each line ended; empty where nothing differs. */
export function goDiff(before: unknown, after: unknown): string {
  const edits = compareLines(linesOf(before), linesOf(after));
  const changed = edits.flatMap(([sign], i) => (sign === ' ' ? [] : [i]));
  const hunks: [number, number][] = [];
  for (const i of changed) {
    const last = hunks.at(-1);
    if (last !== undefined && i - last[1] <= 2 * CONTEXT) last[1] = i + 1;
    else hunks.push([i, i + 1]);
  }
  return hunks
    .map(([from, to]) => printHunk(edits, Math.max(0, from - CONTEXT), Math.min(edits.length, to + CONTEXT)))
    .join('');
}

const linesOf = (value: unknown): string[] => JSON.stringify(value, undefined, 1).split('\n');

/** Lines times lines that are compared at most: beyond, all is told as taken away and put in its place. */
const MOST_COMPARED = 1_000_000;

/** By the longest common subsequence: the specs of claims are a few dozen lines. */
function compareLines(a: string[], b: string[]): Edit[] {
  if (a.length * b.length > MOST_COMPARED)
    return [...a.map((line): Edit => ['-', line]), ...b.map((line): Edit => ['+', line])];
  const longest = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i]![j] = a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length)
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push([' ', a[i++]!]);
      j++;
    } else if (i < a.length && (j === b.length || longest[i + 1]![j]! >= longest[i]![j + 1]!))
      edits.push(['-', a[i++]!]);
    else edits.push(['+', b[j++]!]);
  return edits;
}

function printHunk(edits: Edit[], from: number, to: number): string {
  const count = (sign: '-' | '+', part: Edit[]) => part.filter(([each]) => each === ' ' || each === sign).length;
  const range = (sign: '-' | '+') =>
    `${sign}${count(sign, edits.slice(0, from)) + 1},${count(sign, edits.slice(from, to))}`;
  const lines = edits.slice(from, to).map(([sign, line]) => `${sign}${line}\n`);
  return `@@ ${range('-')} ${range('+')} @@\n${lines.join('')}`;
}
