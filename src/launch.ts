/**
 * Starts the program from compiled code kept in the user's cache: the first run of a command compiles the parts that it
 * loads and, at its end, keeps what it compiled; later runs of that command load it. Whatever goes wrong with the
 * cache, the program runs.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** The name of the part to start with. Names of parts hold a hash of what they are and load. */
declare const PORTOLAN_PROGRAM: string;

type Exports = Record<string, unknown>;
type Part = (
  require: (name: string) => unknown,
  exports: Exports,
  importLater: (name: string) => Promise<unknown>,
  url: string,
) => void;

/** What a cache file begins with, on a line of its own: the size of each part's code in the order of the file. */
type Sizes = [part: string, bytes: number][];

const folder = join(dirname(__filename), 'parts');
const url = pathToFileURL(__filename).href;
const requireInstalled = createRequire(__filename);
const cacheFile = cachePath();
const cached = (cacheFile !== undefined && tryTo(() => readCache(cacheFile))) || new Map<string, Buffer>();
const scripts = new Map<string, Script>();
const loaded = new Map<string, Exports>();
let isComplete = true;

if (cacheFile !== undefined)
  process.once('exit', () => {
    if (!isComplete) tryTo(() => writeCache(cacheFile));
  });
load(PORTOLAN_PROGRAM);

function load(part: string): Exports {
  const before = loaded.get(part);
  if (before !== undefined) return before;
  const filename = join(folder, part);
  const cachedData = cached.get(part);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) isComplete = false;
  scripts.set(part, script);
  const exports: Exports = {};
  loaded.set(part, exports);
  (script.runInThisContext() as Part)(requirePart, exports, importPart, url);
  return exports;
}

function requirePart(name: string): unknown {
  return name.startsWith('./') ? load(name.slice(2)) : requireInstalled(name);
}

async function importPart(name: string): Promise<unknown> {
  return name.startsWith('./') ? load(name.slice(2)) : import(name);
}

/** One file a command, for exactly this program; that it is for this Node, its version and flags, V8 makes sure of. */
function cachePath(): string | undefined {
  const { env, version, arch, execArgv } = process;
  if (env.PORTOLAN_CODE_CACHE === 'off') return undefined;
  const caches = env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, '.cache'));
  if (!caches) return undefined;
  const command = process.argv.slice(2, 4).find((word) => /^[a-z]{1,20}$/.test(word)) ?? 'none';
  const flags = `${execArgv.join(' ')} ${env.NODE_OPTIONS ?? ''}`.replace(/[^\w=]+/g, '-').slice(0, 100);
  return join(caches, 'portolan', 'code', `${command}-${PORTOLAN_PROGRAM}-${version}-${arch}${flags}`);
}

function readCache(path: string): Map<string, Buffer> {
  const bytes = readFileSync(path);
  const end = bytes.indexOf(10);
  let at = end + 1;
  return new Map(
    (JSON.parse(bytes.toString('latin1', 0, end)) as Sizes).map(([part, size]) => [
      part,
      bytes.subarray(at, (at += size)),
    ]),
  );
}

/** Parts that only other runs loaded are kept as they were. */
function writeCache(path: string): void {
  const parts = new Map(cached);
  for (const [part, script] of scripts) parts.set(part, script.createCachedData());
  const sizes: Sizes = [...parts].map(([part, { length }]) => [part, length]);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(sizes)}\n`), ...parts.values()]), {
    mode: 0o600,
  });
  renameSync(temporary, path);
}

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
