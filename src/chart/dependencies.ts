/**
 * Which subcharts take part, under which names, and what they give to their parent: conditions, tags, aliases and
 * import-values, in the order and with the oddities of Helm's own processing.
 */
import { type Logger, silentLog } from '../log.ts';
import { decodeUtf8 } from '../template/utf8.ts';

import { getKey, type ValueMap } from '../template/value.ts';
import { coalesceValues } from '../values/coalesce.ts';
import { type ImportingDependency, importValues } from '../values/imports.ts';
import { tableAt, valueAt } from '../values/paths.ts';
import type { SchemaChart } from '../values/schema.ts';
import { type Chart, type Dependency, setDependencies } from './chart.ts';
import { isCompatibleRange } from './compatible.ts';

/** The chart as `overrides` make it: a copy that holds only enabled subcharts, and imported values. */
export function processDependencies(chart: Chart, overrides: ValueMap, log: Logger = silentLog): Chart {
  const copy = copyChart(chart);
  keepEnabled(copy, overrides, '', log);
  importFromAll(copy, log);
  return copy;
}

/** The chart as coalescing and the schema see it. */
export function toValuesChart(chart: Chart): SchemaChart {
  return {
    name: chart.metadata.name,
    values: chart.values,
    schema: chart.schema && decodeUtf8(chart.schema),
    dependencies: chart.dependencies.map(toValuesChart),
  };
}

/** Copies all that processing changes: charts, their metadata and their declared dependencies. */
function copyChart(chart: Chart): Chart {
  const metadata = { ...chart.metadata };
  if (metadata.dependencies) metadata.dependencies = metadata.dependencies.map((declared) => ({ ...declared }));
  const copy: Chart = { ...chart, metadata };
  delete copy.parent;
  setDependencies(copy, chart.dependencies.map(copyChart));
  return copy;
}

/** `path` leads from the values of the root to those of this chart, and ends in a dot: `db.cache.`. */
function keepEnabled(chart: Chart, overrides: ValueMap, path: string, log: Logger): void {
  const declared = chart.metadata.dependencies;
  if (declared === undefined) return;
  setDependencies(chart, namedSubcharts(chart, declared));
  for (const dependency of declared) dependency.enabled = true;
  const values = coalesceValues(toValuesChart(chart), overrides, log.info);
  applyTags(declared, values, log);
  applyConditions(declared, values, path, log);
  const disabled = new Set(declared.filter(({ enabled }) => !enabled).map(({ name }) => name));
  const kept = chart.dependencies.filter((subchart) => !disabled.has(subchart.metadata.name));
  for (const subchart of kept) keepEnabled(subchart, values, `${path}${subchart.metadata.name}.`, log);
  chart.metadata.dependencies = declared.filter(({ name }) => !disabled.has(name));
  if (chart.metadata.dependencies.length === 0) delete chart.metadata.dependencies;
  setDependencies(chart, kept);
}

/** Undeclared subcharts first; then one for each declaration, under its alias. */
function namedSubcharts(chart: Chart, declared: Dependency[]): Chart[] {
  const fits = (subchart: Chart, { name, version = '' }: Dependency) =>
    subchart.metadata.name === name && isCompatibleRange(version, subchart.metadata.version);
  const subcharts = chart.dependencies.filter((subchart) => !declared.some((one) => fits(subchart, one)));
  for (const dependency of declared) {
    const subchart = chart.dependencies.find((one) => fits(one, dependency));
    if (subchart !== undefined) {
      const copy = copyChart(subchart);
      if (dependency.alias) copy.metadata.name = dependency.alias;
      subcharts.push(copy);
    }
    if (dependency.alias) dependency.name = dependency.alias;
  }
  return subcharts;
}

/** One true tag enables; otherwise one false tag disables. */
function applyTags(declared: Dependency[], values: ValueMap, log: Logger): void {
  const given = tableAt(values, 'tags');
  if (given === undefined) return;
  for (const dependency of declared) {
    const found = (dependency.tags ?? []).map((tag) => {
      const value = getKey(given, tag);
      if (value !== undefined && typeof value !== 'boolean')
        log.warn('returned non-bool value', { tag, chart: dependency.name });
      return value;
    });
    dependency.enabled = found.includes(true) || !found.includes(false);
  }
}

/** The first path of a condition that leads to a boolean decides, over tags too. */
function applyConditions(declared: Dependency[], values: ValueMap, path: string, log: Logger): void {
  for (const dependency of declared)
    for (const condition of (dependency.condition ?? '').trim().split(',')) {
      if (condition === '') continue;
      const value = valueAt(values, path + condition);
      if (typeof value === 'boolean') {
        dependency.enabled = value;
        break;
      }
      if (value !== undefined) log.warn('returned non-bool value', { path: condition, chart: dependency.name });
    }
}

/** Deepest first, so that what a subchart imported can be imported from it. */
function importFromAll(chart: Chart, log: Logger): void {
  for (const subchart of chart.dependencies) importFromAll(subchart, log);
  importIntoChart(chart, log);
}

/** The chart's own values win over what it imports. */
function importIntoChart(chart: Chart, log: Logger): void {
  const declared = chart.metadata.dependencies;
  if (declared === undefined) return;
  const importing = declared.map(({ name, 'import-values': importValues = [] }) => ({ name, importValues }));
  const { values, imports } = importValues(toValuesChart(chart), importing as ImportingDependency[], {
    values: log.info,
    imports: log.warn,
  });
  chart.values = values;
  declared.forEach((dependency, index) => {
    if (dependency['import-values'] !== undefined) dependency['import-values'] = imports[index]!;
  });
}
