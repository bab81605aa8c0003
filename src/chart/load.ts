/** A chart from disk: a directory or an archive. */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isGzip, readArchive } from '../archive/read.ts';
import { type ArchiveFile, DEFAULT_LIMITS, withoutByteOrderMark } from '../archive/tar.ts';
import { type Logger, silentLog } from '../log.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import { compareStrings } from '../template/value.ts';
import { checkApiVersion, checkFilesVersion } from './api-version.ts';
import type { Chart } from './chart.ts';
import { type Ignore, parseIgnore } from './ignore.ts';
import { loadFiles } from './load-files.ts';
import { type ChartFiles, toArchiveFiles } from './load-memory.ts';

export interface LoadChartOptions {
  log?: Logger;
}

/** Loads the chart at `path`, a directory or an archive. Throws Helm's words. */
export function loadChart(path: string, options: LoadChartOptions = {}): Chart {
  return stat(path).isDirectory() ? loadDirectory(path, options) : loadArchiveFile(path, options);
}

/** Loads a chart from the bytes of its archive. */
export function loadArchive(bytes: Uint8Array, options: LoadChartOptions = {}): Chart {
  return loadWhole(readArchive(bytes), options);
}

/** Loads a chart from the files of its directory, by their names. */
export function loadNamedFiles(named: ChartFiles, options: LoadChartOptions = {}): Chart {
  return loadWhole(toArchiveFiles(named), options);
}

function loadWhole(files: ArchiveFile[], options: LoadChartOptions): Chart {
  checkFilesVersion(files);
  return loadFiles(files, { ...options, unpack: readArchive });
}

function stat(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(`stat ${path}: ${systemMessage(error)}`, { cause: error });
  }
}

function loadArchiveFile(path: string, options: LoadChartOptions): Chart {
  const bytes = readFileSync(path);
  if (!isGzip(bytes)) {
    if (/\.ya?ml$/.test(path))
      throw new Error(`file '${path}' seems to be a YAML file, but expected a gzipped archive`);
    throw new Error(`file '${path}' does not appear to be a gzipped archive; got '${contentType(bytes)}'`);
  }
  let files: ArchiveFile[];
  try {
    files = readArchive(bytes);
  } catch (error) {
    throw new Error('unable to load chart archive', { cause: error });
  }
  return loadWhole(files, options);
}

function loadDirectory(path: string, options: LoadChartOptions): Chart {
  const top = resolve(path);
  const chartYaml = join(top, 'Chart.yaml');
  try {
    checkApiVersion(readFileSync(chartYaml));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Error(`unable to detect chart at ${chartYaml}: open ${chartYaml}: ${systemMessage(error)}`, {
      cause: error,
    });
  }
  return loadFiles(readDirectory(top, options), { ...options, unpack: readArchive });
}

/** The files of a chart's directory in the order of their names, without what `.helmignore` names. */
function readDirectory(top: string, { log = silentLog }: LoadChartOptions = {}): ArchiveFile[] {
  const walk: Walk = { top, ignore: readIgnore(top), files: [], log };
  readInto(walk, '', [top], false);
  return walk.files;
}

interface Walk {
  top: string;
  ignore: Ignore;
  files: ArchiveFile[];
  log: Logger;
}

function readIgnore(top: string): Ignore {
  let text = '';
  try {
    text = decodeUtf8(readFileSync(join(top, '.helmignore')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return parseIgnore(text);
}

/** `ancestors` are the directories above. Below a link, which may lead to one of them, that is looked at. */
function readInto(walk: Walk, directory: string, ancestors: string[], isLinked: boolean): void {
  const names = readdirSync(join(walk.top, directory)).sort(compareStrings);
  for (const name of names) {
    const relative = directory === '' ? name : `${directory}/${name}`;
    const absolute = join(walk.top, relative);
    const own = lstatSync(absolute);
    const isLink = own.isSymbolicLink();
    const stats = isLink ? followLink(walk, absolute) : own;
    const isDirectory = stats.isDirectory();
    if (walk.ignore(relative, isDirectory)) continue;
    if (isDirectory) {
      const mayRecur = isLinked || isLink;
      if (mayRecur) checkRecursion(absolute, ancestors);
      readInto(walk, relative, [...ancestors, absolute], mayRecur);
    } else walk.files.push(readChartFile(absolute, relative, stats));
  }
}

function checkRecursion(directory: string, ancestors: string[]): void {
  const real = realpathSync(directory);
  if (ancestors.some((ancestor) => realpathSync(ancestor) === real))
    throw new Error(`error evaluating symlink ${directory}: it leads into itself`);
}

/** What a link leads to. Links are followed, as Helm does, and told. */
function followLink(walk: Walk, path: string): Stats {
  let resolved: string;
  try {
    resolved = realpathSync(path);
  } catch (error) {
    throw new Error(`error evaluating symlink ${path}: ${linkMessage(path, error)}`, { cause: error });
  }
  walk.log.info('found symbolic link in path. Contents of linked file included and used', { path, resolved });
  return lstatSync(resolved);
}

/** As Go's EvalSymlinks: the first part of the way that is not there, all links before it followed. */
function linkMessage(link: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP') return 'EvalSymlinks: too many links';
  if (code !== 'ENOENT') return systemMessage(error);
  let path = link;
  for (;;) {
    const parent = dirname(path);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      path = resolve(realpathSync(parent), readlinkSync(path));
    else if (!existsSync(parent)) path = parent;
    else return `lstat ${join(realpathSync(parent), basename(path))}: ${systemMessage(error)}`;
  }
}

function readChartFile(absolute: string, name: string, stats: Stats): ArchiveFile {
  if (!stats.isFile()) throw new Error(`cannot load irregular file ${absolute} as it has file mode type bits set`);
  if (stats.size > DEFAULT_LIMITS.file) {
    const shown = JSON.stringify(name.slice(name.lastIndexOf('/') + 1));
    throw new Error(`chart file ${shown} is larger than the maximum file size ${DEFAULT_LIMITS.file}`);
  }
  try {
    return { name, data: withoutByteOrderMark(readFileSync(absolute)), modTime: stats.mtime };
  } catch (error) {
    throw new Error(`error reading ${name}: open ${absolute}: ${systemMessage(error)}`, { cause: error });
  }
}

const SYSTEM_MESSAGES: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
};

/** The operating system's own words, as Go prints them. */
export function systemMessage(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return SYSTEM_MESSAGES[code ?? ''] ?? message;
}

/** The type of a file by its first 512 bytes, filled up with zeros, as Go's http.DetectContentType tells it to Helm. */
function contentType(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 512)).toString('latin1');
  if (start.startsWith('PK\x03\x04')) return 'application/zip';
  if (start.startsWith('%PDF-')) return 'application/pdf';
  if (/^\s*<(!doctype html|html|head|body|script|!--)[ >]/i.test(start)) return 'text/html; charset=utf-8';
  const isText = bytes.length >= 512 && !/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(start);
  return isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}
