/** The library: what the command line does, for programs. */
export { type RenderChartOptions, type RenderedChart, renderChart } from './action/render.ts';
export type { Chart } from './chart/chart.ts';
export { loadArchive, loadChart } from './chart/load.ts';
export { createClient } from './client/create-client.ts';
export type { Client } from './client/types.ts';
export { type Clock, ManualClock, realClock } from './clock.ts';
export { type Embedded, type EmbeddedOptions, openEmbedded } from './cluster/embedded.ts';
export { decodeRelease } from './release/decode.ts';
export { encodeRelease } from './release/encode.ts';
export type { Release } from './release/release.ts';
