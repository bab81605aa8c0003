/** The same words said to real helm and to us, each with a home of its own; what they print and write is compared. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from '../cmd/io.ts';
import { realTools } from './real.ts';

/** When all files were written, in seconds: some of what is compared tells it. */
const WRITTEN = 1_700_000_000;

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Pair {
  /** Folders that hold the same: HOME of each, with `work` below. */
  helmHome: string;
  ourHome: string;
  helm(words: string[], stdin?: string, variables?: Record<string, string>): Promise<Said>;
  ours(words: string[], stdin?: string, variables?: Record<string, string>): Promise<Said>;
  /** Both answer the same; `{work}` in the words is the folder of each. Answers what was said. */
  same(words: string[]): Promise<Said>;
  /** Both have written the same files with the same bytes below HOME/`folder`. */
  sameFiles(folder: string, options?: { ignore?: RegExp; clean?: (text: string) => string }): void;
}

/** `files` is copied to `work` of both homes. */
export async function withPair(files: string | undefined, run: (pair: Pair) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'portolan-pair-'));
  const [helmHome, ourHome] = [join(root, 'helm'), join(root, 'ours')];
  for (const home of [helmHome, ourHome]) {
    mkdirSync(join(home, 'work'), { recursive: true });
    if (files === undefined) continue;
    cpSync(files, join(home, 'work'), { recursive: true });
    for (const file of filesBelow(join(home, 'work'))) utimesSync(join(home, 'work', file), WRITTEN, WRITTEN);
  }
  const pair: Pair = {
    helmHome,
    ourHome,
    helm: (words, stdin, variables) => sayToHelm(inWork(words, helmHome), helmHome, stdin, variables),
    ours: (words, stdin, variables) => sayToUs(inWork(words, ourHome), ourHome, stdin, variables),
    async same(words) {
      const [helm, ours] = await Promise.all([pair.helm(words), pair.ours(words)]);
      assert.equal(plain(ours, ourHome), plain(helm, helmHome), words.join(' '));
      return ours;
    },
    sameFiles(folder, { ignore = /^$/, clean = (text: string) => text } = {}) {
      const contents = (home: string) =>
        filesBelow(join(home, folder))
          .filter((file) => !ignore.test(file))
          .map((file) => [file, clean(readFileSync(join(home, folder, file), 'latin1').replaceAll(home, 'HOME'))]);
      assert.equal(contents(ourHome), contents(helmHome), folder);
    },
  };
  try {
    await run(pair);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const inWork = (words: string[], home: string) => words.map((word) => word.replaceAll('{work}', join(home, 'work')));

/** Without what differs between two homes and two moments. */
function plain({ code, stdout, stderr }: Said, home: string): Said {
  const clean = (text: string) => text.replaceAll(home, 'HOME').replace(/^(?:level=|time=).*\n/gm, '');
  return { code, stdout: clean(stdout), stderr: clean(stderr) };
}

function filesBelow(folder: string): string[] {
  try {
    return (readdirSync(folder, { recursive: true }) as string[])
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => relative(folder, path))
      .sort();
  } catch {
    return [];
  }
}

function sayToHelm(words: string[], home: string, stdin = '', variables: object = {}): Promise<Said> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: '/dev/null', ...variables };
    const options = { cwd: join(home, 'work'), env };
    const child = execFile(realTools()!.helm, words, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin!.on('error', () => {}); // helm need not read it
    child.stdin!.end(stdin);
  });
}

async function sayToUs(words: string[], home: string, stdin = '', variables = {}): Promise<Said> {
  const io = testIo({ home, directory: join(home, 'work'), pid: process.pid, variables }, { stdin });
  const code = await runCommandLine(words, { ...io, clock: realClock });
  return { code, ...io.out };
}

/** A server on loopback, closed when `run` has ended. */
export async function withServer(listener: RequestListener, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
