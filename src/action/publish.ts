/**
 * Publishes charts to a static repository: packaged, and merged into its index under a lock. Nothing published is lost or
 * changed: a version that is there with other bytes is refused, and what failed half way left the index as it was.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timestamp } from '../api/object.ts';
import type { Chart } from '../chart/chart.ts';
import { loadChart } from '../chart/load.ts';
import { archiveName, packChart } from '../chart/save.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { SigningOptions } from '../provenance/signing-options.ts';
import { type ChartVersion, encodeIndex, parseIndex, type RepositoryIndex, sortVersions } from '../repo/index-file.ts';
import { writeAtomic } from '../repo/repositories.ts';
import { acquireLock } from '../store/lock.ts';
import { signChart } from './package.ts';

export interface PublishOptions {
  /** The repository's folder; made where there is none. */
  to: string;
  /** The address of the folder; archives are named relative to it where empty. */
  url?: string;
  /** Replaces a version that is there with other bytes. */
  force?: boolean;
  /** The time of what is new in the index, in milliseconds since the epoch. */
  now: number;
  /** The time of every file in an archive; always the same where absent, so that the same chart gives the same bytes. */
  mtime?: Date;
  /** Signs every archive that is new. */
  sign?: SigningOptions;
  /** No pages for people. */
  withoutSite?: boolean;
  clock: Clock;
  log: Logger;
  signal?: AbortSignal;
}

export interface Published {
  entry: ChartVersion;
  /** `unchanged`: the same bytes were there already. */
  outcome: 'added' | 'replaced' | 'unchanged';
}

const LOCK_WAIT = 30_000;

/** Publishes all of the charts or, when one is refused, none. `charts` are paths of directories or archives. */
export async function publishCharts(charts: string[], options: PublishOptions): Promise<Published[]> {
  const { to, clock, log, signal } = options;
  const packed = await Promise.all(charts.map((path) => packageOf(path, options)));
  mkdirSync(to, { recursive: true });
  const lock = await acquireLock(join(to, '.publish.lock'), { clock, wait: LOCK_WAIT, signal });
  try {
    const path = join(to, 'index.yaml');
    const index = existsSync(path) ? parseIndex(readFileSync(path, 'utf8'), path, log) : emptyIndex();
    const results = packed.map((chart) => addVersion(index, chart, options));
    const isChanged = results.some(({ outcome }) => outcome !== 'unchanged');
    if (isChanged) {
      for (const { file, bytes, provenance } of packed) {
        writeAtomic(join(to, file), bytes, 0o644);
        if (provenance !== undefined) writeAtomic(join(to, `${file}.prov`), provenance, 0o644);
      }
      index.generated = timestamp(options.now);
      writeAtomic(path, encodeIndex(index), 0o644);
    }
    if (!options.withoutSite) await updateSite(index, packed, options);
    return results;
  } finally {
    lock.release();
  }
}

async function updateSite(
  index: RepositoryIndex,
  packed: Packed[],
  { to, url = '', log }: PublishOptions,
): Promise<void> {
  const { writeSite } = await import('./publish-site.ts');
  writeSite(index, { to, url, changed: new Set(packed.map(({ chart }) => chart.metadata.name)), log });
}

interface Packed {
  chart: Chart;
  file: string;
  bytes: Uint8Array;
  digest: string;
  provenance?: Uint8Array;
}

/** An archive is published as it is, a directory is packaged. */
async function packageOf(path: string, { mtime, sign, log }: PublishOptions): Promise<Packed> {
  const chart = loadChart(path, { log });
  const bytes = path.endsWith('.tgz') ? readFileSync(path) : await packChart(chart, mtime);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const provenance = sign ? await signChart(chart, bytes, sign) : besideArchive(path);
  return { chart, file: archiveName(chart), bytes, digest, ...(provenance && { provenance }) };
}

/** What someone has signed before. */
const besideArchive = (path: string): Uint8Array | undefined =>
  path.endsWith('.tgz') && existsSync(`${path}.prov`) ? readFileSync(`${path}.prov`) : undefined;

/** RFC 3339 in whole seconds. */

const emptyIndex = (): RepositoryIndex => ({ apiVersion: 'v1', generated: '', entries: Object.create(null) });

function addVersion(index: RepositoryIndex, { chart, file, digest }: Packed, options: PublishOptions): Published {
  const { metadata } = chart;
  const versions = (index.entries[metadata.name] ??= []);
  const at = versions.findIndex(({ version }) => version === metadata.version);
  const before = versions[at];
  if (before?.digest === digest) return { entry: before, outcome: 'unchanged' };
  if (before !== undefined && !options.force)
    throw new Error(
      `publish ${metadata.name} ${metadata.version}: this version is published with other content (digest ${before.digest}, now ${digest}); raise the version, or use --force to replace it`,
    );
  const entry: ChartVersion = {
    ...metadata,
    urls: [options.url ? `${options.url.replace(/\/+$/, '')}/${file}` : file],
    created: timestamp(options.now),
    digest,
  };
  if (before === undefined) versions.push(entry);
  else versions[at] = entry;
  sortVersions(versions);
  return { entry, outcome: before === undefined ? 'added' : 'replaced' };
}
