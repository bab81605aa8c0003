/** The library for browsers: charts from memory, rendered as everywhere. Nothing here, or below, needs Node. */
import { type RenderChartOptions, type RenderedChart, renderIn, type Surroundings } from './action/render.ts';
import type { Chart } from './chart/chart.ts';
import {
  type ChartFiles,
  type LoadMemoryOptions,
  loadArchiveLater,
  loadFilesLater,
  toArchiveFiles,
} from './chart/load-memory.ts';

export { ChartRenderError, type RenderChartOptions, type RenderedChart } from './action/render.ts';
export type { Chart } from './chart/chart.ts';
export type { ChartFiles } from './chart/load-memory.ts';
export { type Logger, lineLog, silentLog } from './log.ts';
export type { Hook, Manifest } from './manifest/manifest.ts';
export { templateText } from './manifest/print.ts';
export { parseValues } from './values/load.ts';
export { mergeOverrides, type Overrides } from './values/overrides.ts';
export type { ValuesUse } from './values/use.ts';

/** A chart from the bytes of its archive. Throws Helm's words. */
export const loadArchive = (bytes: Uint8Array, options: LoadMemoryOptions = {}): Promise<Chart> =>
  loadArchiveLater(bytes, options);

/** A chart from the files of its directory, by their names. Throws Helm's words. */
export const loadFiles = async (files: ChartFiles, options: LoadMemoryOptions = {}): Promise<Chart> =>
  loadFilesLater(toArchiveFiles(files), options);

/**
 * Renders a chart to manifests, hooks and notes. Functions that need what only Node has - genCA and its like,
 * encryptAES, derivePassword - fail in their name; the other ones work.
 */
export const render = (chart: Chart, options: Omit<RenderChartOptions, 'chart'>): Promise<RenderedChart> =>
  renderIn(BROWSER, { ...options, chart });

/** No more at once, says the standard. */
const MAX_RANDOM = 65_536;

const BROWSER: Surroundings = {
  randomBytes(size) {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += MAX_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM));
    return bytes;
  },
  async fetchSchema(url) {
    if (!/^https?:/.test(url)) throw new Error(`no URLLoader registered for ${JSON.stringify(url)}`);
    const response = await fetch(url);
    if (!response.ok)
      throw new Error(`HTTP request to ${url} returned status ${response.status} (${response.statusText})`);
    return response.text();
  },
};
