/**
 * Renders every chart below the given directories with real helm and with ours, each also with its `ci/*-values.yaml`,
 * and tells how many agree: `npm run conformance -- DIR…`. Options: `--only WORD` (part of a path), `--jobs N`,
 * `--cache DIR`, `--quiet` (figures only), `--mode template|old|unchecked|postrendered|notes`. With `--fuzz SECONDS` also
 * that long random templates and as long random YAML, the same for the same `--seed N`.
 */
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { realTools } from '../support/real.ts';
import { firstDifference } from './compare.ts';
import { ciValues, type FoundChart, findCharts, vendored } from './find-charts.ts';
import { helmOutput, type Output } from './helm-output.ts';
import { MODES, ourOutput } from './ours.ts';

type Verdict = 'same' | 'differing' | 'refused alike' | 'refused otherwise' | 'refused by one';
const VERDICTS: Verdict[] = ['same', 'refused alike', 'refused otherwise', 'refused by one', 'differing'];

interface Case {
  chart: FoundChart;
  path: string;
  values: string | undefined;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    cache: { type: 'string', default: join(tmpdir(), 'portolan-conformance') },
    quiet: { type: 'boolean', default: false },
    mode: { type: 'string', default: 'template' },
    fuzz: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const { helm } = realTools() ?? {};
if (helm === undefined) throw new Error('real helm is to be had on linux-x64 only, with development dependencies');

const mode = MODES[options.mode];
if (mode === undefined) throw new Error(`no mode "${options.mode}": ${Object.keys(MODES).join(', ')}`);

const counts = new Map<string, Map<Verdict, number>>();
const cases = collect();
const queue = [...cases];
let ourTime = 0;
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
if (cases.length > 0) report();
if (Number(options.fuzz) > 0) await fuzz(Number(options.fuzz), Number(options.seed));

function collect(): Case[] {
  const charts = positionals.flatMap((directory) => findCharts(resolve(directory)));
  return charts
    .filter((chart) => chart.path.includes(options.only))
    .flatMap((chart) => {
      const path = vendored(chart, charts, join(options.cache, 'charts'));
      return [undefined, ...ciValues(path)].map((values) => ({ chart, path, values }));
    });
}

async function worker(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [verdict, detail] = await judge(next);
    const row = counts.get(next.chart.repository) ?? new Map<Verdict, number>();
    counts.set(next.chart.repository, row.set(verdict, (row.get(verdict) ?? 0) + 1));
    if (detail !== '' && !options.quiet) console.log(`${titleOf(next)}: ${verdict}\n${detail}`);
  }
}

function titleOf({ chart, values }: Case): string {
  return `${chart.repository}/${chart.name}${values === undefined ? '' : ` ${basename(values)}`}`;
}

async function judge({ path, values }: Case): Promise<[Verdict, string]> {
  const args = mode!.helm(path, values === undefined ? [] : ['-f', values]);
  const ask = async (round: number): Promise<Output> => {
    const output = await helmOutput(helm!, args, path, options.cache, round);
    return { ...output, stdout: mode!.theirText(output.stdout) };
  };
  const theirs = await ask(0);
  const started = performance.now();
  const ours = await ourOutput(path, values, mode);
  ourTime += performance.now() - started;
  if (theirs.code !== ours.code) return ['refused by one', whatRefused(theirs, ours)];
  if (theirs.code !== 0) {
    const [a, b] = [errorOf(theirs), errorOf(ours)];
    return a === b ? ['refused alike', ''] : ['refused otherwise', `  helm: ${a}\n  ours: ${b}`];
  }
  if (theirs.stdout === ours.stdout) return ['same', ''];
  const again = await ask(1);
  const difference = firstDifference(theirs.stdout, again.stdout, ours.stdout);
  if (difference === undefined) return ['same', ''];
  return ['differing', `  line ${difference.line}\n  helm: ${difference.helm}\n  ours: ${difference.ours}`];
}

function whatRefused(theirs: Output, ours: Output): string {
  return theirs.code === 0 ? `  ours: ${errorOf(ours)}` : `  helm: ${errorOf(theirs)}`;
}

/** The error itself: warnings and log lines before it are no part of the comparison. */
function errorOf({ stderr }: Output): string {
  const at = stderr.startsWith('Error: ') ? 0 : stderr.indexOf('\nError: ') + 1;
  return stderr.slice(at).trim();
}

function report(): void {
  const rows = [...counts].map(([repository, row]) => [
    repository,
    ...VERDICTS.map((verdict) => row.get(verdict) ?? 0),
  ]);
  const sums = VERDICTS.map((_, index) => rows.reduce((sum, row) => sum + Number(row[index + 1]), 0));
  for (const row of [['repository', ...VERDICTS], ...rows, ['all', ...sums]])
    console.log(row.map((cell, index) => String(cell).padEnd(index === 0 ? 48 : 19)).join(''));
  console.log(`${cases.length} renderings, ours took ${(ourTime / 1000).toFixed(1)} s`);
  if (sums[0]! + sums[1]! < cases.length) process.exitCode = 1;
}

async function fuzz(seconds: number, seed: number): Promise<void> {
  const { fuzzTemplates } = await import('./fuzz-template.ts');
  const { fuzzYaml } = await import('./fuzz-yaml.ts');
  const templates = await fuzzTemplates({ seconds, seed });
  const yaml = fuzzYaml({ seconds, seed });
  for (const { template, real, ours } of templates.different) tell(template, real, ours);
  for (const { text, helm: theirs, ours } of yaml.differences) tell(text, theirs, ours);
  console.log(`random templates: ${templates.same} same, ${templates.different.length} different`);
  console.log(`random YAML: ${yaml.asked - yaml.differences.length} same, ${yaml.differences.length} different`);
  if (templates.different.length + yaml.differences.length > 0) process.exitCode = 1;
}

function tell(input: string, theirs: unknown, ours: unknown): void {
  const [text, helmText, ourText] = [input, theirs, ours].map((value) => JSON.stringify(value));
  console.log(`${text}: differing\n  helm: ${helmText}\n  ours: ${ourText}`);
}
