/** Finds charts in the cached indexes of the user's repositories. */
import type { Logger } from '../log.ts';
import type { ChartVersion } from '../repo/index-file.ts';
import { type Repository, readableRepositories } from '../repo/repositories.ts';
import { cachedCharts, type RepositoryPlaces } from '../repo/repository.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { compareVersions, tryVersion } from '../semver/version.ts';
import { compareStrings } from '../template/value.ts';

export interface SearchRepoOptions {
  places: RepositoryPlaces;
  /** Looked for in names, descriptions and keywords; all charts where empty. */
  keyword: string;
  /** The keyword is a regular expression, compiled by this. */
  compile?: (pattern: string) => { index(text: string): number };
  /** Every version, not the newest alone. */
  versions?: boolean;
  /** A constraint; '' is the newest that is no pre-release. */
  version?: string;
  devel?: boolean;
  log: Logger;
}

export interface SearchResult {
  /** `repository/chart` */
  name: string;
  entry: ChartVersion;
}

/** Parts of a line that is searched; a match further right counts less. As Helm: the score is the part's number. */
const SEPARATOR = '\v';
const MAX_SCORE = 25;

export function searchRepositories(options: SearchRepoOptions): SearchResult[] {
  const repositories = readableRepositories(options.places.config);
  if (repositories.length === 0) throw new Error('no repositories configured');
  const constraint = constraintOf(options);
  const found: (SearchResult & { score: number })[] = [];
  for (const repository of repositories) {
    for (const [chart, versions] of chartsOf(repository, options)) {
      const name = `${repository.name}/${chart}`;
      for (const entry of versions) {
        const score = scoreOf(name, entry, options);
        if (score !== undefined) found.push({ name, entry, score });
      }
    }
  }
  found.sort(compareResults);
  const seen = new Set<string>();
  return found.filter(({ name, entry }) => {
    const version = tryVersion(entry.version);
    if ((!options.versions && seen.has(name)) || version === undefined || !satisfies(version, constraint)) return false;
    return seen.add(name);
  });
}

function constraintOf({ version = '', devel = false }: SearchRepoOptions) {
  try {
    return parseConstraint(version || (devel ? '>0.0.0-0' : '>0.0.0'));
  } catch (cause) {
    throw new Error(`an invalid version/constraint format: ${(cause as Error).message}`, { cause });
  }
}

function chartsOf(repository: Repository, options: SearchRepoOptions): [name: string, versions: ChartVersion[]][] {
  const { places, log } = options;
  const mayMatter = (name: string, text: string) => mayMatch(repository.name, name, text, options);
  try {
    return [...cachedCharts(repository, places.cache, log, mayMatter)];
  } catch (error) {
    log.warn('repo is corrupt or missing', { repo: repository.name, error });
    return [];
  }
}

/**
 * Whether the chart's part of an index can hold the keyword. Lines are folded in it, so each word is looked for alone;
 * of text with escapes nothing can be told.
 */
function mayMatch(repository: string, name: string, text: string, { keyword, compile }: SearchRepoOptions): boolean {
  if (compile !== undefined || keyword === '' || text.includes('\\')) return true;
  const line = `${repository}/${name}\n${text}`.toLowerCase();
  return keyword
    .toLowerCase()
    .split(/\s+/)
    .every((word) => line.includes(word));
}

function scoreOf(name: string, entry: ChartVersion, { keyword, compile }: SearchRepoOptions): number | undefined {
  if (keyword === '') return 0;
  const line = [entry.name, name, entry.description ?? '', entry.keywords?.join(' ') ?? ''].join(SEPARATOR);
  const at = compile ? compile(keyword).index(line) : line.toLowerCase().indexOf(keyword.toLowerCase());
  if (at < 0) return undefined;
  const score = line.slice(0, at).split(SEPARATOR).length - 1;
  return score < MAX_SCORE ? score : undefined;
}

function compareResults(a: SearchResult & { score: number }, b: SearchResult & { score: number }): number {
  if (a.score !== b.score) return a.score - b.score;
  if (a.name !== b.name) return compareStrings(a.name, b.name);
  const [x, y] = [tryVersion(a.entry.version), tryVersion(b.entry.version)];
  return x === undefined || y === undefined ? 0 : compareVersions(y, x);
}
