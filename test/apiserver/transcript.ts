/**
 * Transcripts of kubectl: what was typed and what it said, one file a subject, each on a server of its own.
 *
 *     @@ web.yaml          a file that commands name as @web.yaml, up to the next @@
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
import { type Kubectl, type Ran, withKubectl } from './kubectl.ts';

interface Step {
  line: string;
  /** As they stand in the file. */
  expected: string[];
}

/** Runs every command of the transcript in order and compares what it says. */
export async function checkTranscript(file: string): Promise<void> {
  const { head, files, steps } = parse(readFileSync(file, 'utf8'));
  await withKubectl(async (kubectl) => {
    for (const [name, content] of files) kubectl.write(name, content);
    const actual: string[] = [];
    for (const { line, expected } of steps) {
      const said = lines(await runLine(kubectl, line), kubectl);
      actual.push(`$ ${line}`, ...said);
      if (!process.env['UPDATE_GOLDEN']) assert.equal(said.join('\n'), expected.join('\n'), `$ ${line}`);
    }
    if (process.env['UPDATE_GOLDEN']) writeFileSync(file, `${[...head, ...actual].join('\n')}\n`);
  });
}

function parse(text: string) {
  const head: string[] = [];
  const files: [name: string, content: string][] = [];
  const steps: Step[] = [];
  let file: string[] | undefined;
  for (const line of text.trimEnd().split('\n')) {
    // Not those in the answers of `diff`.
    if (line.startsWith('@@') && steps.length === 0) {
      head.push(line);
      if (file === undefined) file = [line.slice(3)];
      else {
        files.push([file[0]!, `${file.slice(1).join('\n')}\n`]);
        file = undefined;
      }
    } else if (file !== undefined) {
      head.push(line);
      file.push(line);
    } else if (line.startsWith('$ ')) steps.push({ line: line.slice(2), expected: [] });
    else if (steps.length === 0) head.push(line);
    else steps.at(-1)!.expected.push(line);
  }
  return { head, files, steps };
}

const runLine = (kubectl: Kubectl, line: string): Promise<Ran> =>
  kubectl.run(line, {
    killAfter: 30_000,
    settles: / (-w|--watch)\b/.test(line),
    env: { EDITOR: 'sed -i s/replicas:.*/replicas:\\ 7/' },
  });

function lines({ code, stdout, stderr }: Ran, { folder }: Kubectl): string[] {
  const split = (text: string) => (text === '' ? [] : text.trimEnd().split('\n'));
  const said = [...split(stdout), ...split(stderr).map((line) => `! ${line}`), ...(code === 0 ? [] : [`= ${code}`])];
  return said.map((line) => masked(line.replaceAll(folder, 'FOLDER')).trimEnd());
}

/** What is different in every run. */
const MASKS: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-XXXXX'],
  [/10\.96\.(?!0\.[01]\b)\d+\.\d+/g, '10.96.x.x'],
  [/:3[0-2]\d{3}\/TCP/g, ':3xxxx/TCP'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/(LIVE|MERGED)-\d+/g, '$1'],
  [/\t20\d\d-.*$/g, ''],
  // How far columns are apart depends on what is in them.
  [/(\S) {2,}/g, '$1  '],
];

const masked = (line: string): string => MASKS.reduce((text, [pattern, by]) => text.replace(pattern, by), line);
