/** Transcripts of kubectl, each on a server of its own; a line names a file that stands beside it as `@name`. */
import { linesOf, playTranscript, readTranscript } from '../support/transcript.ts';
import { type Kubectl, type Ran, withKubectl } from './kubectl.ts';

/** Runs every command of the transcript in order and compares what it says. */
export async function checkTranscript(file: string): Promise<void> {
  const transcript = readTranscript(file);
  await withKubectl(async (kubectl) => {
    for (const [name, content] of transcript.files) kubectl.write(name, content);
    await playTranscript(file, transcript, async (line) => lines(await runLine(kubectl, line), kubectl));
  });
}

const runLine = (kubectl: Kubectl, line: string): Promise<Ran> =>
  kubectl.run(line, {
    killAfter: 30_000,
    settles: /^proxy | (-w|--watch)\b/.test(line),
    env: { EDITOR: 'sed -i s/replicas:.*/replicas:\\ 7/', KUBECTL_APPLYSET: 'true' },
  });

const lines = (ran: Ran, { folder }: Kubectl): string[] =>
  linesOf(ran).map((line) => masked(line.replaceAll(folder, 'FOLDER')).trimEnd());

/** What is different in every run. */
const MASKS: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-XXXXX'],
  [/10\.96\.(?!0\.[01]\b)\d+\.\d+/g, '10.96.x.x'],
  [/:3[0-2]\d{3}\/TCP/g, ':3xxxx/TCP'],
  [/(resourceVersion\\*"?: ?\\*")\d+/g, '$1N'],
  [/("continue":")[^"]+/g, '$1NEXT'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/(LIVE|MERGED)-\d+/g, '$1'],
  [/\t20\d\d-.*$/g, ''],
  // How far columns are apart depends on what is in them.
  [/(\S) {2,}/g, '$1  '],
];

const masked = (line: string): string => MASKS.reduce((text, [pattern, by]) => text.replace(pattern, by), line);
