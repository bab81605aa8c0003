/** Finds the chart that a command names, and reads the values it is given. */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Chart } from '../chart/chart.ts';
import { loadChart } from '../chart/load.ts';
import { decodeUtf8 } from '../encoding/utf8.ts';
import type { ValueMap } from '../template/value.ts';
import { mergeOverrides } from '../values/overrides.ts';
import type { CommandContext } from './command.ts';

/** The chart at a path, or one that is fetched first. */
export async function chartOf(context: CommandContext, reference: string): Promise<Chart> {
  return loadChart(await locateChart(context, reference), { log: context.log });
}

/** The path of the chart's directory or archive. Throws Helm's words where there is none. */
export async function locateChart({ flags, environment }: CommandContext, reference: string): Promise<string> {
  const name = reference.trim();
  if (flags.string('repo') === '') {
    const path = resolve(environment.directory, name);
    if (name !== '' && existsSync(path)) return path;
    if (isAbsolute(name) || name.startsWith('.')) throw new Error(`path ${JSON.stringify(name)} not found`);
  }
  const repository = name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined;
  if (repository === undefined)
    throw new Error(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name}`);
  throw new Error(`repo ${repository} not found`);
}

/** Files and every kind of `--set`, merged. */
export const overridesOf = ({ flags, environment, stdin }: CommandContext): Promise<ValueMap> =>
  mergeOverrides(
    {
      files: flags.list('values'),
      set: flags.list('set'),
      setString: flags.list('set-string'),
      setFile: flags.list('set-file'),
      setJson: flags.list('set-json'),
      setLiteral: flags.list('set-literal'),
    },
    (path) => readSource(path, environment.directory, stdin),
  );

/** A file, a URL, or standard input for `-`. */
async function readSource(path: string, directory: string, stdin: () => Promise<string>): Promise<string> {
  if (path.trim() === '-') return stdin();
  if (/^https?:\/\//.test(path)) return download(path);
  try {
    return decodeUtf8(readFileSync(resolve(directory, path)));
  } catch (error) {
    throw new Error(`open ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
};
const reasonOf = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
};

/** No values file is larger. */
const MAX_BYTES = 64 << 20;

async function download(url: string): Promise<string> {
  const { default: fetch } = await import('node-fetch');
  const response = await fetch(url, { size: MAX_BYTES });
  if (!response.ok) throw new Error(`failed to fetch ${url} : ${response.status} ${response.statusText}`);
  return decodeUtf8(new Uint8Array(await response.arrayBuffer()));
}
