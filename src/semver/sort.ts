/** Sorts by version, on the `semver` package, after reading each version as Helm does (`v1`, `1.2`). */
import type { SemVer } from 'semver';
import parse from 'semver/functions/parse.js';
import { formatVersion, tryVersion } from './version.ts';

/** Newest first, in place; what is no version stands last, in the order it had. */
export function sortNewestFirst<T>(items: T[], versionOf: (item: T) => string): T[] {
  if (items.length < 2) return items;
  const versions = new Map(items.map((item) => [item, tryParse(versionOf(item))]));
  return items.sort((a, b) => {
    const [x, y] = [versions.get(a), versions.get(b)];
    return x && y ? y.compare(x) : Number(!x) - Number(!y);
  });
}

function tryParse(text: string): SemVer | null {
  const version = tryVersion(text);
  return version ? parse(formatVersion(version)) : null;
}
