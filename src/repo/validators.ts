/** What a server said of an index when it was fetched, kept beside the cached index so that it is not fetched again in vain. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Validators } from './download.ts';
import { writeAtomic } from './repositories.ts';

interface Kept extends Validators {
  /** SHA-256 of the address: it may hold a secret. */
  address: string;
  /** Of the file that they are for: when Helm has written it since, they say nothing of it. */
  size: number;
  modified: number;
}

export const validatorsPath = (path: string): string => path.replace(/index\.yaml$/, 'validators.json');

const hash = (url: string): string => createHash('sha256').update(url).digest('hex');

/** Nothing where the file at `path` is not what was fetched from `url`. */
export function loadValidators(path: string, url: string): Validators {
  try {
    const { address, size, modified, etag, lastModified } = JSON.parse(
      readFileSync(validatorsPath(path), 'utf8'),
    ) as Kept;
    const stats = statSync(path);
    if (address !== hash(url) || size !== stats.size || modified !== stats.mtimeMs) return {};
    return { ...(typeof etag === 'string' && { etag }), ...(typeof lastModified === 'string' && { lastModified }) };
  } catch {
    return {}; // the whole index is fetched
  }
}

export function saveValidators(path: string, url: string, { etag, lastModified }: Validators): void {
  const { size, mtimeMs: modified } = statSync(path);
  const kept: Kept = { address: hash(url), size, modified, etag, lastModified };
  writeAtomic(validatorsPath(path), JSON.stringify(kept), 0o644);
}
