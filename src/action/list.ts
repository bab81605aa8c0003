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
  // Only older revisions are superseded: asked for them alone, all revisions are looked at.
  const isHistory = wanted.size === 1 && wanted.has('superseded');
  const records = (await context.releases.list({ newest: !isHistory })).filter(
    ({ name }) => options.filter?.(name) ?? true,
  );
  const groups = isHistory ? records.map((record) => [record]) : groupByRelease(records);
  const isWanted = ({ info, labels }: Release) => wanted.has(info.status) && matchesLabels(selector, labels);
  const end = options.limit > 0 ? options.offset + options.limit : Number.POSITIVE_INFINITY;
  if (options.byDate) {
    const releases = await readable(groups, isWanted, Number.POSITIVE_INFINITY);
    return releases.sort(orderOf(options)).slice(options.offset, end);
  }
  groups.sort(nameOrderOf(options));
  return (await readable(groups, isWanted, end)).slice(options.offset);
}

/** The newest that can be read of each group, until there are `most` of those wanted: the others are not worth a look. */
async function readable(
  groups: StoredRelease[][],
  isWanted: (release: Release) => boolean,
  most: number,
): Promise<Release[]> {
  const found: Release[] = [];
  for (const group of groups) {
    if (found.length >= most) break;
    const release = await newestReadable(group);
    if (release && isWanted(release)) found.push(release);
  }
  return found;
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

async function newestReadable(records: StoredRelease[]): Promise<Release | undefined> {
  for (const record of records.sort((a, b) => b.revision - a.revision)) {
    const release = record.decode() ?? (await record.read().catch(() => undefined));
    if (release) return release;
  }
  return undefined;
}

const nameOrderOf =
  ({ reverse }: ListOptions) =>
  ([a]: StoredRelease[], [b]: StoredRelease[]): number =>
    compareStrings(a!.name, b!.name) * (reverse ? -1 : 1);

/** By date with seconds as the finest grain, as in Helm, then by name. */
function orderOf({ reverse }: ListOptions): (a: Release, b: Release) => number {
  const seconds = (release: Release) => release.info.lastDeployed?.seconds ?? 0;
  const order = (a: Release, b: Release) => seconds(a) - seconds(b) || compareStrings(a.name, b.name);
  return reverse ? (a, b) => order(b, a) : order;
}
