/** Finds the chart that a command names, and reads the values it is given. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Chart, missingDependencies } from '../chart/chart.ts';
import { loadChart } from '../chart/load.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import type { ValueMap } from '../template/value.ts';
import { mergeOverrides } from '../values/overrides.ts';
import type { CommandContext } from './command.ts';
import { downloadFlags, networkOf, placesOf, sourceFlags } from './repositories.ts';

/** The chart at a path, or one that is fetched first. */
export async function chartOf(context: CommandContext, reference: string): Promise<Chart> {
  return loadChart(await pathOf(context, reference), { log: context.log });
}

/** The chart, its dependencies brought into it first where they are missing and `--dependency-update` says so. */
export async function chartWithDependencies(context: CommandContext, reference: string): Promise<Chart> {
  const { flags, stdout, clock, log } = context;
  const path = await pathOf(context, reference);
  const chart = loadChart(path, { log });
  if (!flags.bool('dependency-update') || missingDependencies(chart).length === 0) return chart;
  const { updateDependencies } = await import('../action/dependency.ts');
  const { remoteDependencies } = await import('../repo/dependencies.ts');
  const print = (line: string) => stdout.write(`${line}\n`);
  const remote = remoteDependencies({ ...downloadFlags(context), places: placesOf(context), log, print });
  await updateDependencies({ path, remote, print, now: () => clock.now() });
  return loadChart(path, { log });
}

/** The path of the chart's directory or archive. What is not asked for by address, and is there, loads nothing else. */
async function pathOf(context: CommandContext, reference: string): Promise<string> {
  const { flags, environment } = context;
  const path = resolve(environment.directory, reference.trim());
  if (flags.string('repo') === '' && !flags.bool('verify') && reference.trim() !== '' && existsSync(path)) return path;
  const { locateChart } = await import('../repo/locate.ts');
  return locateChart(reference, sourceFlags(context));
}

/** Files and every kind of `--set`, merged. */
export function overridesOf(context: CommandContext): Promise<ValueMap> {
  const { flags } = context;
  return mergeOverrides(
    {
      files: flags.list('values'),
      set: flags.list('set'),
      setString: flags.list('set-string'),
      setFile: flags.list('set-file'),
      setJson: flags.list('set-json'),
      setLiteral: flags.list('set-literal'),
    },
    (path) => readSource(path, context),
  );
}

/** A file, an address that we or a plugin know to fetch from, or standard input for `-`. */
async function readSource(path: string, context: CommandContext): Promise<string> {
  if (path.trim() === '-') return context.stdin();
  const fetched = /^[a-z][a-z0-9+.-]*:/i.test(path) ? await fetchSource(path, context) : undefined;
  if (fetched !== undefined) return fetched;
  try {
    return decodeUtf8(readFileSync(resolve(context.environment.directory, path)));
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

/** Undefined for what nobody fetches: it may be a file's name. */
async function fetchSource(url: string, context: CommandContext): Promise<string | undefined> {
  const network = networkOf(context);
  const scheme = url.slice(0, url.indexOf(':'));
  if (!/^https?$/.test(scheme) && (await network.getter(scheme)) === undefined) return undefined;
  const { download } = await import('../repo/download.ts');
  return decodeUtf8(await download(url, { ...network, maxBytes: MAX_BYTES }));
}
