/** A repository's index.yaml: read, searched, merged, written as Helm does. */
import type { Metadata } from '../chart/chart.ts';
import { encodeMetadata } from '../chart/encode-metadata.ts';
import { METADATA, validateMetadata } from '../chart/metadata.ts';
import { goJson, parseJson } from '../encoding/json.ts';
import { decodeStruct, type StructShape } from '../encoding/struct.ts';
import { parseYaml, toYaml } from '../encoding/yaml.ts';
import { type Logger, silentLog } from '../log.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { sortNewestFirst } from '../semver/sort.ts';
import { tryVersion } from '../semver/version.ts';
import { compareStrings, type Value } from '../template/value.ts';

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

const CHART_VERSION: StructShape = {
  struct: 'repo.ChartVersion',
  pointer: true,
  fields: {
    ...METADATA.fields,
    urls: { list: 'string' },
    created: 'string',
    removed: 'bool',
    digest: 'string',
    // Of old, and read no more.
    checksum: 'string',
    engine: 'string',
    tillerVersion: 'string',
    url: 'string',
  },
};

const INDEX: StructShape = {
  struct: 'repo.IndexFile',
  fields: {
    serverInfo: { map: 'any' },
    apiVersion: 'string',
    generated: 'string',
    entries: { map: { list: CHART_VERSION, type: 'repo.ChartVersions' } },
    publicKeys: { list: 'string' },
    annotations: { map: 'string' },
  },
};

type LooseVersion = Partial<ChartVersion> | null;
interface LooseIndex {
  apiVersion?: string;
  generated?: string;
  entries?: Record<string, LooseVersion[] | null>;
}

/** Throws Helm's words. Entries that are no valid chart are left out and told to `log`. */
export function parseIndex(text: string, source: string, log: Logger = silentLog): RepositoryIndex {
  if (text.length === 0) throw new Error('empty index.yaml file');
  const isJson = text.trimStart().startsWith('{');
  const value = isJson ? parseJson(text) : parseYaml(text);
  const index: LooseIndex = decodeStruct(INDEX, value, { exact: true, strict: !isJson });
  const { apiVersion = '', generated = '', entries: found = {} } = index;
  if (apiVersion === '') throw new Error('no API version specified');
  const entries: Record<string, ChartVersion[]> = Object.create(null);
  for (const [name, versions] of Object.entries(found))
    entries[name] = sortVersions(validVersions(name, versions ?? [], source, log));
  return { apiVersion, generated, entries };
}

/** As Helm looks at them: the last one first. */
function validVersions(name: string, versions: LooseVersion[], source: string, log: Logger): ChartVersion[] {
  const valid: ChartVersion[] = [];
  for (const version of versions.reverse()) {
    try {
      if (version === null) throw new Error('empty entry');
      valid.push(toChartVersion(version));
    } catch (error) {
      const which = version === null ? '' : ` "${version.version ?? ''}"`;
      log.warn(
        `skipping loading invalid entry for chart "${name}"${which} from ${source}: ${(error as Error).message}`,
      );
    }
  }
  return valid.reverse();
}

/** Throws where it is no valid chart. As Helm: an index written by older software may repeat a dependency. */
function toChartVersion({ dependencies, ...version }: Partial<ChartVersion>): ChartVersion {
  const { apiVersion, urls = [], created = '' } = version;
  const metadata = { ...version, apiVersion: apiVersion || 'v1' };
  validateMetadata(metadata);
  return { ...metadata, ...(dependencies && { dependencies }), urls, created };
}

export const encodeIndex = (index: RepositoryIndex): string => toYaml(index as unknown as Value);

/** As Helm's `--json` writes it. */
export function encodeIndexJson({ apiVersion, generated, entries }: RepositoryIndex): string {
  const ordered = Object.keys(entries)
    .sort(compareStrings)
    .map((name) => [name, entries[name]!.map(versionInOrder)] as const);
  return goJson({ apiVersion, generated, entries: Object.fromEntries(ordered) }, 2);
}

function versionInOrder(version: ChartVersion): Record<string, unknown> {
  const { urls, created, removed, digest } = version;
  return { ...encodeMetadata(version), urls, created, removed, digest };
}

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
