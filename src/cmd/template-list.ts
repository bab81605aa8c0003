/** What `template --all` is to render: charts under the names of their directories, and the releases of list files. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { systemMessage } from '../chart/load.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';
import { parseValues } from '../values/load.ts';
import type { CommandContext } from './command.ts';
import type { FlagValue } from './flag.ts';

export interface ListedRelease {
  name: string;
  chart: string;
  /** Flags of its own. */
  flags: Map<string, FlagValue>;
}

/** What of a list's release is a flag with one text, and with several. Paths are relative to the list. */
const TEXTS = ['namespace', 'version'];
const LISTS = ['values', 'set', 'set-string', 'set-json', 'set-literal'];
const KNOWN = ['name', 'chart', ...TEXTS, ...LISTS];

/** Every release that `words` name, in their order. Throws where a list is wrong. */
export async function listedReleases(
  words: readonly string[],
  { environment, stdin }: CommandContext,
): Promise<ListedRelease[]> {
  const releases: ListedRelease[] = [];
  for (const word of words) {
    const path = resolve(environment.directory, word);
    if (word === '-') releases.push(...parseList(await stdin(), 'standard input', environment.directory, environment));
    else if (isList(path)) releases.push(...parseList(readList(path, word), word, dirname(path), environment));
    else releases.push({ name: nameFor(word, environment.directory), chart: word, flags: new Map() });
  }
  return releases;
}

const isList = (path: string): boolean =>
  /\.ya?ml$/.test(path) && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;

function readList(path: string, word: string): string {
  try {
    return decodeUtf8(readFileSync(path));
  } catch (error) {
    throw new Error(`open ${word}: ${systemMessage(error)}`, { cause: error });
  }
}

type Place = Pick<CommandContext['environment'], 'directory'>;

function parseList(text: string, source: string, folder: string, place: Place): ListedRelease[] {
  const list = telling(source, () => parseValues(text));
  const releases = getKey(list, 'releases');
  const unknown = Object.keys(list).find((key) => key !== 'releases');
  if (!Array.isArray(releases) || unknown !== undefined)
    throw new Error(`${source}: expected a list "releases"${unknown === undefined ? '' : ` and no ${quote(unknown)}`}`);
  return releases.map((release, i) =>
    telling(`${source}: releases[${i}]`, () => parseRelease(release, folder, place.directory)),
  );
}

function parseRelease(release: Value, folder: string, directory: string): ListedRelease {
  if (!isMap(release)) throw new Error('expected a map');
  const unknown = Object.keys(release).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw new Error(`unknown key ${quote(unknown)}; there are: ${KNOWN.join(', ')}`);
  const chart = textAt(release, 'chart');
  if (chart === undefined) throw new Error('"chart" is missing');
  const here = (path: string) => relative(directory, resolve(folder, path)) || '.';
  const flags = new Map<string, FlagValue>();
  for (const key of TEXTS) setWherePresent(flags, key, textAt(release, key));
  for (const key of LISTS) setWherePresent(flags, key, textsAt(release, key));
  const files = flags.get('values') as string[] | undefined;
  if (files !== undefined)
    flags.set(
      'values',
      files.map((path) => (isAddress(path) ? path : here(path))),
    );
  return {
    name: textAt(release, 'name') ?? nameFor(chart, folder),
    // A reference into a repository is no path.
    chart: existsSync(resolve(folder, chart)) ? here(chart) : chart,
    flags,
  };
}

function setWherePresent(flags: Map<string, FlagValue>, key: string, value: FlagValue | undefined): void {
  if (value !== undefined) flags.set(key, value);
}

function textAt(release: ValueMap, key: string): string | undefined {
  const value = getKey(release, key);
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new Error(`${quote(key)} must be a string`);
}

function textsAt(release: ValueMap, key: string): string[] | undefined {
  const value = getKey(release, key);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  throw new Error(`${quote(key)} must be a list of strings`);
}

const isAddress = (path: string): boolean => /^https?:\/\//.test(path);

/** The directory's name; an archive's without its version; that of a reference's last part. */
const nameFor = (chart: string, folder: string): string =>
  basename(chart.includes('://') ? chart.replace(/[:@][^/]*$/, '') : resolve(folder, chart)).replace(
    /(-v?\d+\.\d+\.\d+[^/]*)?\.(tgz|tar\.gz)$/,
    '',
  );

function telling<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

const quote = (text: string): string => JSON.stringify(text);
