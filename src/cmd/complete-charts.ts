/** Candidates that are charts of the user's repositories, or the versions of one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { loadRepositories } from '../repo/repositories.ts';
import { cachedIndexFor, chartsPath, indexPath } from '../repo/repository.ts';
import type { CommandContext } from './command.ts';

const ADDRESSES = [
  'oci://\tChart OCI prefix',
  'https://\tChart URL prefix',
  'http://\tChart URL prefix',
  'file://\tChart local URL prefix',
];

/** Repositories first, and the charts of one once it is named. */
export function completeCharts({ settings, environment }: CommandContext, typed: string, withFiles: boolean): string[] {
  const repositories = loadRepositories(settings.repositoryConfig);
  const named = repositories.find(({ name }) => typed.startsWith(`${name}/`));
  if (named !== undefined)
    return chartNames(settings.repositoryCache, named.name).map((name) => `${named.name}/${name}`);
  const all = [...repositories.map(({ name, url }) => `${name}/\t${url}`), ...ADDRESSES];
  const candidates = all.filter((candidate) => candidate.startsWith(typed));
  // A shell looks for files itself only where there is nothing else.
  if (!withFiles || candidates.length === 0 || typed === '') return candidates;
  return [...candidates, ...readdirSync(environment.directory)];
}

function chartNames(cache: string, repository: string): string[] {
  const path = chartsPath(cache, repository);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

/** What `--version` may be of the chart `repo/name` among the arguments. */
export function completeVersions({ args, settings, log }: CommandContext): string[] {
  const { repositoryCache: cache } = settings;
  const [repository = '', chart = ''] = args.find((arg) => /^[^/]+\/[^/]+$/.test(arg))?.split('/') ?? [];
  if (chart === '' || !existsSync(indexPath(cache, repository))) return [];
  const { entries } = cachedIndexFor(chart, { name: repository }, cache, log);
  return (entries[chart] ?? []).map(({ version, appVersion, created, deprecated }) => {
    const app = appVersion ? `App: ${appVersion}, ` : '';
    return `${version}\t${app}Created: ${dayOf(created)} ${deprecated ? '(deprecated)' : ''}`;
  });
}

const dayOf = (created: string): string =>
  Number.isNaN(Date.parse(created))
    ? 'January 1, 0001'
    : new Date(created).toLocaleDateString('en', { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' });
