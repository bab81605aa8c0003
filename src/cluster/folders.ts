/** Where the embedded control plane keeps its things, and how files are written there. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `$PORTOLAN_HOME`, else `$XDG_DATA_HOME/portolan`, else `~/.local/share/portolan`. */
export function dataFolder(env: Record<string, string | undefined>, home: string): string {
  return env.PORTOLAN_HOME || join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'portolan');
}

export const pathsIn = (folder: string) => ({
  store: join(folder, 'store'),
  credentials: join(folder, 'credentials.json'),
  server: join(folder, 'server.json'),
  context: join(folder, 'context.json'),
  log: join(folder, 'server.log'),
});

/** Makes the folder and finds out whether it takes files. */
export function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
    const probe = join(folder, `probe.${process.pid}`);
    writeFileSync(probe, Buffer.alloc(4096));
    rmSync(probe);
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** One after the other: Node's own way of making them all never comes back from below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another process was quicker
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'it may not be written to',
  EDQUOT: 'no more may be written to it',
  EEXIST: 'it is no folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'it cannot be made there',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'it is no folder',
  EPERM: 'it may not be written to',
  EROFS: 'the disk is read-only',
};

/** Why a disk does not take a file, in words; undefined where it is something else. */
export const diskReason = (error: unknown): string | undefined => REASONS[(error as NodeJS.ErrnoException).code ?? ''];

/** What a disk that does not take the cluster's files says, with the folder and the remedy; other errors as they are. */
export function folderError(folder: string, error: unknown): unknown {
  const reason = diskReason(error);
  if (reason === undefined) return error;
  const what = `keep the embedded cluster in "${folder}": ${reason}`;
  return new Error(`${what}; $PORTOLAN_HOME can name another folder`, { cause: error });
}

/** Writes the whole file or nothing of it, readable by its owner alone. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

/** The file's JSON; undefined where there is none, or it is damaged, or `isValid` refuses it. */
export function readPrivateJson<T extends object>(
  path: string,
  isValid: (value: Partial<T>) => boolean,
): T | undefined {
  const text = readPrivate(path);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as T | null;
    return value !== null && isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const ABSENT = new Set(['ENAMETOOLONG', 'ENOENT', 'ENOTDIR']);

/** The file's text, undefined where there is none. Refuses a file that others could read. */
export function readPrivate(path: string): string | undefined {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new Error(`read "${path}": other users may read it; run: chmod 600 "${path}"`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
