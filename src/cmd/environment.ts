/** Where a command runs: everything of the process that a command may see, passed in. */
import type { Clock } from '../clock.ts';
import { decodeUtf8 } from '../template/utf8.ts';

export interface Environment {
  variables: Record<string, string | undefined>;
  /** The user's home directory. */
  home: string;
  platform: string;
  directory: string;
  /** How the program was called. */
  program: string;
  pid: number;
  hostname: string;
  /** The version of Node.js. */
  node: string;
  /** Whether a process of this machine runs. */
  isAlive(pid: number): boolean;
  /** Told how many files a chart has before much is done with them. */
  prepareFor?(files: number): void;
  /** Frames that templates may take, on a stack that is larger than Node's own. */
  stackFrames?: number;
}

/** A sink of text. `terminal` allows colour and redrawing; `columns` is the width of a terminal. */
export interface Output {
  write(text: string): void;
  /** Where there is such a way, text that is bytes already. */
  writeBytes?(bytes: Uint8Array): void;
  terminal: boolean;
  columns: number;
  /** What a child process may write to itself; where there is none its texts are written here. */
  descriptor?: number;
}

export const writeTo = (output: Output, piece: string | Uint8Array): void => {
  if (typeof piece === 'string') output.write(piece);
  else if (output.writeBytes) output.writeBytes(piece);
  else output.write(decodeUtf8(piece));
};

export interface Io {
  environment: Environment;
  stdout: Output;
  stderr: Output;
  /** All of standard input, read once. */
  stdin(): Promise<string>;
  clock: Clock;
  /** Aborts on ctrl-C and SIGTERM. */
  signal: AbortSignal;
}
