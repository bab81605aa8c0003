/** Charts below a directory, and their dependencies taken from their neighbours. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parseMetadata } from '../../src/chart/metadata.ts';

export interface FoundChart {
  /** The argument it was found below, and the folder within it that holds several charts: `helm-charts/stable`. */
  repository: string;
  name: string;
  path: string;
}

/** Every directory with a Chart.yaml that is not part of another chart. */
export function findCharts(top: string): FoundChart[] {
  const found: FoundChart[] = [];
  const visit = (directory: string): void => {
    if (existsSync(join(directory, 'Chart.yaml'))) {
      const inside = relative(dirname(top), dirname(directory));
      found.push({ repository: inside || basename(top), name: basename(directory), path: directory });
      return;
    }
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        visit(join(directory, entry.name));
  };
  visit(top);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The `ci/*-values.yaml` of a chart, which its authors test it with. */
export function ciValues(path: string): string[] {
  const directory = join(path, 'ci');
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith('-values.yaml'));
  return names.sort().map((name) => join(directory, name));
}

/**
 * The chart's path, or that of a copy in `folder` whose `charts/` holds what the chart declares and its neighbours have.
 * Versions are not looked at: both renderers get the same.
 */
export function vendored(chart: FoundChart, neighbours: readonly FoundChart[], folder: string): string {
  if (missing(chart.path).length === 0) return chart.path;
  const hash = createHash('sha1').update(chart.path).digest('hex').slice(0, 12);
  const copy = join(folder, hash, chart.name);
  if (existsSync(copy)) return copy;
  const temporary = `${copy}.${process.pid}`;
  copyWithDependencies(chart, temporary, neighbours, [chart.name]);
  mkdirSync(dirname(copy), { recursive: true });
  renameSync(temporary, copy);
  return copy;
}

function copyWithDependencies(from: FoundChart, to: string, neighbours: readonly FoundChart[], path: string[]): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from.path, to, { recursive: true, dereference: true });
  for (const name of missing(from.path)) {
    const named = neighbours.filter((neighbour) => neighbour.name === name);
    const neighbour = named.find(({ repository }) => repository === from.repository) ?? named[0];
    if (neighbour === undefined || path.includes(name)) continue;
    copyWithDependencies(neighbour, join(to, 'charts', name), neighbours, [...path, name]);
  }
}

/** Declared dependencies that `charts/` lacks. */
function missing(path: string): string[] {
  const names = ['Chart.yaml', 'requirements.yaml'].flatMap((file) => {
    try {
      return (parseMetadata(readFileSync(join(path, file), 'utf8')).dependencies ?? []).map(({ name }) => name);
    } catch {
      return [];
    }
  });
  const folder = join(path, 'charts');
  const present = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => !present.some((file) => file === name || file.startsWith(`${name}-`)));
}
