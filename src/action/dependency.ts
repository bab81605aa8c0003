/** A chart's dependencies: listed, resolved into Chart.lock, and brought into `charts/`. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Chart, Dependency, Lock } from '../chart/chart.ts';
import { isCompatibleRange } from '../chart/compatible.ts';
import { loadChart, systemMessage } from '../chart/load.ts';
import { lockDigest, lockDigestV2, lockYaml, newLock } from '../chart/lock.ts';
import { archiveName, packChart } from '../chart/save.ts';
import type { RemoteDependencies } from '../repo/dependencies.ts';
import { parseConstraint } from '../semver/constraint.ts';
import { isStrictVersion, parseVersion } from '../semver/version.ts';

export interface DependencyOptions {
  /** The directory of the chart. */
  path: string;
  /** Charts that are not on this disk: repositories and registries. */
  remote?: RemoteDependencies;
  /** Leaves what is known of the repositories as it is. */
  skipRefresh?: boolean;
  /** Does the same first for every dependency that is a chart on this disk. */
  recursive?: boolean;
  print?: (line: string) => void;
  /** Milliseconds since the Unix epoch. */
  now?: () => number;
  /** The charts that led to this one, itself the last. */
  chain?: readonly string[];
}

export interface DependencyRow {
  name: string;
  version: string;
  repository: string;
  status: string;
}

export interface DependencyList {
  /** Undefined where the chart declares none. */
  rows: DependencyRow[] | undefined;
  /** What lies in `charts/` and is not declared, or is no chart. */
  warnings: string[];
}

/** What the chart declares, and what of it is there. */
export function listDependencies(path: string): DependencyList {
  const chart = loadDeclaring(path);
  const declared = chart.metadata.dependencies;
  if (declared === undefined)
    return { rows: undefined, warnings: [`WARNING: no dependencies at ${join(path, 'charts')}`] };
  const rows = declared.map((dependency) => ({
    name: dependency.name,
    version: dependency.version ?? '',
    repository: dependency.repository ?? '',
    status: statusOf(path, dependency, chart),
  }));
  return { rows, warnings: strangers(path, declared) };
}

/** As Helm here, which looks at once for all of a chart's files. */
function loadDeclaring(path: string): Chart {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() && !existsSync(join(path, 'Chart.yaml')))
    throw new Error('Chart.yaml file is missing');
  return loadChart(path);
}

/** The archive decides where there is one, otherwise the directory. */
function statusOf(path: string, dependency: Dependency, chart: Chart): string {
  const prefix = `${dependency.name}-`;
  let archives = namesIn(join(path, 'charts')).filter((name) => name.startsWith(prefix) && name.endsWith('.tgz'));
  if (archives.length > 1) archives = archives.filter((name) => isStrictVersion(name.slice(prefix.length, -4)));
  if (archives.length > 1) return 'too many matches';
  if (archives.length === 1) return archiveStatus(join(path, 'charts', archives[0]!), dependency);
  const subchart = chart.dependencies.findLast(({ metadata }) => metadata.name === dependency.name);
  return subchart === undefined ? 'missing' : (versionProblem(subchart, dependency) ?? 'unpacked');
}

function archiveStatus(path: string, dependency: Dependency): string {
  let chart: Chart;
  try {
    chart = loadChart(path);
  } catch {
    return 'corrupt';
  }
  if (chart.metadata.name !== dependency.name) return 'misnamed';
  return versionProblem(chart, dependency) ?? 'ok';
}

function versionProblem({ metadata }: Chart, { version = '' }: Dependency): string | undefined {
  if (metadata.version === version) return undefined;
  try {
    parseConstraint(version);
    parseVersion(metadata.version);
  } catch {
    return 'invalid version';
  }
  return isCompatibleRange(version, metadata.version) ? undefined : 'wrong version';
}

function strangers(path: string, declared: Dependency[]): string[] {
  const warnings: string[] = [];
  for (const name of namesIn(join(path, 'charts'))) {
    const file = join(path, 'charts', name);
    if (!statSync(file).isDirectory() && !name.endsWith('.tgz')) continue;
    const shown = JSON.stringify(file);
    try {
      const { metadata } = loadChart(file);
      if (!declared.some((dependency) => dependency.name === metadata.name))
        warnings.push(`WARNING: ${shown} is not in Chart.yaml.`);
    } catch {
      warnings.push(`WARNING: ${shown} is not a chart.`);
    }
  }
  return warnings;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Brings exactly what Chart.lock says into `charts/`; without a lock, updates. */
export async function buildDependencies(options: DependencyOptions): Promise<void> {
  const chart = loadDirectory(options.path);
  const { lock, metadata } = chart;
  if (lock === undefined) return updateDependencies(options);
  const declared = metadata.dependencies ?? [];
  checkLocalPaths(options.path, declared);
  await localsFirst(options, declared, buildDependencies);
  checkLock(lock, options.remote?.resolveNames(declared) ?? declared, declared, metadata.apiVersion === 'v1');
  await options.remote?.refresh(lock.dependencies, { skip: options.skipRefresh === true, locked: true });
  await saveAll(options, lock.dependencies);
}

/** Charts whose dependencies depend on this one again are refused. */
async function localsFirst(
  options: DependencyOptions,
  declared: readonly Dependency[],
  act: (options: DependencyOptions) => Promise<void>,
): Promise<void> {
  if (!options.recursive) return;
  const { print = () => {}, chain = [resolve(options.path)] } = options;
  const paths = new Set(
    declared.filter(isLocal).map(({ repository }) => resolve(localPath(options.path, repository!))),
  );
  for (const path of paths) {
    if (chain.includes(path)) throw new Error(`charts depend on each other: ${[...chain, path].join(' → ')}`);
    if (!statSync(path).isDirectory()) continue;
    print(`Dependencies of ${path}`);
    await act({ ...options, path, chain: [...chain, path] });
  }
}

/** `resolved` are those `declared`, with addresses for the aliases of repositories. */
function checkLock(lock: Lock, resolved: Dependency[], declared: Dependency[], isV1: boolean): void {
  if (lockDigest(resolved, lock.dependencies) === lock.digest) return;
  if (!isV1)
    throw new Error(
      "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies with 'helm dependency update'",
    );
  if (lockDigestV2(declared) !== lock.digest)
    throw new Error(
      'the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update the dependencies',
    );
}

/** Resolves what the chart declares, brings it into `charts/`, and writes Chart.lock where that changed. */
export async function updateDependencies(options: DependencyOptions): Promise<void> {
  const { path, now = Date.now } = options;
  const { metadata, lock: old } = loadDirectory(path);
  if (metadata.dependencies === undefined) return;
  checkLocalPaths(path, metadata.dependencies);
  await localsFirst(options, metadata.dependencies, updateDependencies);
  const declared = options.remote?.resolveNames(metadata.dependencies) ?? metadata.dependencies;
  await options.remote?.refresh(declared, { skip: options.skipRefresh === true, locked: false });
  const locked = await resolveAll(options, declared);
  await saveAll(options, locked);
  const lock = newLock(declared, locked, now());
  if (old?.digest !== lock.digest) writeLock(path, lock, metadata.apiVersion === 'v1');
}

function loadDirectory(path: string): Chart {
  try {
    if (!statSync(path).isDirectory()) throw new Error('only unpacked charts can be updated');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Error(`could not find ${path}: stat ${path}: ${systemMessage(error)}`, { cause: error });
  }
  return loadDeclaring(path);
}

const isLocal = ({ repository = '' }: Dependency): boolean => repository.startsWith('file://');

/** As Helm: before anything is fetched. */
function checkLocalPaths(path: string, dependencies: readonly Dependency[]): void {
  for (const dependency of dependencies) if (isLocal(dependency)) localPath(path, dependency.repository!);
}

function remoteOf({ remote }: DependencyOptions): RemoteDependencies {
  if (remote === undefined) throw new Error('dependencies from repositories cannot be had here');
  return remote;
}

async function resolveAll(options: DependencyOptions, declared: readonly Dependency[]): Promise<Dependency[]> {
  const locked: Dependency[] = [];
  const missing: string[] = [];
  for (const dependency of declared) {
    const { name, repository = '', version = '' } = dependency;
    checkRange(name, version);
    const found = await resolveOne(options, dependency);
    if (found === undefined)
      missing.push(`"${name}" (repository ${JSON.stringify(repository)}, version ${JSON.stringify(version)})`);
    else locked.push({ name, repository, version: found });
  }
  if (missing.length > 0)
    throw new Error(
      `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
    );
  return locked;
}

function checkRange(name: string, range: string): void {
  try {
    parseConstraint(range);
  } catch (error) {
    const message = `dependency ${JSON.stringify(name)} has an invalid version/constraint format: ${(error as Error).message}`;
    throw new Error(message, { cause: error });
  }
}

async function resolveOne(options: DependencyOptions, dependency: Dependency): Promise<string | undefined> {
  const { name, repository = '', version = '' } = dependency;
  if (repository === '') {
    localPath(options.path, join('charts', name));
    return version;
  }
  if (!isLocal(dependency)) return remoteOf(options).resolve(dependency);
  const chart = loadChart(localPath(options.path, repository));
  return isCompatibleRange(version, chart.metadata.version) ? chart.metadata.version : undefined;
}

/** Where a dependency on this disk lies: `file://` paths are relative to the chart. */
function localPath(chartPath: string, repository: string): string {
  const named = repository.replace(/^file:\/\//, '');
  const path = isAbsolute(named) ? named : join(chartPath, named);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new Error(`directory ${path} not found`);
  return path;
}

/** All new archives are there before the first old one goes. */
async function saveAll(options: DependencyOptions, locked: readonly Dependency[]): Promise<void> {
  const { path, print = () => {} } = options;
  const charts = join(path, 'charts');
  if (statSync(charts, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new Error(`${JSON.stringify(charts)} is not a directory`);
  const temporary = join(path, `tmpcharts-${process.pid}`);
  mkdirSync(charts, { recursive: true });
  mkdirSync(temporary, { recursive: true });
  try {
    print(`Saving ${locked.length} charts`);
    try {
      await saveEach(options, locked, temporary);
    } catch (error) {
      print(`Save error occurred:  ${(error as Error).message}`);
      throw error;
    }
    const saved = namesIn(temporary);
    for (const name of saved) renameSync(join(temporary, name), join(charts, name));
    print('Deleting outdated charts');
    deleteOutdated(charts, new Set(saved), locked, print);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function saveEach(options: DependencyOptions, locked: readonly Dependency[], directory: string): Promise<void> {
  const fetched = new Set<string>();
  for (const dependency of locked) {
    const { repository = '' } = dependency;
    if (repository === '') usePresent(options, dependency);
    else if (isLocal(dependency)) await packLocal(options.path, dependency, directory);
    else await saveRemote(options, dependency, directory, fetched);
  }
}

function usePresent({ path, print = () => {} }: DependencyOptions, dependency: Dependency): void {
  print(`Dependency ${dependency.name} did not declare a repository. Assuming it exists in the charts directory`);
  checkPresent(join(path, 'charts', dependency.name), dependency);
}

async function packLocal(path: string, dependency: Dependency, directory: string): Promise<void> {
  const { name, repository = '', version = '' } = dependency;
  const chart = loadChart(localPath(path, repository));
  if (!isCompatibleRange(version, chart.metadata.version))
    throw new Error(`can't get a valid version for dependency ${name}`);
  writeFileSync(join(directory, archiveName(chart)), await packChart(chart));
  dependency.version = chart.metadata.version;
}

/** `fetched` are the addresses that need not be fetched again. */
async function saveRemote(
  options: DependencyOptions,
  dependency: Dependency,
  directory: string,
  fetched: Set<string>,
): Promise<void> {
  const { print = () => {} } = options;
  const { name, repository } = dependency;
  const source = await remoteOf(options).find(dependency);
  if (fetched.has(source.url)) return print(`Already downloaded ${name} from repo ${repository}`);
  print(`Downloading ${name} from repo ${repository}`);
  const { fileName, bytes } = await remoteOf(options).fetch(source);
  if (!/^[^/\\]+$/.test(fileName) || fileName.startsWith('.'))
    throw new Error(`could not download ${source.url}: ${JSON.stringify(fileName)} is no name for an archive`);
  writeFileSync(join(directory, fileName), bytes);
  fetched.add(source.url);
}

function checkPresent(path: string, { name, version = '' }: Dependency): void {
  let chart: Chart;
  try {
    chart = loadChart(path);
  } catch (error) {
    throw new Error(`unable to load chart '${path}': ${(error as Error).message}`, { cause: error });
  }
  if (!isCompatibleRange(version, chart.metadata.version))
    throw new Error(
      `dependency ${name} at version ${chart.metadata.version} does not satisfy the constraint ${version}`,
    );
}

function deleteOutdated(
  charts: string,
  saved: Set<string>,
  locked: readonly Dependency[],
  print: (line: string) => void,
): void {
  const unpacked = new Set(locked.filter(({ repository = '' }) => repository === '').map(({ name }) => name));
  for (const name of namesIn(charts)) {
    const file = join(charts, name);
    if (saved.has(name) || statSync(file).isDirectory()) continue;
    try {
      const { metadata } = loadChart(file);
      if (!unpacked.has(metadata.name)) rmSync(file);
    } catch (error) {
      print(`Could not verify ${file} for deletion: ${(error as Error).message} (Skipping)`);
    }
  }
}

function writeLock(path: string, lock: Lock, isV1: boolean): void {
  const name = isV1 ? 'requirements.lock' : 'Chart.lock';
  const file = join(path, name);
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error(`the ${name} file is a symlink to ${JSON.stringify(readlinkSync(file))}`);
  writeFileSync(file, lockYaml(lock), { mode: 0o644 });
}
