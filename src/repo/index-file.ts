/** A repository's index.yaml: read, searched, merged, written as Helm does. */
import type { Metadata } from '../chart/chart.ts';
import { type LooseMetadata, validateMetadata } from '../chart/metadata.ts';
import { parseJson } from '../encoding/json.ts';
import { parseYaml, toYaml } from '../encoding/yaml.ts';
import { type Logger, silentLog } from '../log.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { sortNewestFirst } from '../semver/sort.ts';
import { tryVersion } from '../semver/version.ts';
import { isMap, type Value, type ValueMap } from '../template/value.ts';

/** One version of a chart: its Chart.yaml, and where the archive is. */
export interface ChartVersion extends Metadata {
  /** Absolute, or relative to the repository's address. */
  urls: string[];
  /** RFC 3339. */
  created: string;
  removed?: boolean;
  /** SHA-256 of the archive in hexadecimal. */
  digest?: string;
}

export interface RepositoryIndex {
  apiVersion: string;
  /** RFC 3339. */
  generated: string;
  /** By chart, newest version first. */
  entries: Record<string, ChartVersion[]>;
}

/** Throws Helm's words. Entries that are no valid chart are left out and told to `log`. */
export function parseIndex(text: string, source: string, log: Logger = silentLog): RepositoryIndex {
  if (text.length === 0) throw new Error('empty index.yaml file');
  const data = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(text);
  if (!isMap(data) || typeof data.apiVersion !== 'string' || data.apiVersion === '')
    throw new Error('no API version specified');
  const entries: Record<string, ChartVersion[]> = Object.create(null);
  for (const [name, versions] of Object.entries(isMap(data.entries) ? data.entries : {}))
    entries[name] = sortVersions(validVersions(name, versions, source, log));
  return { apiVersion: data.apiVersion, generated: String(data.generated ?? ''), entries };
}

function validVersions(name: string, versions: Value, source: string, log: Logger): ChartVersion[] {
  if (!Array.isArray(versions)) return [];
  return versions.flatMap((version) => {
    const problem = isMap(version) ? problemOf(version) : 'empty entry';
    if (problem === undefined) return [toChartVersion(version as ValueMap)];
    const which = isMap(version) ? ` "${version.version ?? ''}"` : '';
    log.warn(`skipping loading invalid entry for chart "${name}"${which} from ${source}: ${problem}`);
    return [];
  });
}

function problemOf(version: ValueMap): string | undefined {
  try {
    // As Helm: an index written by older software may repeat a dependency.
    validateMetadata({ ...version, dependencies: undefined, apiVersion: version.apiVersion || 'v1' } as LooseMetadata);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const toChartVersion = (version: ValueMap): ChartVersion => ({
  ...(version as unknown as ChartVersion),
  apiVersion: String(version.apiVersion || 'v1'),
  urls: Array.isArray(version.urls) ? version.urls.map(String) : [],
});

export const encodeIndex = (index: RepositoryIndex): string => toYaml(index as unknown as Value);

/** Newest first; versions that cannot be read stand last. */
export const sortVersions = (versions: ChartVersion[]): ChartVersion[] =>
  sortNewestFirst(versions, ({ version }) => version);

/** The newest version that `constraint` allows; '' is the newest that is no pre-release. Throws Helm's words. */
export function findVersion(
  index: RepositoryIndex,
  name: string,
  constraint: string,
  log: Logger = silentLog,
): ChartVersion {
  const versions = Object.hasOwn(index.entries, name) ? index.entries[name]! : undefined;
  if (versions === undefined) throw new Error('no chart name found');
  if (versions.length === 0) throw new Error('no chart version found');
  const wanted = parseConstraint(constraint === '' ? '*' : constraint);
  const exact = constraint === '' ? undefined : versions.find((entry) => entry.version === constraint);
  if (exact !== undefined) return exact;
  for (const entry of versions) {
    const version = tryVersion(entry.version);
    if (version === undefined || !satisfies(version, wanted)) continue;
    if (constraint !== '' && !isRange(constraint))
      log.warn('unable to find exact version requested; falling back to closest available version', {
        chart: name,
        requested: constraint,
        selected: entry.version,
      });
    return entry;
  }
  throw new Error(`no chart version found for ${name}-${constraint}`);
}

const isRange = (constraint: string): boolean =>
  /[\^~<>=!*]|\|\|| - /.test(constraint) || /[xX]/.test(constraint.replace(/[-+].*$/s, ''));

/** `index` with what `other` has more; what `index` has stays as it is. */
export function mergeIndexes(index: RepositoryIndex, other: RepositoryIndex): RepositoryIndex {
  const entries: Record<string, ChartVersion[]> = Object.assign(Object.create(null), index.entries);
  for (const [name, versions] of Object.entries(other.entries)) {
    const known = new Set(entries[name]?.map((entry) => entry.version));
    entries[name] = sortVersions([...(entries[name] ?? []), ...versions.filter((entry) => !known.has(entry.version))]);
  }
  return { ...index, entries };
}
