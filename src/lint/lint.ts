/** Looks a chart over for what will fail and for what is not done that way, with Helm's rules and words. */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Chart, chartCrds } from '../chart/chart.ts';
import { loadChart } from '../chart/load.ts';
import { parseYamlMap } from '../encoding/yaml.ts';
import { fetchSchema } from '../repo/fetch-schema.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import type { ValueMap } from '../template/value.ts';
import { coalesceTables } from '../values/coalesce.ts';
import { deepCopy } from '../values/merge.ts';
import { schemaProblems } from '../values/schema.ts';
import { lintChartfile } from './chartfile.ts';
import { lintedObjects } from './documents.ts';
import { type LintMessage, problemOf, type Report } from './message.ts';
import { lintTemplates, type TemplateLintOptions } from './templates.ts';

export type LintOptions = TemplateLintOptions;

/** The findings about the chart in `directory`, in the order of the rules. */
export async function lintChart(directory: string, options: LintOptions): Promise<LintMessage[]> {
  const messages: LintMessage[] = [];
  const report: Report = (severity, path, text) => {
    if (text !== undefined) messages.push({ severity, path, text });
    return text === undefined;
  };
  const absolute = resolve(directory);
  lintChartfile(absolute, report);
  await lintValues(absolute, options, report);
  await lintTemplates(absolute, options, report);
  lintDependencies(absolute, options, report);
  lintCrds(absolute, options, report);
  return messages;
}

const VALUES = 'values.yaml';

async function lintValues(directory: string, options: LintOptions, report: Report): Promise<void> {
  const path = join(directory, VALUES);
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!report('INFO', VALUES, exists ? undefined : 'file does not exist')) return;
  let values: ValueMap = {};
  const problem = problemOf(() => {
    values = parseYamlMap(decodeUtf8(readFileSync(path)));
  });
  if (!report('ERROR', VALUES, problem && `unable to parse YAML: ${problem}`)) return;
  const merged = coalesceTables(deepCopy(options.overrides), values, options.log.info);
  const schema = join(directory, 'values.schema.json');
  if (options.skipSchemaValidation || !statSync(schema, { throwIfNoEntry: false })?.size) return;
  const tree = { name: '', values: {}, schema: decodeUtf8(readFileSync(schema)), dependencies: [] };
  const found = await schemaProblems(tree, merged, { load: fetchSchema });
  report('ERROR', VALUES, found === '' ? undefined : found.replace(/^:\n/, ''));
}

function lintDependencies(directory: string, { log }: LintOptions, report: Report): void {
  let chart: Chart | undefined;
  const problem = problemOf(() => {
    chart = loadChart(directory, { log });
  });
  if (!report('ERROR', '', problem && `unable to load chart\n\t${problem}`)) return;
  const declared = (chart!.metadata.dependencies ?? []).map((dependency) => dependency.name);
  const present = chart!.dependencies.map((subchart) => subchart.metadata.name);
  const undeclared = present.filter((name) => !declared.includes(name));
  const missing = declared.filter((name) => !present.includes(name));
  report('ERROR', directory, listed('chart metadata is missing these dependencies', undeclared));
  report('WARNING', directory, listed('chart directory is missing these dependencies', missing));
}

const listed = (words: string, names: string[]): string | undefined =>
  names.length === 0 ? undefined : `${words}: ${names.join(',')}`;

const CRDS = 'crds/';

function lintCrds(directory: string, { log }: LintOptions, report: Report): void {
  const stats = statSync(join(directory, CRDS), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!report('ERROR', CRDS, stats.isDirectory() ? undefined : 'not a directory')) return;
  let chart: Chart | undefined;
  const problem = problemOf(() => {
    chart = loadChart(directory, { log });
  });
  if (!report('ERROR', CRDS, problem)) return;
  for (const { name, text } of chartCrds(chart!)) {
    try {
      for (const { apiVersion, kind } of lintedObjects(text)) {
        if (!apiVersion.startsWith('apiextensions.k8s.io'))
          report('ERROR', name, "apiVersion is not in 'apiextensions.k8s.io'");
        if (kind !== 'CustomResourceDefinition') report('ERROR', name, "object kind is not 'CustomResourceDefinition'");
      }
    } catch (error) {
      report('ERROR', name, `unable to parse YAML: ${(error as Error).message}`);
      return;
    }
  }
}
