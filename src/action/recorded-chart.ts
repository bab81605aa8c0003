/** A chart as release records keep it: its own files and values, without its subcharts. */
import type { Chart, ChartFile } from '../chart/chart.ts';
import { encodeMetadata } from '../chart/encode-metadata.ts';
import type { RecordedChart, RecordedFile } from '../release/release.ts';

export const toRecordedChart = (chart: Chart): RecordedChart => ({
  metadata: encodeMetadata(chart.metadata),
  lock: chart.lock ? { ...chart.lock } : null,
  templates: recordedFiles(chart.templates),
  values: chart.values ?? null,
  schema: chart.schema ? base64(chart.schema) : null,
  schemamodtime: modTimeOf(chart, 'values.schema.json') ?? ZERO_TIME,
  files: recordedFiles(chart.files),
  ...optional('modtime', modTimeOf(chart, 'Chart.yaml')),
});

/** The time that Go has for none. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** No files are null, as Go has it. */
const recordedFiles = (files: ChartFile[]): RecordedFile[] | null =>
  files.length === 0
    ? null
    : files.map(({ name, data, modTime }) => ({ name, data: base64(data), ...optional('modtime', timeText(modTime)) }));

const modTimeOf = (chart: Chart, name: string): string | undefined =>
  timeText(chart.raw.find((file) => file.name === name)?.modTime);

/** RFC 3339 as Go prints it: no zeros at the end of the fraction. */
const timeText = (time: Date | undefined): string | undefined =>
  time?.toISOString().replace(/\.(\d*?)0+Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`));

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const optional = (key: string, value: string | undefined) => (value === undefined ? {} : { [key]: value });
