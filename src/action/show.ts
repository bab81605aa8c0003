/** What a chart says of itself: its definition, values, readme and custom resource definitions. */
import { type Chart, chartCrds, rawFile, textOf } from '../chart/chart.ts';
import { encodeMetadata } from '../chart/encode-metadata.ts';
import { toYaml } from '../encoding/yaml.ts';

export type ShowFormat = 'all' | 'chart' | 'values' | 'readme' | 'crds';

const READMES = ['readme.md', 'readme.txt', 'readme'];

/** The text that `show` prints. */
export function showChart(chart: Chart, format: ShowFormat): string {
  const shows = (part: ShowFormat): boolean => format === part || format === 'all';
  const ruler = format === 'all' ? '---\n' : '';
  const parts: string[] = [];
  if (shows('chart')) parts.push(`${toYaml(encodeMetadata(chart.metadata))}\n`);
  const values = rawFile(chart, 'values.yaml');
  if (shows('values') && values !== undefined) parts.push(`${ruler}${textOf(values)}\n`);
  const readme = chart.files.find((file) => READMES.includes(file.name.toLowerCase()));
  if (shows('readme') && readme !== undefined) parts.push(`${ruler}${textOf(readme)}\n`);
  if (shows('crds'))
    for (const { text } of chartCrds(chart)) parts.push(`${text.startsWith('---') ? '' : '---\n'}${text}\n`);
  return parts.join('');
}
