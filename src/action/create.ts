/** Makes a new chart: Helm's scaffold, one of ours in Handlebars, or a copy of a starter chart. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Chart, ChartFile, Metadata } from '../chart/chart.ts';
import { loadChart, systemMessage } from '../chart/load.ts';
import { saveChartDirectory, writeChartFile } from '../chart/save.ts';
import { decodeUtf8, encodeUtf8 } from '../template/utf8.ts';

export interface CreateOptions {
  /** A path; its last part is the chart's name. */
  name: string;
  /** The directory or archive of a starter, relative to `startersDirectory`. */
  starter?: string;
  startersDirectory?: string;
  engine?: 'go' | 'handlebars';
  /** Told of each file that is there already. */
  warn?: (message: string) => void;
}

const MAX_NAME = 250;
const NAME = /^[a-zA-Z0-9._-]+$/;

/** Answers the directory of the new chart. */
export async function createChart(options: CreateOptions): Promise<string> {
  const name = basename(options.name) || '.';
  const parent = dirname(options.name);
  if (options.starter) return createFromStarter(name, parent, starterPath(options));
  checkName(name);
  checkParent(parent);
  const scaffold = await scaffoldOf(options.engine ?? 'go', name);
  return writeScaffold(join(resolve(parent), name), scaffold, options.warn ?? (() => {}));
}

function checkName(name: string): void {
  if (name === '' || name.length > MAX_NAME) throw new Error(`chart name must be between 1 and ${MAX_NAME} characters`);
  if (!NAME.test(name)) throw new Error(`chart name must match the regular expression ${JSON.stringify(NAME.source)}`);
}

function checkParent(parent: string): void {
  const path = resolve(parent);
  try {
    if (statSync(path).isDirectory()) return;
  } catch (error) {
    throw new Error(`stat ${path}: ${systemMessage(error)}`, { cause: error });
  }
  throw new Error(`no such directory ${path}`);
}

const PLACEHOLDER = '<CHARTNAME>';

async function scaffoldOf(engine: 'go' | 'handlebars', name: string): Promise<Map<string, string>> {
  const files =
    engine === 'go'
      ? (await import('../chart/scaffold.ts')).SCAFFOLD
      : (await import('../chart/scaffold-handlebars.ts')).HANDLEBARS_SCAFFOLD;
  return new Map(Object.entries(files).map(([path, text]) => [path, text.replaceAll(PLACEHOLDER, name)]));
}

function writeScaffold(directory: string, files: Map<string, string>, warn: (message: string) => void): string {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`file ${directory} already exists and is not a directory`);
  for (const [name, text] of files) {
    const path = join(directory, name);
    if (existsSync(path)) warn(`WARNING: File ${JSON.stringify(path)} already exists. Overwriting.`);
    writeChartFile(directory, name, encodeUtf8(text));
  }
  mkdirSync(join(directory, 'charts'), { recursive: true });
  return directory;
}

function starterPath({ starter = '', startersDirectory = '' }: CreateOptions): string {
  return isAbsolute(starter) ? starter : join(startersDirectory, starter);
}

async function createFromStarter(name: string, parent: string, path: string): Promise<string> {
  let starter: Chart;
  try {
    starter = loadChart(path);
  } catch (error) {
    throw new Error(`could not load ${path}: ${(error as Error).message}`, { cause: error });
  }
  const metadata: Metadata = {
    apiVersion: 'v2',
    name,
    description: 'A Helm chart for Kubernetes',
    type: 'application',
    version: '0.1.0',
    appVersion: '0.1.0',
  };
  const named = (file: ChartFile): ChartFile => ({
    ...file,
    data: encodeUtf8(decodeUtf8(file.data).replaceAll(PLACEHOLDER, name)),
  });
  const chart: Chart = {
    ...starter,
    metadata,
    templates: starter.templates.map(named),
    raw: starter.raw.map((file) => (file.name === 'values.yaml' ? named(file) : file)),
  };
  return saveChartDirectory(chart, parent, new Date());
}
