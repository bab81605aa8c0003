/** Packs a chart's directory into an archive, byte for byte the same for the same files. */
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Chart, missingDependencies } from '../chart/chart.ts';
import { loadChart, systemMessage } from '../chart/load.ts';
import { validateMetadata } from '../chart/metadata.ts';
import { archiveName, chartYaml, packChart } from '../chart/save.ts';
import type { SigningOptions } from '../provenance/signing-options.ts';
import { makeFolder } from '../repo/repositories.ts';
import { parseVersion } from '../semver/version.ts';

export interface PackageOptions {
  /** The directory of the chart. */
  path: string;
  /** The directory of the archive. */
  destination: string;
  version?: string;
  appVersion?: string;
  /** The time of every file in the archive: `SOURCE_DATE_EPOCH`; always the same where absent. */
  mtime?: Date;
  /** Signs the archive. */
  sign?: SigningOptions;
}

export interface PackagedChart {
  /** Where the archive was written. */
  path: string;
  chart: Chart;
  bytes: Uint8Array;
}

/** Writes `NAME-VERSION.tgz`, and its `.prov` where it is to be signed. Throws Helm's words for a chart that is none. */
export async function packageChart(options: PackageOptions): Promise<PackagedChart> {
  const chart = loadUnpacked(options.path);
  if (options.version) chart.metadata.version = options.version;
  parseVersion(chart.metadata.version);
  if (options.appVersion) chart.metadata.appVersion = options.appVersion;
  const missing = missingDependencies(chart);
  if (missing.length > 0)
    throw new Error(`found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`);
  checkMetadata(chart);
  const bytes = await packChart(chart, options.mtime).catch((cause: Error) => {
    throw new Error(`failed to save: ${cause.message}`, { cause });
  });
  const path = join(options.destination, archiveName(chart));
  writeWhole(options.destination, path, bytes);
  if (options.sign !== undefined) {
    const provenance = await signChart(chart, bytes, options.sign);
    writeWhole(options.destination, `${path}.prov`, provenance);
  }
  return { path, chart, bytes };
}

/** The bytes of the `.prov` file that stands beside the chart's archive. */
export async function signChart(chart: Chart, bytes: Uint8Array, options: SigningOptions): Promise<Uint8Array> {
  const { loadSigningKey, signArchive } = await import('../provenance/sign.ts');
  const key = await loadSigningKey(options);
  const signed = { bytes, fileName: archiveName(chart), metadata: chartYaml(chart.metadata) };
  return new TextEncoder().encode(await signArchive(signed, key));
}

function loadUnpacked(path: string): Chart {
  if (statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new Error(
      `unable to detect chart at ${join(path, 'Chart.yaml')}: open ${join(path, 'Chart.yaml')}: not a directory`,
    );
  return loadChart(path);
}

function checkMetadata({ metadata }: Chart): void {
  try {
    validateMetadata(metadata);
  } catch (error) {
    throw new Error(`failed to save: chart validation: ${(error as Error).message}`, { cause: error });
  }
}

/** The archive appears whole or not at all. */
function writeWhole(directory: string, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`failed to save: is not a directory: ${relative('.', directory)}`);
  try {
    makeFolder(directory);
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    throw new Error(`failed to save: open ${path}: ${systemMessage(error)}`, { cause: error });
  }
}
