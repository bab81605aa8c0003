/** Lists the newest revision of every release: filtered, ordered, cut to a page. */
import { matchesLabels, parseLabelSelector } from '../api/selectors.ts';
import type { StoredRelease } from '../release/driver.ts';
import type { Release, ReleaseStatus } from '../release/release.ts';
import { compareStrings } from '../template/value.ts';
import { type ActionContext, checkReachable } from './context.ts';

export interface ListOptions {
  /** Release statuses to show; all where empty. */
  statuses: ReleaseStatus[];
  /** Shows the releases whose name it matches. */
  filter?: (name: string) => boolean;
  /** A label selector over the records' labels. */
  selector: string;
  byDate: boolean;
  reverse: boolean;
  /** 0: all. */
  limit: number;
  offset: number;
}

/** What Helm shows: a record of unknown status is never listed. */
const LISTED: ReleaseStatus[] = [
  'deployed',
  'uninstalled',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
  'superseded',
  'failed',
];

export async function listReleases(context: ActionContext, options: ListOptions): Promise<Release[]> {
  await checkReachable(context);
  const wanted = new Set(options.statuses.length > 0 ? options.statuses : LISTED);
  const selector = parseLabelSelector(options.selector);
  const records = (await context.releases.list()).filter(({ name }) => options.filter?.(name) ?? true);
  // Only older revisions are superseded: asked for them alone, all revisions are looked at.
  const isHistory = wanted.size === 1 && wanted.has('superseded');
  const releases = (isHistory ? records.map((record) => [record]) : groupByRelease(records))
    .map(newestReadable)
    .filter((release) => release !== undefined)
    .filter(({ info, labels }) => wanted.has(info.status) && matchesLabels(selector, labels));
  releases.sort(orderOf(options));
  return releases.slice(options.offset, options.limit > 0 ? options.offset + options.limit : undefined);
}

function groupByRelease(records: StoredRelease[]): StoredRelease[][] {
  const groups = new Map<string, StoredRelease[]>();
  for (const record of records) {
    const key = `${record.namespace}/${record.name}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()];
}

function newestReadable(records: StoredRelease[]): Release | undefined {
  for (const record of records.sort((a, b) => b.revision - a.revision)) {
    const release = record.decode();
    if (release) return release;
  }
  return undefined;
}

/** By name; by date with seconds as the finest grain, as in Helm. */
function orderOf({ byDate, reverse }: ListOptions): (a: Release, b: Release) => number {
  const byName = (a: Release, b: Release) => compareStrings(a.name, b.name);
  const seconds = (release: Release) => release.info.lastDeployed?.seconds ?? 0;
  const order = byDate ? (a: Release, b: Release) => seconds(a) - seconds(b) || byName(a, b) : byName;
  return reverse ? (a, b) => order(b, a) : order;
}
