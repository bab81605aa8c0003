/** From a chart and overrides to all that a release is made of. Pure: what it needs of the world is passed in. */
import { type Chart, chartCrds, missingDependencies } from '../chart/chart.ts';
import { isCompatibleRange } from '../chart/compatible.ts';
import { processDependencies, toValuesChart } from '../chart/dependencies.ts';
import type { Client } from '../client/types.ts';
import { type Capabilities, defaultCapabilities } from '../engine/capabilities.ts';
import { COMPAT, type CompatVersion, DEFAULT_COMPAT } from '../engine/compat.ts';
import { foreignTemplates } from '../engine/foreign.ts';
import { renderWithLookup } from '../engine/lookup.ts';
import { type RenderedFiles, type RenderOptions, render } from '../engine/render.ts';
import { type Logger, silentLog } from '../log.ts';
import { type Hook, type Manifest, toManifests } from '../manifest/manifest.ts';
import { takeNotes } from '../manifest/notes.ts';
import { type CrdFile, manifestText, unsortedText } from '../manifest/print.ts';
import { releaseNameProblem } from '../release/release.ts';
import type { SprigContext } from '../sprig/functions.ts';
import type { Limits } from '../template/template.ts';
import type { ValueMap } from '../template/value.ts';
import { coalesceValues } from '../values/coalesce.ts';
import { deepCopy } from '../values/merge.ts';
import { schemaProblems } from '../values/schema.ts';
import { type ValuesUse, ValuesWatch } from '../values/use.ts';

/** What differs between Node and a browser. */
export interface Surroundings {
  /** Random bytes good enough for keys. */
  randomBytes(size: number): Uint8Array;
  /** The text of a JSON schema that a chart's own refers to. */
  fetchSchema(url: string): Promise<string>;
}

export interface RenderChartOptions {
  chart: Chart;
  releaseName: string;
  namespace: string;
  /** What the user gave: files and `--set` merged. */
  overrides?: ValueMap;
  /** Of an upgrade; what is installed has 1. */
  revision?: number;
  isUpgrade?: boolean;
  /** Kubernetes to render for where no cluster is asked; v1.36.0 where absent. */
  kubeVersion?: string;
  /** More than the API versions that Helm assumes without a cluster. */
  apiVersions?: readonly string[];
  /** Answers `lookup`, and says which Kubernetes it is. */
  cluster?: Client;
  includeCrds?: boolean;
  hideSecret?: boolean;
  /** Notes of subcharts too. */
  subNotes?: boolean;
  skipSchemaValidation?: boolean;
  enableDns?: boolean;
  /** Tell which values templates looked at; rendering takes a little longer then. */
  trackValues?: boolean;
  /** The chart went through `checkInstallable` already. */
  isChecked?: boolean;
  /** Of what templates may do, where the usual ones do not fit. */
  limits?: Limits;
  /** Takes the rendered files and answers what is to be applied. */
  postRender?: (files: RenderedFiles) => Promise<RenderedFiles>;
  /** Milliseconds since the Unix epoch; the computer's clock where absent. */
  now?: () => number;
  /** The Helm to render as; 4.2 where absent. */
  compat?: CompatVersion;
  log?: Logger;
}

export interface RenderedChart {
  /** The chart with its enabled subcharts and imported values. */
  chart: Chart;
  overrides: ValueMap;
  /** What templates saw as `.Values`, before any of them changed it. */
  values: ValueMap;
  capabilities: Capabilities;
  files: RenderedFiles;
  /** In install order; each tells its template's path. */
  manifests: Manifest[];
  hooks: Hook[];
  notes: string;
  crds: CrdFile[];
  /** The text that a release record keeps. */
  readonly manifest: string;
  /** With `trackValues`. Conditions and tags of dependencies count as looked at. */
  valuesUse?: ValuesUse;
}

/** What was rendered: the chart with its enabled subcharts, and what its templates saw as `.Values`. */
export interface RenderSource {
  chart: Chart;
  values: ValueMap;
}

/** A chart that loaded and has good values, but does not render. `manifest` is what there is to look at. */
export class ChartRenderError extends Error {
  readonly source: RenderSource;
  readonly manifest: string;
  constructor(cause: Error, source: RenderSource, manifest = '') {
    super(cause.message, { cause });
    this.name = 'ChartRenderError';
    this.source = source;
    this.manifest = manifest;
  }
}

/** Throws Helm's words: plain errors up to the schema, ChartRenderError from there on. */
export async function renderIn(surroundings: Surroundings, options: RenderChartOptions): Promise<RenderedChart> {
  const { overrides = {}, cluster, log = silentLog } = options;
  if (!options.isChecked) checkInstallable(options.chart, log);
  checkName(options.releaseName, log);
  const chart = processed(options, log);
  const capabilities = cluster === undefined ? offlineCapabilities(options) : await clusterCapabilities(cluster);
  const values = await validValues(chart, overrides, options, surroundings);
  checkKubeVersion({ chart, values }, capabilities);
  const context = contextOf(options, surroundings);
  const watch = options.trackValues ? watchFor(options.chart, chart) : undefined;
  const files = await renderFiles({ chart, values }, { capabilities, context, watch }, options);
  const notes = takeNotes(files, chart.metadata.name, { subNotes: options.subNotes === true });
  const applied = options.postRender ? await postRendered(options.postRender, files, { chart, values }) : files;
  const sorted = sortFiles(applied, { chart, values }, options);
  const crds = chartCrds(chart);
  let manifest: string | undefined;
  return {
    ...{ chart, overrides, values, capabilities, files, ...sorted, notes, crds },
    ...(watch && { valuesUse: watch.use(values, overrides) }),
    // It may be megabytes, and whoever prints it has no need of one text.
    get manifest() {
      const { includeCrds = false, hideSecret = false } = options;
      return (manifest ??= manifestText(sorted.manifests, { crds: includeCrds ? crds : [], hideSecret }));
    },
  };
}

/** Throws for library charts and for dependencies that are declared but not there. */
export function checkInstallable(chart: Chart, log: Logger): void {
  const { type = '', deprecated } = chart.metadata;
  if (type !== '' && type !== 'application') throw new Error(`${type} charts are not installable`);
  if (deprecated) log.warn('this chart is deprecated');
  checkDependencies(chart);
}

/** Throws for dependencies that are declared but not there. */
export function checkDependencies(chart: Chart): void {
  const missing = missingDependencies(chart);
  if (missing.length > 0)
    throw new Error(
      `an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: ${missing.join(', ')}`,
    );
}

function checkName(name: string, log: Logger): void {
  const problem = releaseNameProblem(name);
  if (problem === undefined) return;
  refuse(log, 'release name check failed', new Error(`release name ${JSON.stringify(name)}: ${problem}`));
}

/** Helm logs what it refuses as well. */
export function refuse(log: Logger, what: string, cause: Error): never {
  log.error(what, { error: cause });
  throw new Error(`${what}: ${cause.message}`, { cause });
}

function processed({ chart, overrides = {}, revision }: RenderChartOptions, log: Logger): Chart {
  try {
    return processDependencies(chart, overrides, log);
  } catch (error) {
    // As Helm: an upgrade says no more than what is wrong.
    if (revision !== undefined) throw error;
    return refuse(log, 'chart dependencies processing failed', error as Error);
  }
}

function offlineCapabilities(options: RenderChartOptions): Capabilities {
  try {
    return defaultCapabilities(options);
  } catch (error) {
    throw new Error(`invalid kube version '${options.kubeVersion}': ${(error as Error).message}`, { cause: error });
  }
}

async function clusterCapabilities(cluster: Client): Promise<Capabilities> {
  const [{ gitVersion, major, minor }, apiVersions] = await Promise.all([
    cluster.serverVersion(),
    cluster.apiVersions(),
  ]);
  const kubeVersion = { version: gitVersion, major, minor };
  return { ...defaultCapabilities(), kubeVersion, apiVersions };
}

async function validValues(
  chart: Chart,
  overrides: ValueMap,
  options: RenderChartOptions,
  { fetchSchema }: Surroundings,
): Promise<ValueMap> {
  const tree = toValuesChart(chart);
  const { keepNulls } = COMPAT[options.compat ?? DEFAULT_COMPAT];
  const values = coalesceValues(tree, overrides, options.log?.info, { keepNulls });
  if (options.skipSchemaValidation) return values;
  const problems = await schemaProblems(tree, values, { load: fetchSchema, warn: options.log?.warn });
  if (problems !== '')
    throw new Error(`values don't meet the specifications of the schema(s) in the following chart(s):\n${problems}`);
  return values;
}

function checkKubeVersion(source: RenderSource, { kubeVersion }: Capabilities): void {
  const wanted = source.chart.metadata.kubeVersion ?? '';
  if (wanted === '' || isCompatibleRange(wanted, kubeVersion.normalized || kubeVersion.version)) return;
  throw new ChartRenderError(
    new Error(`chart requires kubeVersion: ${wanted} which is incompatible with Kubernetes ${kubeVersion.version}`),
    source,
  );
}

/** Renders with a copy of the values: templates may change theirs, and a chart that looks things up renders again. */
async function renderFiles(
  source: RenderSource,
  { watch, ...given }: { capabilities: Capabilities; context: SprigContext; watch: ValuesWatch | undefined },
  options: RenderChartOptions,
): Promise<RenderedFiles> {
  const { chart, values } = source;
  const { releaseName, namespace, revision = 1, isUpgrade = false, log = silentLog } = options;
  const engine: RenderOptions = {
    release: { name: releaseName, namespace, revision, isUpgrade },
    ...given,
    ...(await foreignTemplates(chart)),
    compat: options.compat ?? DEFAULT_COMPAT,
    ...(options.limits && { limits: options.limits }),
    log,
  };
  const ownValues = () => watch?.watched(deepCopy(values)) ?? deepCopy(values);
  try {
    if (options.cluster === undefined) return render(chart, ownValues(), engine);
    return await renderWithLookup(options.cluster, (lookup) => render(chart, ownValues(), { ...engine, lookup }));
  } catch (error) {
    throw new ChartRenderError(error as Error, source);
  }
}

/** Dependencies are read of the chart as it was loaded: those that are switched off are gone from what is rendered. */
function watchFor(loaded: Chart, enabled: Chart): ValuesWatch {
  const watch = new ValuesWatch(subchartPaths(enabled, ''));
  for (const path of switchPaths(loaded, '')) watch.ask(path);
  return watch;
}

function* subchartPaths({ dependencies }: Chart, prefix: string): Generator<string> {
  for (const subchart of dependencies) {
    const path = `${prefix}${subchart.metadata.name}`;
    yield path;
    yield* subchartPaths(subchart, `${path}.`);
  }
}

/** What switches dependencies on and off: conditions, by their place in the tree, and tags. */
function* switchPaths({ metadata, dependencies }: Chart, prefix: string): Generator<string> {
  for (const { name, alias, condition = '', tags = [] } of metadata.dependencies ?? []) {
    for (const path of condition.split(',')) yield `${prefix}${path.trim()}`;
    for (const tag of tags) yield `tags.${tag}`;
    const subchart = dependencies.find((candidate) => candidate.metadata.name === name);
    if (subchart !== undefined) yield* switchPaths(subchart, `${prefix}${alias || name}.`);
  }
}

const usualContexts = new WeakMap<Surroundings, SprigContext>();

/** One and the same object as long as nothing special is asked for: by it the engine knows the functions it has made. */
function contextOf({ now, enableDns = false }: RenderChartOptions, surroundings: Surroundings): SprigContext {
  if (now !== undefined || enableDns) return newContext(now ?? Date.now, enableDns, surroundings);
  const known = usualContexts.get(surroundings);
  if (known !== undefined) return known;
  const context = newContext(Date.now, false, surroundings);
  usualContexts.set(surroundings, context);
  return context;
}

function newContext(now: () => number, enableDns: boolean, { randomBytes }: Surroundings): SprigContext {
  let zone: string | undefined;
  return {
    now,
    randomBytes,
    enableDns,
    // Few charts ask for it, and finding it out takes as long as rendering a small one.
    get timeZone() {
      zone ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
      return zone;
    },
  };
}

function postRendered(run: NonNullable<RenderChartOptions['postRender']>, files: RenderedFiles, source: RenderSource) {
  return run(files).catch((error: Error) => {
    throw new ChartRenderError(error, source);
  });
}

function sortFiles(
  files: RenderedFiles,
  source: RenderSource,
  { compat = DEFAULT_COMPAT, log = silentLog }: RenderChartOptions,
): { manifests: Manifest[]; hooks: Hook[] } {
  const { order, trim } = COMPAT[compat];
  try {
    return toManifests(files, { order, trim, log });
  } catch (error) {
    throw new ChartRenderError(error as Error, source, unsortedText(files));
  }
}
