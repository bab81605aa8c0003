/**
 * Transcripts: what was typed and what was said, one file a subject.
 *
 *     @@ web.yaml          a file that stands there at first, up to the next @@
 *     …
 *     @@
 *     $ apply -f @web.yaml
 *     deployment.apps/web created
 *     ! Warning: …         a line of the standard error
 *     = 1                  the exit code, where it is not 0
 *
 * With UPDATE_GOLDEN=1 in the environment the answers are written down anew, to be read before they are believed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

export interface Transcript {
  /** Everything before the first step, as it stands in the file. */
  head: string[];
  files: [name: string, content: string][];
  steps: Step[];
}

export interface Step {
  line: string;
  /** As they stand in the file. */
  expected: string[];
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export const isUpdating = (): boolean => !!process.env['UPDATE_GOLDEN'];

export function readTranscript(file: string): Transcript {
  const head: string[] = [];
  const files: [name: string, content: string][] = [];
  const steps: Step[] = [];
  let content: string[] | undefined;
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    // Not those in the answers of `diff`.
    if (line.startsWith('@@') && steps.length === 0) {
      head.push(line);
      if (content === undefined) content = [line.slice(3)];
      else {
        files.push([content[0]!, `${content.slice(1).join('\n')}\n`]);
        content = undefined;
      }
    } else if (content !== undefined) {
      head.push(line);
      content.push(line);
    } else if (line.startsWith('$ ')) steps.push({ line: line.slice(2), expected: [] });
    else if (steps.length === 0) head.push(line);
    else steps.at(-1)!.expected.push(line);
  }
  return { head, files, steps };
}

/** Runs every step in order and compares what is said with what the file has; the steps that differ are shown together. */
export async function playTranscript(
  file: string,
  { head, steps }: Transcript,
  say: (line: string) => Promise<string[]>,
): Promise<void> {
  const text = (line: string, answer: string[]) => [`$ ${line}`, ...answer].join('\n');
  const played: { actual: string; expected: string }[] = [];
  for (const { line, expected } of steps)
    played.push({ actual: text(line, await say(line)), expected: text(line, expected) });
  if (isUpdating()) return writeFileSync(file, `${[...head, ...played.map(({ actual }) => actual)].join('\n')}\n`);
  const wrong = played.filter(({ actual, expected }) => actual !== expected);
  const shown = (which: 'actual' | 'expected') => wrong.map((step) => step[which]).join('\n');
  assert.fixture(shown('actual'), shown('expected'), file);
}

/** What a program said, as a transcript has it. */
export function linesOf({ code, stdout, stderr }: Ran): string[] {
  const split = (text: string) => (text === '' ? [] : text.trimEnd().split('\n'));
  return [...split(stdout), ...split(stderr).map((line) => `! ${line}`), ...(code === 0 ? [] : [`= ${code}`])];
}

/** Arguments separated by spaces; what stands in single quotes is one. */
export const splitLine = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+?)='([^']*)'|(\S+)/g)].map(
    ([, quoted, name, value, word]) => quoted ?? (name === undefined ? word! : `${name}=${value}`),
  );
