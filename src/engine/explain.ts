/** More about an error of rendering than Helm tells: the lines of the templates it went through, and the values it met. */
import type { Chart } from '../chart/chart.ts';
import { fullPath, textOf } from '../chart/chart.ts';
import { ManifestError } from '../manifest/manifest.ts';
import { ExecError, TemplateError } from '../template/error.ts';
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';

/** What an explanation can look into. */
export interface RenderContext {
  chart: Chart;
  values: ValueMap;
}

/** Lines for people, none where there is nothing to add. The error is one that `renderChart` or `render` threw. */
export function explainRenderError(error: unknown, { chart, values }: RenderContext): string[] {
  const chain: unknown[] = [];
  for (let link = error; link instanceof Error && chain.length < 100; link = link.cause) chain.push(link);
  const manifest = chain.find((link) => link instanceof ManifestError);
  if (manifest !== undefined) return explainManifest(manifest as ManifestError);
  const sources = sourcesOf(chart);
  const steps = chain.filter((link) => link instanceof TemplateError) as TemplateError[];
  const lines = steps.flatMap((step) => explainStep(step, sources));
  const last = steps.at(-1);
  if (!(last instanceof ExecError) || last.node === undefined) return lines;
  return [...lines, ...explainPath(last.node, valuesOf(last.position?.file ?? '', values))];
}

function sourcesOf(chart: Chart): Map<string, string> {
  const own = chart.templates.map((file): [string, string] => [`${fullPath(chart)}/${file.name}`, textOf(file)]);
  return new Map([...own, ...chart.dependencies.flatMap((subchart) => [...sourcesOf(subchart)])]);
}

/** The line of the template with a mark below the column; nothing for texts that are no file, as in `tpl`. */
function explainStep({ position }: TemplateError, sources: Map<string, string>): string[] {
  const text = position && sources.get(position.file)?.split('\n')[position.line - 1];
  if (position === undefined || text === undefined) return [];
  const at = [position.file, position.line, ...(position.column === undefined ? [] : [position.column])].join(':');
  const mark = position.column === undefined ? [] : [`    ${' '.repeat(position.column)}^`];
  return [`  ${at}`, `    ${text.replaceAll('\t', ' ')}`, ...mark];
}

const CONTEXT = 3;

/** The rendered lines around the one that the YAML reader names. */
function explainManifest({ path, content, message }: ManifestError): string[] {
  const lines = content.split('\n');
  const named = Number(/\bline (\d+)/.exec(message)?.[1] ?? 1);
  const center = Math.min(named, lines.length);
  const from = Math.max(center - CONTEXT, 1);
  const shown = lines.slice(from - 1, center + CONTEXT);
  const width = String(from + shown.length).length;
  return [
    `  ${path} rendered:`,
    ...shown.map((line, index) => {
      const number = from + index;
      return `  ${number === center ? '>' : ' '} ${String(number).padStart(width)} | ${line}`;
    }),
  ];
}

/** What the file's own chart sees as `.Values`: a subchart sees what stands below its name. */
function valuesOf(file: string, values: ValueMap): ValueMap {
  const subcharts = [...file.matchAll(/\/charts\/([^/]+)(?=\/)/g)];
  return subcharts.reduce((at, [, name]) => {
    const below = getKey(at, name!);
    return isMap(below) ? below : {};
  }, values);
}

const VALUES_PATH = /\.Values((?:\.[\w-]+)+)/g;

/** How far the paths below `.Values` lead that the failing node names. */
function explainPath(node: string, values: ValueMap): string[] {
  return [...node.matchAll(VALUES_PATH)].map(([, path]) => {
    const keys = path!.slice(1).split('.');
    let at: Value = values;
    const found: string[] = [];
    for (const key of keys) {
      const next: Value = isMap(at) ? getKey(at, key) : undefined;
      if (next === undefined || next === null) {
        const parent = ['.Values', ...found].join('.');
        return `  .Values${path}: ${parent} has ${next === null ? `null at "${key}"` : `no "${key}"`}`;
      }
      found.push(key);
      at = next;
    }
    return `  .Values${path} is ${isMap(at) ? 'a map' : Array.isArray(at) ? 'a list' : typeof at}`;
  });
}
