/** Questions asked on a terminal. */
import { ExitError } from './command.ts';
import type { Io } from './environment.ts';

type Asking = Pick<Io, 'stdin' | 'stdout' | 'signal'>;

/** The answer, shown while it is typed. */
export const askLine = (io: Asking, question: string): Promise<string> => ask(io, question, true);

/** The answer, not shown while it is typed. */
export const askSecret = (io: Asking, question: string): Promise<string> => ask(io, question, false);

/** Where standard input is no terminal its first line is the answer, so that a program can give it. As Helm where it gives none. */
async function ask({ stdin, stdout, signal }: Asking, question: string, shown: boolean): Promise<string> {
  const { stdin: input } = await import('node:process');
  if (!stdout.terminal || !input.isTTY) {
    stdout.write(question);
    const text = await stdin();
    if (text === '' && shown) throw new Error('EOF');
    stdout.write('\n');
    if (text === '') throw new Error('inappropriate ioctl for device');
    return text.split('\n', 1)[0]!.replace(/\r$/, '');
  }
  input.setRawMode(true); // before the question: an answer to it may come at once
  try {
    stdout.write(question);
    return await typedLine(input, signal, shown ? (text) => stdout.write(text) : () => {});
  } finally {
    input.setRawMode(false);
    input.pause();
    stdout.write('\n');
  }
}

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\x03', '\x04', '\b', '\x7f'];
const INTERRUPTED = 130;

function typedLine(input: NodeJS.ReadStream, signal: AbortSignal, echo: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (then: () => void) => {
      input.off('data', onData);
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const onAbort = () => end(() => reject(signal.reason));
    const onData = (chunk: Buffer) => {
      for (const char of chunk.toString('utf8')) {
        if (char === CTRL_C) return end(() => reject(new ExitError(INTERRUPTED)));
        if (char === '\r' || char === '\n' || char === CTRL_D) return end(() => resolve(line));
        const erases = char === BACKSPACE || char === DELETE;
        if (!erases || line !== '') echo(erases ? '\b \b' : char);
        line = erases ? [...line].slice(0, -1).join('') : line + char;
      }
    };
    input.on('data', onData);
    signal.addEventListener('abort', onAbort, { once: true });
    input.resume();
  });
}
