/** The library: what the command line does, for programs. */
import { type RenderChartOptions, type RenderedChart, renderChart } from './action/render.ts';
import type { ApiHandler } from './api/http.ts';
import type { Chart } from './chart/chart.ts';
import type { Client } from './client/types.ts';
import { type Clock, realClock } from './clock.ts';
import { type Logger, silentLog } from './log.ts';

export { lintPaths } from './action/lint.ts';
export { packageChart } from './action/package.ts';
export { openReleases, type Releases, type ReleasesOptions } from './action/releases.ts';
export { ChartRenderError, type RenderChartOptions, type RenderedChart } from './action/render.ts';
export type { ApiHandler, ApiRequest, ApiResponse, WatchEvent } from './api/http.ts';
export type { KubeList, KubeObject, ObjectMeta } from './api/object.ts';
export { StatusError } from './api/status.ts';
export type { Chart } from './chart/chart.ts';
export { loadArchive, loadChart } from './chart/load.ts';
export { resolveConnection } from './client/connection.ts';
export { createClient } from './client/create-client.ts';
export { httpTransport } from './client/http-transport.ts';
export { Informer } from './client/informer.ts';
export { loadKubeconfig } from './client/kubeconfig.ts';
export type { Client } from './client/types.ts';
export { acceleratedClock, type Clock, ManualClock, realClock } from './clock.ts';
export { type ServeOptions, serveCluster } from './cluster/serve.ts';
export { type Logger, lineLog, silentLog } from './log.ts';
export { decodeRelease } from './release/decode.ts';
export { encodeRelease } from './release/encode.ts';
export type { Release } from './release/release.ts';

/** Renders a chart to manifests, hooks and notes. */
export const render = (chart: Chart | string, options: Omit<RenderChartOptions, 'chart'>): Promise<RenderedChart> =>
  renderChart({ ...options, chart });

export interface StartClusterOptions {
  /** Where the cluster keeps its data; in memory alone where absent. */
  dataDir?: string;
  clock?: Clock;
  log?: Logger;
}

export interface Cluster {
  handler: ApiHandler;
  /** May do everything. */
  client: Client;
  /** Resolves when the control plane has nothing left to do that does not wait for time to pass. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane with simulated nodes in this process. */
export async function startCluster(options: StartClusterOptions = {}): Promise<Cluster> {
  const { dataDir, clock = realClock, log = silentLog } = options;
  if (dataDir !== undefined) {
    const { openEmbedded } = await import('./cluster/embedded.ts');
    const { plane, handler, stop } = await openEmbedded({ dataDir, clock, log });
    return { handler, client: plane.client, settled: plane.settled, stop };
  }
  const { openMemoryStore } = await import('./store/store.ts');
  const { startPlane } = await import('./cluster/plane.ts');
  const store = openMemoryStore();
  const plane = await startPlane({ store, clock, log });
  return {
    handler: plane.handler,
    client: plane.client,
    settled: plane.settled,
    async stop() {
      await plane.stop();
      await store.close();
    },
  };
}
