/** Rules about templates and what they render to. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isPathSegmentName } from '../api/names.ts';
import { extension } from '../archive/path.ts';
import type { Chart } from '../chart/chart.ts';
import { processDependencies, toValuesChart } from '../chart/dependencies.ts';
import { loadChart } from '../chart/load.ts';
import { parseYaml } from '../encoding/yaml.ts';
import { defaultCapabilities, type KubeVersion } from '../engine/capabilities.ts';
import { COMPAT, type CompatVersion, DEFAULT_COMPAT } from '../engine/compat.ts';
import { foreignTemplates } from '../engine/foreign.ts';
import { type RenderedFiles, type RenderOptions, render } from '../engine/render.ts';
import type { Logger } from '../log.ts';
import { trimSpace } from '../manifest/split.ts';
import { fetchSchema } from '../repo/fetch-schema.ts';
import { getKey, isList, isMap, type Value, type ValueMap } from '../template/value.ts';
import { coalesceValues } from '../values/coalesce.ts';
import { schemaProblems } from '../values/schema.ts';
import { deprecationOf } from './deprecations.ts';
import { type LintedObject, lintedObjects } from './documents.ts';
import { problemOf, type Report } from './message.ts';

export interface TemplateLintOptions {
  overrides: ValueMap;
  namespace: string;
  kubeVersion?: KubeVersion;
  skipSchemaValidation?: boolean;
  /** The Helm to render as; 4.2 where absent. */
  compat?: CompatVersion;
  context: RenderOptions['context'];
  log: Logger;
}

const DIRECTORY = 'templates/';

export async function lintTemplates(directory: string, options: TemplateLintOptions, report: Report): Promise<void> {
  const stats = statSync(join(directory, DIRECTORY), { throwIfNoEntry: false });
  if (!report('WARNING', DIRECTORY, stats === undefined ? 'directory does not exist' : undefined)) return;
  if (!report('ERROR', DIRECTORY, stats!.isDirectory() ? undefined : 'not a directory')) return;
  let chart: Chart | undefined;
  const problem = problemOf(() => {
    chart = loadChart(directory, { log: options.log });
  });
  if (!report('ERROR', DIRECTORY, problem)) return;
  const rendered = await renderForLint(chart!, options, report);
  if (rendered === undefined) return;
  for (const { name } of chart!.templates)
    if (!lintTemplate(name, rendered.get(`${chart!.metadata.name}/${name}`) ?? '', options, report)) return;
}

/** Undefined where it cannot be rendered, which has been reported, but for broken dependencies, as in Helm. */
async function renderForLint(
  chart: Chart,
  {
    overrides,
    namespace,
    kubeVersion,
    skipSchemaValidation,
    compat = DEFAULT_COMPAT,
    context,
    log,
  }: TemplateLintOptions,
  report: Report,
): Promise<RenderedFiles | undefined> {
  let processed: Chart;
  let values: ValueMap;
  try {
    processed = processDependencies(chart, overrides, log);
    const { keepNulls } = COMPAT[compat];
    // Twice, as in Helm: what a null deleted comes back, and warnings come again.
    const coalesced = (given: ValueMap) => coalesceValues(toValuesChart(processed), given, log.info, { keepNulls });
    values = coalesced(coalesced(overrides));
  } catch {
    return undefined;
  }
  const problems = skipSchemaValidation
    ? ''
    : await schemaProblems(toValuesChart(processed), values, { load: fetchSchema });
  const schema =
    problems && `values don't meet the specifications of the schema(s) in the following chart(s):\n${problems}`;
  if (!report('ERROR', DIRECTORY, schema || undefined)) return undefined;
  const capabilities = { ...defaultCapabilities({ compat }), ...(kubeVersion && { kubeVersion }) };
  const release = { name: 'test-release', namespace, revision: 0 };
  const foreign = await foreignTemplates(processed);
  let rendered: RenderedFiles | undefined;
  const problem = problemOf(() => {
    rendered = render(processed, values, { release, capabilities, context, compat, lint: true, log, ...foreign });
  });
  report('ERROR', DIRECTORY, problem);
  return rendered;
}

const EXTENSIONS = ['.yaml', '.yml', '.tpl', '.txt'];

/** Answers false where nothing more should be looked at: a document that is no YAML ends the linting, as in Helm. */
function lintTemplate(name: string, rendered: string, options: TemplateLintOptions, report: Report): boolean {
  // A template in Handlebars is named after what it makes: `service.yaml.hbs`.
  const suffix = extension(name.replace(/\.hbs$/, ''));
  if (!EXTENSIONS.includes(suffix) && !name.endsWith('.hbs'))
    report('ERROR', name, `file extension '${suffix}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`);
  if (!/^\.ya?ml$/i.test(suffix) || trimSpace(rendered) === '') return true;
  report('WARNING', name, illegalIndent(rendered));
  try {
    for (const object of lintedObjects(rendered)) {
      report('WARNING', name, badName(object));
      report('WARNING', name, deprecationOf(object.apiVersion, object.kind, options.kubeVersion));
      report('ERROR', name, missingSelector(object, rendered));
      report('ERROR', name, object.kind === 'List' ? policyInList(rendered) : undefined);
    }
  } catch (error) {
    return report('ERROR', name, `unable to parse YAML: ${(error as Error).message}`);
  }
  return true;
}

function illegalIndent(text: string): string | undefined {
  const line = text.split('\n').find((candidate) => trimSpace(candidate) !== '');
  if (line === undefined || !/^[ \t]/.test(line)) return undefined;
  const shown = JSON.stringify(line.replace(/\r$/, ''));
  return `document starts with an illegal indent: ${shown}, which may cause parsing problems`;
}

type NameRule = (name: string) => string[];

const NAME_RULES = new Map<string, NameRule>([
  ['service', isDns1035Label],
  ['namespace', isDns1123Label],
  ['certificatesigningrequest', () => []],
  ...['role', 'clusterrole', 'rolebinding', 'clusterrolebinding'].map((kind): [string, NameRule] => [
    kind,
    isPathSegmentName,
  ]),
]);

function badName({ kind, name }: LintedObject): string | undefined {
  const rule = NAME_RULES.get(kind.toLowerCase()) ?? isDns1123Subdomain;
  const problems = rule(name).map((problem) => `metadata.name: Invalid value: ${JSON.stringify(name)}: ${problem}`);
  if (problems.length === 0) return undefined;
  const all = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  return `object name does not conform to Kubernetes naming requirements: ${JSON.stringify(name)}: ${all}`;
}

const WITH_SELECTOR = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'];

function missingSelector({ kind, name }: LintedObject, text: string): string | undefined {
  if (!WITH_SELECTOR.includes(kind) || text.includes('matchLabels') || text.includes('matchExpressions'))
    return undefined;
  return `a ${kind} must contain matchLabels or matchExpressions, and ${JSON.stringify(name)} does not`;
}

function policyInList(text: string): string | undefined {
  const list = parseYaml(text);
  const items = isMap(list) ? getKey(list, 'items') : undefined;
  const hasPolicy =
    isList(items) && items.some((item) => at(item, 'metadata', 'annotations', 'helm.sh/resource-policy') !== undefined);
  return hasPolicy ? "annotation 'helm.sh/resource-policy' within List objects are ignored" : undefined;
}

const at = (value: Value, ...path: string[]): Value =>
  path.reduce<Value>((inner, key) => (isMap(inner) ? getKey(inner, key) : undefined), value);
