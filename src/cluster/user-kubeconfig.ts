/** The user's kubeconfig file, which kubectl reads: the context `portolan` goes in at the start and out at the stop. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readAuthority } from './credentials.ts';
import { diskReason, pathsIn, readPrivateJson, writePrivate } from './folders.ts';
import { authorityIn, type ContextEntry, withContext, withoutContext } from './kubeconfig-entry.ts';

/** As kubectl: the first file of `$KUBECONFIG`, else `~/.kube/config`. */
export function userKubeconfig(env: Record<string, string | undefined>, home: string, separator = ':'): string {
  const first = env.KUBECONFIG?.split(separator).find((path) => path !== '');
  return first ?? join(home, '.kube', 'config');
}

/** Puts the context in, makes it the current one and remembers in `dataDir` which one was. */
export function enterContext(path: string, entry: ContextEntry, dataDir: string): void {
  telling(`put the context "portolan" into "${path}"`, () => {
    const { text, previous } = withContext(textOf(path), entry);
    const state = readState(dataDir);
    // Started twice without a stop: what was current before the first start is what comes back.
    const before = previous === '' || !isOurs(previous) ? previous : (state?.previous ?? '');
    writePrivate(pathsIn(dataDir).context, JSON.stringify({ path, previous: before }));
    writePrivate(realPath(path), text);
  });
}

/**
 * Takes the context out of the file it was put into, and answers which that was. Where it leads to the cluster of another
 * folder by now it stays.
 */
export function leaveContext(dataDir: string): string | undefined {
  const state = readState(dataDir);
  if (state === undefined) return undefined;
  const { path, previous } = state;
  return telling(`take the context "portolan" out of "${path}"`, () => {
    const text = textOf(path);
    const authority = authorityIn(text);
    if (authority === undefined || authority !== readAuthority(dataDir)) return undefined;
    writePrivate(realPath(path), withoutContext(text, previous));
    return path;
  });
}

function telling<T>(what: string, change: () => T): T {
  try {
    return change();
  } catch (cause) {
    const reason = diskReason(cause) ?? (cause as Error).message;
    throw new Error(`${what}: ${reason}; $KUBECONFIG can name another file`, { cause });
  }
}

const isOurs = (context: string) => context === 'portolan';

interface ContextState {
  path: string;
  previous: string;
}

const readState = (dataDir: string): ContextState | undefined =>
  readPrivateJson<ContextState>(
    pathsIn(dataDir).context,
    ({ path, previous }) => typeof path === 'string' && typeof previous === 'string',
  );

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** What a link leads to, so that the link stays one. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
