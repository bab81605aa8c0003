/**
 * Starts the program from the user's cache: the first run of a command keeps the parts that it loaded as one script, the
 * second the code that V8 made of it, and later runs load that. Whatever goes wrong with the cache, the program runs.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** The name of the part to start with. Names of parts hold a hash of what they are and load. */
declare const PORTOLAN_PROGRAM: string;
/** Which form the parts have. */
declare const PORTOLAN_FORM: string;

type Exports = Record<string, unknown>;
type Part = (
  require: (name: string) => unknown,
  exports: Exports,
  importLater: (name: string) => Promise<unknown>,
  meta: Meta,
) => void;

/** What `import.meta` is to the parts. */
interface Meta {
  readonly url: string;
  /** Whether the program started from compiled code, which is then not kept again: it is only good for V8's flags. */
  readonly isCompiled: boolean;
}

/**
 * A cache file: a line of JSON that says what follows, the text of one script that answers all parts by name, and the
 * code V8 made of it once it had run, of which there is none at first.
 */
interface Head {
  parts: string[];
  text: number;
  code: number;
}

refuseOldNode();
const folder = join(dirname(__filename), 'parts');
const meta: Meta = {
  get url() {
    return pathToFileURL(__filename).href;
  },
  get isCompiled() {
    return isKept;
  },
};
const cacheFile = cachePath();
const loaded = new Map<string, Exports>();
/** Parts that were read from their own files, because the cache does not hold them. */
const missed = new Map<string, string>();
const cache = cacheFile === undefined ? undefined : tryTo(() => readCache(cacheFile));

/** One run in so many looks whether more code than what is kept has been compiled meanwhile. */
const REVIEW = 32;
const isKept = cache?.isCompiled === true && process.pid % REVIEW !== 0;

if (cacheFile !== undefined)
  process.on('exit', (exitCode) => {
    // A run that failed has not come by what others need.
    if (exitCode === 0 && (missed.size > 0 || !isKept)) tryTo(() => writeCache(cacheFile));
  });
load(PORTOLAN_PROGRAM);

/** What the store is built on came with these; without it a command would fail in the middle of its work. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 2) || (major === 20 && minor >= 16)) return;
  process.stderr.write(`Error: Portolan needs Node.js 20.16, 22.2 or newer, and this is ${process.versions.node}\n`);
  process.exit(1);
}

function load(name: string): Exports {
  const before = loaded.get(name);
  if (before !== undefined) return before;
  const exports: Exports = {};
  loaded.set(name, exports);
  (cache?.parts[name] ?? readPart(name))(requirePart, exports, importPart, meta);
  return exports;
}

function readPart(name: string): Part {
  const filename = join(folder, name);
  const text = readFileSync(filename, 'latin1');
  missed.set(name, text);
  return new Script(text, { filename }).runInThisContext() as Part;
}

function requirePart(name: string): unknown {
  return name.startsWith('./') ? load(name.slice(2)) : require(name);
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
  // Threads do the work of `template --all`, and compile it: what is left here is not what `template` needs.
  const many = process.argv.includes('--all') ? '-all' : '';
  const flags = `${execArgv.join(' ')} ${env.NODE_OPTIONS ?? ''}`.replace(/[^\w=]+/g, '-').slice(0, 100);
  return join(
    caches,
    'portolan',
    'code',
    `${command}${many}-${PORTOLAN_PROGRAM}-${PORTOLAN_FORM}-${version}-${arch}${flags}`,
  );
}

function readCache(path: string) {
  const bytes = readFileSync(path);
  const start = bytes.indexOf(10) + 1;
  const head = JSON.parse(bytes.toString('latin1', 0, start)) as Head;
  const text = bytes.toString('latin1', start, start + head.text);
  const cachedData = head.code > 0 ? bytes.subarray(start + head.text) : undefined;
  const script = new Script(text, { filename: path, cachedData });
  const isCompiled = cachedData?.length === head.code && !script.cachedDataRejected;
  const parts = script.runInThisContext() as Record<string, Part> | undefined;
  if (!head.parts.every((name) => typeof parts?.[name] === 'function')) throw new Error('not a cache');
  return { script, isCompiled, codeLength: head.code, names: head.parts, text, parts: parts! };
}

/** Code is kept once a run has gone without reading parts: it then holds every function that the run came by. */
function writeCache(path: string): void {
  const entries = [...missed].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  const text =
    missed.size === 0 && cache ? cache.text : `({${[...(cache ? [`...${cache.text}`] : []), ...entries].join(',')}})`;
  const code = missed.size === 0 && cache ? cache.script.createCachedData() : Buffer.alloc(0);
  if (missed.size === 0 && cache?.isCompiled && code.length <= cache.codeLength) return;
  const head: Head = { parts: [...(cache?.names ?? []), ...missed.keys()], text: text.length, code: code.length };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  removeOld(dirname(path));
  // Threads of one process write too.
  const temporary = `${path}.${process.pid}-${process.hrtime().join('')}`;
  writeFileSync(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n${text}`, 'latin1'), code]), {
    mode: 0o600,
  });
  renameSync(temporary, path);
}

const MONTH = 30 * 24 * 60 * 60 * 1000;

/** What other versions have left. */
function removeOld(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).mtimeMs < Date.now() - MONTH) rmSync(path);
  }
}

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
