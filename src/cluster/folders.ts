/** Where the embedded control plane keeps its things, and how files are written there. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
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

/** The file's text, undefined where there is none. Refuses a file that others could read. */
export function readPrivate(path: string): string | undefined {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new Error(`read "${path}": other users may read it; run: chmod 600 "${path}"`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
