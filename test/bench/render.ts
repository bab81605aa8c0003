/**
 * Rendering: ours beside real helm on the same charts, whole processes, as ratios. Charts of public repositories are
 * rendered where PORTOLAN_BENCH_CHARTS names folders that hold them (separated by colons).
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NAME, SCAFFOLD } from '../../src/chart/scaffold.ts';
import { loadChart, render } from '../../src/index.ts';
import { realTools } from '../support/real.ts';
import { writeChart, writeUmbrella } from './charts.ts';
import { inFolder, median, ms, peakMegabytes, printTable, program, runProcess, timed } from './measure.ts';

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const env = { HOME: folder, KUBECONFIG: '/dev/null' };
    runProcess(process.execPath, [program, 'create', join(folder, 'small')], env);
    const small = join(folder, 'small');
    const rows = [
      await compared('chart of `create`, whole process', small, env, 25),
      ...(await publicCharts(env)),
      await compared(
        'umbrella of 100 subcharts with tpl and include',
        writeUmbrella(join(folder, 'umbrella'), 100),
        env,
        7,
      ),
      await manyAtOnce(join(folder, 'many'), env),
    ];
    printTable('Rendering, whole processes', ['work', 'ours', 'helm', 'ours / helm'], rows);
    const charts = [small, ...publicFolders(), join(folder, 'umbrella')];
    const peaks = charts.map((chart) => peak(chart, env));
    printTable('Rendering, peak memory', ['chart', 'ours', 'helm', 'ours / helm'], peaks);
    await warm(small);
    await growth(folder);
  });
}

/** Medians of runs in turn, so that both meet the same machine. */
async function compared(label: string, chart: string, env: Record<string, string>, runs: number): Promise<string[]> {
  const helm = realTools()?.helm;
  const [ours, theirs]: number[][] = [[], []];
  for (let i = 0; i < runs; i++) {
    ours!.push(runProcess(process.execPath, [program, 'template', 'bench', chart, '--include-crds'], env).ms);
    if (helm) theirs!.push(runProcess(helm, ['template', 'bench', chart, '--include-crds'], env).ms);
  }
  return helm
    ? [label, ms(median(ours!)), ms(median(theirs!)), (median(ours!) / median(theirs!)).toFixed(2)]
    : [label, ms(median(ours!)), '-', '-'];
}

const CHARTS = 500;
/** Real helm renders each tenth of them: all would take a minute. */
const SAMPLE = 10;

/** Different charts, all in one process of ours, each in one of helm's. */
async function manyAtOnce(folder: string, env: Record<string, string>): Promise<string[]> {
  const names = Array.from({ length: CHARTS }, (_, i) => `chart-${i}`);
  const charts = names.map((name) => writeChart(join(folder, name), scaffoldOf(name)));
  const helm = realTools()?.helm;
  const label = `${CHARTS} charts of \`create\`, one process (helm: each ${SAMPLE}th, times ${SAMPLE})`;
  const [ours, theirs]: number[][] = [[], []];
  for (let i = 0; i < 5; i++) {
    const out = join(folder, 'out');
    ours!.push(runProcess(process.execPath, [program, 'template', '--all', '--output-dir', out, ...charts], env).ms);
    if (helm === undefined) continue;
    const sampled = names.filter((_, at) => at % SAMPLE === i);
    theirs!.push(
      await timed(() => sampled.map((name) => runProcess(helm, ['template', name, join(folder, name)], env))),
    );
  }
  const [mine, other] = [median(ours!), median(theirs!) * SAMPLE];
  return helm ? [label, ms(mine), ms(other), (mine / other).toFixed(3)] : [label, ms(mine), '-', '-'];
}

const scaffoldOf = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(SCAFFOLD).map(([path, text]) => [path, text.replaceAll(NAME, name)]));

/** The median of five runs each. */
function peak(chart: string, env: Record<string, string>): string[] {
  const args = ['template', 'bench', chart, '--include-crds'];
  const of = (file: string | undefined, ...before: string[]): number => {
    const run = () => (file === undefined ? undefined : peakMegabytes(file, [...before, ...args], env));
    return median(Array.from({ length: 5 }, () => run() ?? Number.NaN));
  };
  const [ours, theirs] = [of(process.execPath, program), of(realTools()?.helm)];
  const shown = (value: number, text: string) => (Number.isNaN(value) ? '-' : text);
  return [
    basename(chart),
    shown(ours, `${Math.round(ours)} MiB`),
    shown(theirs, `${Math.round(theirs)} MiB`),
    shown(ours / theirs, (ours / theirs).toFixed(2)),
  ];
}

const publicFolders = (): string[] =>
  (process.env.PORTOLAN_BENCH_CHARTS ?? '').split(':').filter((path) => existsSync(join(path, 'Chart.yaml')));

async function publicCharts(env: Record<string, string>): Promise<string[][]> {
  return Promise.all(publicFolders().map((path) => compared(`${basename(path)}, with CRDs`, path, env, 9)));
}

async function warm(small: string): Promise<void> {
  const chart = loadChart(small);
  for (let i = 0; i < 50; i++) await render(chart, { releaseName: 'bench', namespace: 'default' });
  const count = 500;
  const elapsed = await timed(async () => {
    for (let i = 0; i < count; i++) await render(chart, { releaseName: 'bench', namespace: 'default' });
  });
  console.log(`\nThe library, warm: ${Math.round((count / elapsed) * 1000)} renders of the small chart per second`);
}

/** Twice the input must take about twice the time. */
async function growth(folder: string): Promise<void> {
  const rows: string[][] = [];
  for (const count of [50, 100, 200, 400]) {
    const chart = loadChart(writeUmbrella(join(folder, `growth${count}`), count));
    const times: number[] = [];
    for (let i = 0; i < 5; i++)
      times.push(await timed(() => render(chart, { releaseName: 'bench', namespace: 'default' })));
    rows.push([`${count} subcharts`, ms(median(times)), ms(median(times) / count)]);
  }
  printTable('Growth: umbrella charts, in process', ['input', 'time', 'per subchart'], rows);
}
