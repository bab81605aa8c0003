/**
 * Starts the program from compiled code kept in the user's cache: the first run of a command compiles and, at its end,
 * keeps what it compiled; later runs of that command load it. Whatever goes wrong with the cache, the program runs.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

const program = join(dirname(__filename), 'program.cjs');
const wrap = (source: string) => `(function (require, module, exports, __filename, __dirname) {${source}\n})`;

run();

function run(): void {
  const source = wrap(readFileSync(program, 'latin1'));
  const path = cachePath();
  const cachedData = path === undefined ? undefined : tryTo(() => readFileSync(path));
  const script = new Script(source, { filename: program, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(createRequire(program), module, module.exports, program, dirname(program));
  if (path !== undefined && (cachedData === undefined || script.cachedDataRejected))
    process.once('exit', () => tryTo(() => keep(path, script.createCachedData())));
}

/** One file a command, for exactly this program under exactly this Node. */
function cachePath(): string | undefined {
  const { env } = process;
  if (env.PORTOLAN_CODE_CACHE === 'off') return undefined;
  const folder = env.XDG_CACHE_HOME || (homedir() && join(homedir(), '.cache'));
  const stat = tryTo(() => statSync(program));
  if (!folder || stat === undefined) return undefined;
  const facts = [program, stat.size, stat.mtimeMs, process.version, process.arch, process.execArgv, env.NODE_OPTIONS];
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  const command = process.argv.slice(2, 4).find((word) => /^[a-z]{1,20}$/.test(word)) ?? 'none';
  return join(folder, 'portolan', 'code', `${command}-${key}`);
}

function keep(path: string, data: Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, data, { mode: 0o600 });
  renameSync(temporary, path);
}

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
