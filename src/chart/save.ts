/** A chart written out again: as a directory, or as the files of an archive. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packArchive, REPRODUCIBLE_TIME } from '../archive/pack.ts';
import { readArchive } from '../archive/read.ts';
import type { ArchiveFile } from '../archive/tar.ts';
import { toYaml } from '../encoding/yaml.ts';
import { encodeUtf8 } from '../template/utf8.ts';
import { type Chart, checkChartName, type Metadata, rawFile } from './chart.ts';
import { encodeMetadata } from './encode-metadata.ts';
import { lockYaml } from './lock.ts';

/** Chart.yaml as Helm writes it: sorted, without comments, and for apiVersion v1 without dependencies. */
export function chartYaml(metadata: Metadata): string {
  const { dependencies, ...rest } = encodeMetadata(metadata);
  return toYaml(metadata.apiVersion === 'v1' || dependencies === undefined ? rest : { ...rest, dependencies });
}

/** `web-1.2.3.tgz` */
export const archiveName = ({ metadata }: Chart): string => `${metadata.name}-${metadata.version}.tgz`;

/** The chart as an archive. `mtime` stands for the time of every file: the same chart always makes the same bytes. */
export const packChart = (chart: Chart, mtime: Date = REPRODUCIBLE_TIME): Promise<Uint8Array> =>
  packArchive(archiveFiles(chart, ''), { mtime });

/** In Helm's order; subcharts follow as directories. */
function archiveFiles(chart: Chart, prefix: string): ArchiveFile[] {
  const { metadata, lock, schema } = chart;
  checkChartName(metadata.name);
  const base = `${prefix}${metadata.name}/`;
  const file = (name: string, data: Uint8Array): ArchiveFile => ({ name: base + name, data });
  const values = rawFile(chart, 'values.yaml');
  if (schema !== undefined) checkJson(schema);
  return [
    file('Chart.yaml', encodeUtf8(chartYaml(metadata))),
    ...(metadata.apiVersion === 'v2' && lock !== undefined ? [file('Chart.lock', encodeUtf8(lockYaml(lock)))] : []),
    ...(values === undefined ? [] : [file('values.yaml', values.data)]),
    ...(schema === undefined ? [] : [file('values.schema.json', schema)]),
    ...[...chart.templates, ...chart.files].map(({ name, data }) => file(name, data)),
    ...chart.dependencies.flatMap((subchart) => archiveFiles(subchart, `${base}charts/`)),
  ];
}

function checkJson(schema: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder().decode(schema));
  } catch (error) {
    throw new Error('invalid JSON in values.schema.json', { cause: error });
  }
}

/** Writes the chart below `parent`, in a directory of its name; subcharts become archives. */
export async function saveChartDirectory(chart: Chart, parent: string, mtime: Date): Promise<string> {
  checkChartName(chart.metadata.name);
  const directory = join(parent, chart.metadata.name);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`file ${directory} already exists and is not a directory`);
  const values = rawFile(chart, 'values.yaml');
  writeChartFile(directory, 'Chart.yaml', encodeUtf8(chartYaml(chart.metadata)));
  if (values !== undefined) writeChartFile(directory, 'values.yaml', values.data);
  if (chart.schema !== undefined) writeChartFile(directory, 'values.schema.json', chart.schema);
  for (const { name, data } of [...chart.templates, ...chart.files]) writeChartFile(directory, name, data);
  for (const subchart of chart.dependencies)
    writeChartFile(join(directory, 'charts'), archiveName(subchart), await packChart(subchart, mtime));
  return directory;
}

/** Unpacks an archive into `directory`, without the name of the directory that it holds. As Helm: every file is 0644. */
export function unpackChart(archive: Uint8Array, directory: string): void {
  for (const { name, data } of readArchive(archive)) writeChartFile(directory, name, data);
}

/** Writes a file, and the directories above it. */
export function writeChartFile(directory: string, name: string, data: Uint8Array): void {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data, { mode: 0o644 });
}
