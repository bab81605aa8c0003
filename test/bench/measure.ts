/** Timing for the benchmark: medians of repeated runs, and tables of what came out. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../dist/portolan.cjs', import.meta.url));
export const root = fileURLToPath(new URL('../..', import.meta.url));

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
export const quantile = (values: number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;

/** Milliseconds that `run` takes. */
export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** A folder that is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Finished {
  ms: number;
  stdout: string;
}

/** Runs a command to its end in an environment of its own; throws what it said when it fails. */
export function runProcess(file: string, args: string[], env: Record<string, string>, cwd = root): Finished {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
  return { ms, stdout };
}

const GNU_TIME = '/usr/bin/time';

/** The most memory in MiB that a command has at once; undefined where GNU time is not there to tell. */
export function peakMegabytes(file: string, args: string[], env: Record<string, string>): number | undefined {
  if (!existsSync(GNU_TIME)) return undefined;
  const { stderr } = spawnSync(GNU_TIME, ['-f', '%M', file, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kilobytes = /^(\d+)\n$/m.exec(stderr)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** Only Linux tells. */
export const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Prints rows under a title, columns aligned. */
export function printTable(title: string, head: string[], rows: string[][]): void {
  const widths = head.map((word, i) => Math.max(word.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  console.log(`\n${title}\n`);
  console.log(line(head));
  console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows) console.log(line(row));
}

export const ms = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
export const perSecond = (count: number, elapsed: number): string => `${Math.round((count / elapsed) * 1000)}/s`;
