/** Renders a chart, a loaded one or one on this disk. */
import type { Chart } from '../chart/chart.ts';
import { loadChart } from '../chart/load.ts';
import { nodeCrypto } from '../sprig/lazy.ts';
import { type RenderChartOptions, type RenderedChart, renderIn, type Surroundings } from './render.ts';

export interface RenderAnyChartOptions extends Omit<RenderChartOptions, 'chart'> {
  /** A chart that is loaded, or the path of a directory or an archive. */
  chart: Chart | string;
}

const NODE: Surroundings = {
  randomBytes: (size) => nodeCrypto().randomBytes(size),
  fetchSchema: async (url) => (await import('../repo/fetch-schema.ts')).fetchSchema(url),
};

/** Throws Helm's words: plain errors up to the schema, ChartRenderError from there on. */
export async function renderChart({ chart, ...options }: RenderAnyChartOptions): Promise<RenderedChart> {
  const { log } = options;
  return renderIn(NODE, {
    ...options,
    chart: typeof chart === 'string' ? loadChart(chart, { ...(log && { log }) }) : chart,
  });
}
