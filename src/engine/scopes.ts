/** What each chart's templates see, and in which order all templates are parsed. */
import { baseName, cleanPath } from '../archive/path.ts';
import { type Chart, fullPath, isLibrary, textOf } from '../chart/chart.ts';
import { compareStrings, type Value, type ValueMap } from '../template/value.ts';
import { tableAt } from '../values/paths.ts';
import { toChartMap, toChartStruct } from './chart-object.ts';
import { toFilesObject } from './files-object.ts';
import { subchartValues, valuesObject } from './values-object.ts';

/** A template with the data it runs on. All templates of a chart share their scope: what one sets, the next sees. */
export interface ScopedTemplate {
  /** `web/charts/db/templates/pod.yaml`. */
  name: string;
  text: string;
  scope: ValueMap;
  basePath: string;
}

export interface ScopeOptions {
  /** What all charts have in common. */
  common: { Release: Value; Capabilities: Value };
  /** As in Helm 3. */
  chartIsStruct: boolean;
}

/** Every template of the chart and its subcharts, in the order in which Helm parses and runs them. */
export function scopedTemplates(chart: Chart, values: ValueMap, options: ScopeOptions): ScopedTemplate[] {
  const templates = new Map<string, ScopedTemplate>();
  addTemplates(chart, valuesObject(values), options, templates);
  return [...templates.values()].sort(byDepth);
}

/** Answers the chart's scope, which is its parent's `.Subcharts.NAME`. */
function addTemplates(
  chart: Chart,
  values: ValueMap,
  options: ScopeOptions,
  templates: Map<string, ScopedTemplate>,
): ValueMap {
  const subcharts: ValueMap = {};
  const scope: ValueMap = valuesObject({
    Chart: options.chartIsStruct ? toChartStruct(chart) : toChartMap(chart),
    Files: toFilesObject(chart.files),
    ...options.common,
    Values: values,
    Subcharts: subcharts,
  });
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata;
    // The very map that the parent sees below `.Values`: what either changes, the other finds changed.
    const ownValues = tableAt(values, name);
    const typed = ownValues ? subchartValues(ownValues) : valuesObject({});
    subcharts[name] = addTemplates(subchart, typed, options, templates);
  }
  const path = fullPath(chart);
  const basePath = cleanPath(`${path}/templates`);
  for (const file of chart.templates) {
    if (isLibrary(chart) && !baseName(file.name).startsWith('_')) continue;
    const name = cleanPath(`${path}/${file.name}`);
    templates.set(name, { name, text: textOf(file), scope, basePath });
  }
  return scope;
}

/** Deepest first, then backwards by name: of two definitions of one name the last parsed wins. */
function byDepth(a: ScopedTemplate, b: ScopedTemplate): number {
  return slashes(b.name) - slashes(a.name) || compareStrings(b.name, a.name);
}

function slashes(path: string): number {
  let count = 0;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) count++;
  return count;
}
