/** The git that is installed, asked for one thing at a time. */
import { spawn } from 'node:child_process';

export interface GitOptions {
  directory: string;
  /** What it reads from standard input. */
  input?: string | Uint8Array;
  /** Beside the environment of the process. */
  variables?: Record<string, string | undefined>;
  signal?: AbortSignal;
}

export class GitError extends Error {
  readonly stderr: string;
  constructor(command: string, stderr: string) {
    super(`git ${command}: ${stderr.trim() || 'it failed without a word'}`);
    this.name = 'GitError';
    this.stderr = stderr;
  }
}

/** What it prints, without the line end. Throws GitError with what it complains of. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8').replace(/\n$/, '');
}

function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { directory, input, variables, signal } = options;
  const command = args.find((word) => !word.startsWith('-')) ?? '';
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: directory,
      signal,
      ...(variables && { env: variables }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const [out, err]: Buffer[][] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out!.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err!.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'ENOENT' ? new Error('git is not installed, or not in $PATH', { cause }) : cause),
    );
    child.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(out!)) : reject(new GitError(command, Buffer.concat(err!).toString('utf8'))),
    );
    child.stdin.on('error', () => {}); // it need not read it
    child.stdin.end(input);
  });
}
