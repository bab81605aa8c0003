/** A chart in memory, and the questions one asks of it. */
import { baseName, cleanPath, extension } from '../archive/path.ts';
import type { ArchiveFile } from '../archive/tar.ts';
import type { CrdFile } from '../manifest/print.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import type { ValueMap } from '../template/value.ts';

/** A file of a chart; `name` is relative to the chart's directory. */
export type ChartFile = ArchiveFile;

export interface Maintainer {
  name?: string;
  email?: string;
  url?: string;
}

/** Chart.yaml. Fields are those of Helm's JSON; missing ones are left out. */
export interface Metadata {
  apiVersion: string;
  name: string;
  version: string;
  kubeVersion?: string;
  description?: string;
  type?: string;
  keywords?: string[];
  home?: string;
  sources?: string[];
  dependencies?: Dependency[];
  maintainers?: Maintainer[];
  icon?: string;
  appVersion?: string;
  deprecated?: boolean;
  annotations?: Record<string, string>;
  condition?: string;
  tags?: string;
}

/** In the order of Helm's structure, which JSON shows. */
export const METADATA_FIELDS = [
  'name',
  'home',
  'sources',
  'version',
  'description',
  'keywords',
  'maintainers',
  'icon',
  'apiVersion',
  'condition',
  'tags',
  'appVersion',
  'deprecated',
  'annotations',
  'kubeVersion',
  'dependencies',
  'type',
] as const satisfies readonly (keyof Metadata)[];

/** A dependency as a chart declares it, or as a lock has resolved it. */
export interface Dependency {
  name: string;
  version?: string;
  repository?: string;
  condition?: string;
  tags?: string[];
  enabled?: boolean;
  'import-values'?: unknown[];
  alias?: string;
}

/** Chart.lock. */
export interface Lock {
  generated: string;
  digest: string;
  dependencies: Dependency[];
}

export interface Chart {
  metadata: Metadata;
  lock?: Lock;
  /** Every file as it was loaded, those of subcharts too. */
  raw: ChartFile[];
  /** What lies below `templates/`. */
  templates: ChartFile[];
  /** What templates reach as `.Files`: all that has no meaning of its own. */
  files: ChartFile[];
  /** values.yaml as read; its text is in `raw`. Undefined where there is none. */
  values?: ValueMap;
  /** values.schema.json. */
  schema?: Uint8Array;
  /** Subcharts, by name. */
  dependencies: Chart[];
  /** The chart that this one is a subchart of. */
  parent?: Chart;
}

export const isRoot = (chart: Chart): boolean => chart.parent === undefined;

/** `web/charts/db`: the prefix of the names of its templates. */
export function fullPath(chart: Chart): string {
  const { name } = chart.metadata;
  return chart.parent === undefined ? name : `${fullPath(chart.parent)}/charts/${name}`;
}

export const isLibrary = (chart: Chart): boolean => chart.metadata.type?.toLowerCase() === 'library';

/** Replaces the subcharts, and tells them who their parent is. */
export function setDependencies(chart: Chart, dependencies: Chart[]): void {
  for (const dependency of dependencies) dependency.parent = chart;
  chart.dependencies = dependencies;
}

/** The definitions in `crds/` of the chart and then of its subcharts. */
export function chartCrds(chart: Chart): CrdFile[] {
  const own = chart.files.filter((file) => file.name.startsWith('crds/') && isManifestName(file.name));
  return [
    ...own.map(({ name, data }) => ({
      name,
      path: cleanPath(`${fullPath(chart)}/${name}`),
      data,
      get text() {
        return decodeUtf8(data);
      },
    })),
    ...chart.dependencies.flatMap(chartCrds),
  ];
}

const isManifestName = (name: string): boolean => ['.yaml', '.yml', '.json'].includes(extension(name).toLowerCase());

/** The names of declared dependencies of which `charts/` has nothing. */
export function missingDependencies(chart: Chart): string[] {
  const present = new Set(chart.dependencies.map((dependency) => dependency.metadata.name));
  const declared = chart.metadata.dependencies ?? [];
  return declared.map((dependency) => dependency.name).filter((name) => !present.has(name));
}

/** The file's text; bytes that are no UTF-8 survive in it. */
export const textOf = (file: ChartFile): string => decodeUtf8(file.data);

/** The file of that name as it was loaded. */
export const rawFile = (chart: Chart, name: string): ChartFile | undefined =>
  chart.raw.find((file) => file.name === name);

/** Throws where a chart's name could lead out of a directory. */
export function checkChartName(name: string): void {
  if (baseName(name) !== name) throw new Error(`${JSON.stringify(name)} is not a valid chart name`);
}
