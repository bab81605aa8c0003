/** Large indexes: 100,000 versions of charts, searched and resolved, ours beside real helm; whole processes and their memory. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadChart } from '../../src/chart/load.ts';
import { packChart } from '../../src/chart/save.ts';
import { newRepository, saveRepositories } from '../../src/repo/repositories.ts';
import { realTools } from '../support/real.ts';
import { inFolder, median, ms, printTable, program, root } from './measure.ts';

const CHARTS = 500;
const VERSIONS = 200;
const RUNS = 1;

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const archive = await packChart(loadChart(join(root, 'charts/mysql')));
    const index = largeIndex(createHash('sha256').update(archive).digest('hex'));
    const server = createServer((request, response) => response.end(request.url === '/index.yaml' ? index : archive));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const repositories = join(folder, '.cache/helm/repository');
      mkdirSync(repositories, { recursive: true });
      writeFileSync(join(repositories, 'big-index.yaml'), index);
      saveRepositories(join(folder, '.config/helm/repositories.yaml'), [newRepository('big', url)]);
      const rows = [];
      const chart = join(folder, 'app');
      mkdirSync(chart);
      const dependency = `{name: chart-77, version: ~7.7, repository: "${url}"}`;
      writeFileSync(
        join(chart, 'Chart.yaml'),
        `apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- ${dependency}\n`,
      );
      for (const line of [
        'search repo chart-77',
        'search repo chart-77 --versions',
        'repo update',
        `dependency update ${chart}`,
      ])
        rows.push(await compared(line, folder));
      printTable(
        `An index of ${(CHARTS * VERSIONS).toLocaleString('en')} versions, ${Math.round(index.length / 1e6)} MB`,
        ['command', 'ours', 'helm', 'ours / helm', 'ours, memory', 'helm, memory'],
        rows,
      );
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(join(folder, '.cache'), { recursive: true, force: true });
    }
  });
}

/** As Helm writes it, with what public repositories say of their charts. */
function largeIndex(digest: string): string {
  const charts = Array.from({ length: CHARTS }, (_, chart) => {
    const versions = Array.from({ length: VERSIONS }, (_, i) => versionText(chart, VERSIONS - i, digest));
    return `  chart-${chart}:\n${versions.join('')}`;
  });
  return `apiVersion: v1\nentries:\n${charts.join('')}generated: "2024-01-01T00:00:00Z"\n`;
}

const versionText = (chart: number, version: number, digest: string): string => `  - annotations:
      category: Database
    apiVersion: v2
    appVersion: 8.${version}.1
    created: "2024-01-01T00:00:00.123456789Z"
    dependencies:
    - name: common
      repository: https://charts.example.com/x
      version: 2.x.x
    description: Chart number ${chart} is a fast, reliable, scalable, and easy to use open
      source relational database system.
    digest: ${digest}
    home: https://charts.example.com
    keywords:
    - database
    name: chart-${chart}
    sources:
    - https://charts.example.com/source
    urls:
    - chart-${chart}-${version}.0.0.tgz
    version: ${version}.${chart % 10}.0
`;

async function compared(line: string, home: string): Promise<string[]> {
  const helm = realTools()?.helm;
  const [ours, theirs]: Run[][] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    ours!.push(await finished(process.execPath, [program, ...line.split(' ')], home));
    if (helm) theirs!.push(await finished(helm, line.split(' '), home));
  }
  const time = (runs: Run[]) => median(runs.map((run) => run.ms));
  const memory = (runs: Run[]) => `${Math.round(median(runs.map((run) => run.kilobytes)) / 1024)} MB`;
  const shown = line.replace(home, '.');
  if (!helm) return [shown, ms(time(ours!)), '-', '-', memory(ours!), '-'];
  const ratio = (time(ours!) / time(theirs!)).toFixed(2);
  return [shown, ms(time(ours!)), ms(time(theirs!)), ratio, memory(ours!), memory(theirs!)];
}

interface Run {
  ms: number;
  /** Peak resident set; NaN where GNU time is not there to tell it. */
  kilobytes: number;
}

/** To its end; the server of this process answers meanwhile. What we know of an earlier index is forgotten first. */
function finished(file: string, args: string[], home: string): Promise<Run> {
  rmSync(join(home, '.cache/helm/repository/big-validators.json'), { force: true });
  const hasTime = existsSync('/usr/bin/time');
  const [command, words] = hasTime ? ['/usr/bin/time', ['-f', '%M', file, ...args]] : [file, args];
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: home };
    const child = spawn(command, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (chunk) => (told += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${file} ${args.join(' ')}: ${told}`));
      else resolve({ ms: performance.now() - start, kilobytes: Number(/(\d+)\n$/.exec(told)?.[1]) });
    });
  });
}
