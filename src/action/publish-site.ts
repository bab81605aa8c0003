/** The pages that people read, written beside the index that programs read. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Chart, rawFile, textOf } from '../chart/chart.ts';
import { loadArchive } from '../chart/load.ts';
import type { Logger } from '../log.ts';
import type { ChartVersion, RepositoryIndex } from '../repo/index-file.ts';
import { writeAtomic } from '../repo/repositories.ts';
import { type ChartDetails, chartPage, chartPageText, indexPage, type SiteChart } from '../repo/site/pages.ts';
import { compareStrings } from '../template/value.ts';

export interface SiteOptions {
  /** The repository's folder. */
  to: string;
  /** Its address; where it is empty, pages tell it by their own. */
  url: string;
  /** Charts whose pages are written anew; of the others those that are missing. */
  changed: ReadonlySet<string>;
  log: Logger;
}

/** The same index and archives always make the same pages. */
export function writeSite(index: RepositoryIndex, { to, url, changed, log }: SiteOptions): void {
  const charts = Object.entries(index.entries)
    .filter(([, versions]) => versions.length > 0)
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([name, versions]): SiteChart => ({ name, versions, signed: signedVersions(to, versions) }));
  for (const chart of charts) {
    const page = chartPage(chart.name);
    if (page === undefined || (!changed.has(chart.name) && existsSync(join(to, page)))) continue;
    writeAtomic(join(to, page), chartPageText(chart, detailsOf(to, chart.versions[0]!, log), url), 0o644);
  }
  writeAtomic(join(to, 'index.html'), indexPage(charts, url), 0o644);
}

/** The archive's name where it lies in the repository's own folder. */
function ownArchive({ urls }: ChartVersion): string | undefined {
  const name = urls[0]?.split('/').at(-1) ?? '';
  return /^[^/\\]+\.tgz$/.test(name) ? name : undefined;
}

const signedVersions = (to: string, versions: readonly ChartVersion[]): ReadonlySet<string> =>
  new Set(
    versions
      .filter((entry) => {
        const archive = ownArchive(entry);
        return archive !== undefined && existsSync(join(to, `${archive}.prov`));
      })
      .map(({ version }) => version),
  );

/** Nothing of an archive that is not here, or is not the one that the index names. */
function detailsOf(to: string, entry: ChartVersion, log: Logger): ChartDetails {
  const archive = ownArchive(entry);
  if (archive === undefined || !existsSync(join(to, archive))) return {};
  const bytes = readFileSync(join(to, archive));
  if (entry.digest?.replace(/^sha256:/, '') !== createHash('sha256').update(bytes).digest('hex')) return {};
  let chart: Chart;
  try {
    chart = loadArchive(bytes, { log });
  } catch (error) {
    log.warn('the page has neither readme nor values', { chart: entry.name, error });
    return {};
  }
  const readme = chart.raw.find(({ name }) => /^readme\.md$/i.test(name));
  const values = rawFile(chart, 'values.yaml');
  return { ...(readme && { readme: textOf(readme) }), ...(values && { values: textOf(values) }) };
}
