/** Large indexes: 100,000 versions of charts, searched and resolved, ours beside real helm; whole processes and their memory. */

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { newRepository, saveRepositories } from '../../src/repo/repositories.ts';
import { realTools } from '../support/real.ts';
import { inFolder, median, ms, printTable, program } from './measure.ts';

const CHARTS = 500;
const VERSIONS = 200;
const RUNS = 1;

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const index = largeIndex();
    const server = createServer((_, response) => response.end(index));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const repositories = join(folder, '.cache/helm/repository');
      mkdirSync(repositories, { recursive: true });
      writeFileSync(join(repositories, 'big-index.yaml'), index);
      saveRepositories(join(folder, '.config/helm/repositories.yaml'), [newRepository('big', url)]);
      const rows = [];
      for (const line of [
        'search repo chart-77',
        'search repo chart-77 --versions',
        'repo update',
        'show chart big/none',
      ])
        rows.push(await compared(line, folder));
      printTable(
        `An index of ${(CHARTS * VERSIONS).toLocaleString('en')} versions, ${Math.round(index.length / 1e6)} MB`,
        ['command', 'ours', 'helm', 'ours / helm'],
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
function largeIndex(): string {
  const charts = Array.from({ length: CHARTS }, (_, chart) => {
    const versions = Array.from({ length: VERSIONS }, (_, i) => versionText(chart, VERSIONS - i));
    return `  chart-${chart}:\n${versions.join('')}`;
  });
  return `apiVersion: v1\nentries:\n${charts.join('')}generated: "2024-01-01T00:00:00Z"\n`;
}

const versionText = (chart: number, version: number): string => `  - annotations:
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
    digest: ${'ab12'.repeat(16)}
    home: https://charts.example.com
    keywords:
    - database
    name: chart-${chart}
    sources:
    - https://charts.example.com/source
    urls:
    - https://charts.example.com/chart-${chart}-${version}.0.0.tgz
    version: ${version}.${chart % 10}.0
`;

async function compared(line: string, home: string): Promise<string[]> {
  const helm = realTools()?.helm;
  const [ours, theirs]: number[][] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    ours!.push(await finished(process.execPath, [program, ...line.split(' ')], home));
    if (helm) theirs!.push(await finished(helm, line.split(' '), home));
  }
  return helm
    ? [line, ms(median(ours!)), ms(median(theirs!)), (median(ours!) / median(theirs!)).toFixed(2)]
    : [line, ms(median(ours!)), '-', '-'];
}

/** Milliseconds to its end; the server of this process answers meanwhile. */
function finished(file: string, args: string[], home: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { PATH: process.env.PATH, HOME: home }, stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', () => resolve(performance.now() - start));
  });
}
