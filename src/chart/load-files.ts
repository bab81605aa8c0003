/** A chart from its files in memory. Pure: a browser can use it. */
import { extension } from '../archive/path.ts';
import { type ArchiveFile, archiveSum } from '../archive/tar.ts';
import { type Logger, silentLog } from '../log.ts';
import { parseValues } from '../values/load.ts';
import { type Chart, setDependencies, textOf } from './chart.ts';
import { type LooseMetadata, parseLock, parseMetadata, validateMetadata } from './metadata.ts';

export interface LoadOptions {
  /** Reads a subchart's archive in `charts/`. Absent: such an archive is an error. */
  unpack?: (bytes: Uint8Array) => ArchiveFile[];
  log?: Logger;
}

/** Subcharts below subcharts: far more than any chart has, far less than the stack holds. */
const MAX_NESTING = 64;

/** Builds a chart from files whose names are relative to its directory. Throws Helm's words. */
export function loadFiles(files: readonly ArchiveFile[], options: LoadOptions = {}): Chart {
  return load(files, { ...options, add: archiveSum() }, 0);
}

/** `add` counts what was unpacked. */
type Loading = LoadOptions & { add: (files: readonly ArchiveFile[]) => void };

type Draft = Omit<Chart, 'metadata'> & { metadata: LooseMetadata | undefined };

function load(files: readonly ArchiveFile[], options: Loading, depth: number): Chart {
  if (depth > MAX_NESTING) throw new Error(`charts are nested more than ${MAX_NESTING} deep`);
  const draft: Draft = { metadata: undefined, raw: [...files], templates: [], files: [], dependencies: [] };
  const chartYaml = files.find((file) => file.name === 'Chart.yaml');
  if (chartYaml !== undefined) draft.metadata = loadMetadata(chartYaml);
  const subcharts = new Map<string, ArchiveFile[]>();
  for (const file of files) sortIn(draft, file, subcharts, options.log ?? silentLog);
  if (draft.metadata === undefined) throw new Error('Chart.yaml file is missing');
  validateMetadata(draft.metadata);
  const chart = draft as Chart;
  setDependencies(chart, loadSubcharts(chart, subcharts, options, depth));
  return chart;
}

function loadMetadata(file: ArchiveFile): LooseMetadata {
  const metadata = reading('Chart.yaml', () => parseMetadata(textOf(file)));
  if (!metadata.apiVersion) metadata.apiVersion = 'v1';
  return metadata;
}

function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`cannot load ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Puts a file where its name says it belongs. */
function sortIn(draft: Draft, file: ArchiveFile, subcharts: Map<string, ArchiveFile[]>, log: Logger): void {
  const { name } = file;
  const known = KNOWN_FILES[name];
  if (known !== undefined) known(draft, file, log);
  else if (name.startsWith('templates/')) draft.templates.push(file);
  else if (name.startsWith('charts/') && extension(name) !== '.prov') {
    const rest = name.slice('charts/'.length);
    const owner = rest.split('/', 1)[0]!;
    const list = subcharts.get(owner);
    const moved = { ...file, name: rest };
    if (list === undefined) subcharts.set(owner, [moved]);
    else list.push(moved);
  } else draft.files.push(file);
}

const KNOWN_FILES: { [name: string]: (draft: Draft, file: ArchiveFile, log: Logger) => void } = {
  __proto__: null as never,
  'Chart.yaml': () => {},
  'Chart.lock': (draft, file) => {
    draft.lock = reading(file.name, () => parseLock(textOf(file)));
  },
  'values.yaml': (draft, file) => {
    draft.values = reading(file.name, () => parseValues(textOf(file)));
  },
  'values.schema.json': (draft, file) => {
    draft.schema = file.data;
  },
  // Helm 2's place for dependencies, which charts of apiVersion v1 still use.
  'requirements.yaml': (draft, file, log) => {
    draft.metadata ??= {};
    if (draft.metadata.apiVersion !== 'v1') log.info(OLD_REQUIREMENTS);
    draft.metadata = reading(file.name, () => parseMetadata(textOf(file), draft.metadata));
    if (draft.metadata.apiVersion === 'v1') draft.files.push(file);
  },
  'requirements.lock': (draft, file, log) => {
    draft.lock = reading(file.name, () => parseLock(textOf(file)));
    draft.metadata ??= {};
    if (draft.metadata.apiVersion !== 'v1') log.info(OLD_LOCK);
    else draft.files.push(file);
  },
};

const OLD_REQUIREMENTS =
  'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.';
const OLD_LOCK =
  'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.';

function loadSubcharts(chart: Chart, subcharts: Map<string, ArchiveFile[]>, options: Loading, depth: number): Chart[] {
  const loaded: Chart[] = [];
  for (const [name, files] of [...subcharts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name.startsWith('_') || name.startsWith('.')) continue;
    try {
      loaded.push(load(subchartFiles(chart, name, files, options), options, depth + 1));
    } catch (error) {
      const cause = error as Error;
      if (cause instanceof MisplacedArchiveError) throw cause;
      throw new Error(`error unpacking subchart ${name} in ${chart.metadata.name}: ${cause.message}`, { cause });
    }
  }
  return loaded;
}

class MisplacedArchiveError extends Error {}

/** The files of an archive, or those of a directory; what lies loose in `charts/` belongs to neither. */
function subchartFiles(chart: Chart, name: string, files: ArchiveFile[], { unpack, add }: Loading): ArchiveFile[] {
  if (extension(name) !== '.tgz')
    return files.flatMap((file) => {
      const slash = file.name.indexOf('/');
      return slash < 0 ? [] : [{ ...file, name: file.name.slice(slash + 1) }];
    });
  const [file] = files;
  if (file!.name !== name)
    throw new MisplacedArchiveError(
      `error unpacking subchart tar in ${chart.metadata.name}: expected ${name}, got ${file!.name}`,
    );
  if (unpack === undefined) throw new Error('archives cannot be read here');
  const unpacked = unpack(file!.data);
  add(unpacked);
  return unpacked;
}
