/** The versions of a chart in a registry, which has no index to search. */
import { parseReference, toTag } from '../registry/reference.ts';
import type { DownloadOptions } from '../repo/download.ts';
import type { ChartVersion } from '../repo/index-file.ts';
import { describeOci, listOciVersions } from '../repo/oci.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import type { SearchResult } from './search-repo.ts';

export interface SearchOciOptions {
  /** Every version, not the newest alone. */
  versions: boolean;
  /** A constraint; '' is the newest that is no pre-release. */
  version: string;
  devel: boolean;
  download: DownloadOptions;
}

/** What a chart says of itself is asked of the newest alone: each answer is two requests. */
export async function searchRegistry(address: string, options: SearchOciOptions): Promise<SearchResult[]> {
  const reference = parseReference(address);
  const constraint = parseConstraint(options.version || (options.devel ? '>0.0.0-0' : '>0.0.0'));
  const all = await listOciVersions(reference, options.download);
  const found = all.filter((version) => satisfies(version, constraint));
  const name = reference.repository.split('/').at(-1)!;
  const bare = (version: string): ChartVersion => ({ apiVersion: 'v2', name, version, urls: [], created: '' });
  if (options.versions) return found.map(({ original }) => ({ name: address, entry: bare(original) }));
  if (found[0] === undefined) return [];
  const version = found[0].original;
  const metadata = await describeOci({ ...reference, tag: toTag(version) }, options.download);
  return [{ name: address, entry: { ...bare(version), ...metadata, version } }];
}
