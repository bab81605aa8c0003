/** The library: what the command line does, for programs. */
import type { RenderChartOptions, RenderedChart } from './action/render.ts';
import { renderChart } from './action/render-chart.ts';
import type { Chart } from './chart/chart.ts';
import type { Cluster, StartClusterOptions } from './cluster/start-cluster.ts';

export { lintPaths } from './action/lint.ts';
export { packageChart } from './action/package.ts';
export { openReleases, type Releases, type ReleasesOptions } from './action/releases.ts';
export { ChartRenderError, type RenderChartOptions, type RenderedChart } from './action/render.ts';
export type { ApiHandler, ApiRequest, ApiResponse, WatchEvent } from './api/http.ts';
export type { KubeList, KubeObject, ObjectMeta } from './api/object.ts';
export { StatusError } from './api/status.ts';
export type { Chart } from './chart/chart.ts';
export { loadArchive, loadChart, loadNamedFiles as loadFiles } from './chart/load.ts';
export type { ChartFiles } from './chart/load-memory.ts';
export { resolveConnection } from './client/connection.ts';
export { createClient } from './client/create-client.ts';
export { httpTransport } from './client/http-transport.ts';
export { Informer } from './client/informer.ts';
export { loadKubeconfig } from './client/kubeconfig.ts';
export type { Client } from './client/types.ts';
export { acceleratedClock, type Clock, ManualClock, realClock } from './clock.ts';
export type { NodeRule } from './cluster/node-faults.ts';
export type { RequestRule } from './cluster/request-faults.ts';
export { parseScenario, type Scenario } from './cluster/scenario.ts';
export { type ServeOptions, serveCluster } from './cluster/serve.ts';
export type { Cluster, StartClusterOptions } from './cluster/start-cluster.ts';
export type { ScenarioRule } from './kubelet/behaviour.ts';
export type { NodeSpec } from './kubelet/start.ts';
export { type Logger, lineLog, silentLog } from './log.ts';
export type { Hook, Manifest } from './manifest/manifest.ts';
export { templateText } from './manifest/print.ts';
export { decodeRelease } from './release/decode.ts';
export { encodeRelease } from './release/encode.ts';
export type { Release } from './release/release.ts';
export { parseValues } from './values/load.ts';
export { mergeOverrides, type Overrides } from './values/overrides.ts';
export type { ValuesUse } from './values/use.ts';

/**
 * Renders a chart (a loaded one, or the path of a directory or an archive) to manifests, hooks and notes, as
 * `helm template` does. Throws Helm's words: a plain Error up to the values schema, a ChartRenderError from there on.
 */
export const render = (chart: Chart | string, options: Omit<RenderChartOptions, 'chart'>): Promise<RenderedChart> =>
  renderChart({ ...options, chart });

/**
 * Starts a control plane with simulated nodes in this process; resolves when they have registered. Throws for a
 * scenario that makes no sense, or where another process holds `dataDir`.
 */
export const startCluster = async (options: StartClusterOptions = {}): Promise<Cluster> =>
  (await import('./cluster/start-cluster.ts')).startCluster(options);
