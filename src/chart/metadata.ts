/** Reads and checks Chart.yaml and Chart.lock, in Helm's words. */
import { baseName } from '../archive/path.ts';
import { decodeStruct, type StructShape } from '../encoding/struct.ts';
import { parseYaml } from '../encoding/yaml.ts';
import { isSpace } from '../manifest/split.ts';
import { parseVersion } from '../semver/version.ts';
import { isPrint } from '../template/quote.ts';
import type { Dependency, Lock, Maintainer, Metadata } from './chart.ts';

const MAINTAINER: StructShape = {
  struct: 'v2.Maintainer',
  pointer: true,
  fields: { name: 'string', email: 'string', url: 'string' },
};

const DEPENDENCY: StructShape = {
  struct: 'v2.Dependency',
  pointer: true,
  fields: {
    name: 'string',
    version: 'string',
    repository: 'string',
    condition: 'string',
    tags: { list: 'string' },
    enabled: 'bool',
    'import-values': { list: 'any' },
    alias: 'string',
  },
};

export const METADATA: StructShape = {
  struct: 'v2.Metadata',
  fields: {
    name: 'string',
    home: 'string',
    sources: { list: 'string' },
    version: 'string',
    description: 'string',
    keywords: { list: 'string' },
    maintainers: { list: MAINTAINER },
    icon: 'string',
    apiVersion: 'string',
    condition: 'string',
    tags: 'string',
    appVersion: 'string',
    deprecated: 'bool',
    annotations: { map: 'string' },
    kubeVersion: 'string',
    dependencies: { list: DEPENDENCY },
    type: 'string',
  },
};

const LOCK: StructShape = {
  struct: 'v2.Lock',
  fields: { generated: 'string', digest: 'string', dependencies: { list: DEPENDENCY } },
};

const CHART_BASE: StructShape = { struct: 'loader.chartBase', fields: { apiVersion: 'string' } };

/** What `parseMetadata` may leave out until `validateMetadata` has looked. */
export type LooseMetadata = Partial<Metadata>;

/** Reads Chart.yaml, or requirements.yaml over it. */
export function parseMetadata(
  text: string,
  into: LooseMetadata = {},
  options: { strict?: boolean } = {},
): LooseMetadata {
  const { strict = false } = options;
  return decodeStruct(METADATA, parseYaml(text, { bigints: true }), { strict, into: into as never }) as LooseMetadata;
}

/** Undefined where nothing is locked: the file is empty. */
export function parseLock(text: string): Lock | undefined {
  const value = parseYaml(text, { bigints: true });
  if (value === null) return undefined;
  const lock = decodeStruct(LOCK, value) as Partial<Lock>;
  const { generated = '', digest = '', dependencies = [] } = lock;
  return { generated, digest, dependencies: dependencies.filter((dependency) => dependency !== null) };
}

/** The apiVersion alone, by which Helm chooses how to load a chart. */
export const parseChartVersion = (text: string): string =>
  (decodeStruct(CHART_BASE, parseYaml(text)) as { apiVersion?: string }).apiVersion ?? '';

/** Cleans the texts in place, then throws what is wrong first. */
export function validateMetadata(metadata: LooseMetadata): asserts metadata is Metadata {
  for (const field of [
    'name',
    'description',
    'home',
    'icon',
    'condition',
    'tags',
    'appVersion',
    'kubeVersion',
  ] as const)
    sanitizeField(metadata, field);
  if (metadata.sources) metadata.sources = metadata.sources.map(sanitize);
  if (metadata.keywords) metadata.keywords = metadata.keywords.map(sanitize);
  const { apiVersion = '', name = '', version = '', type = '' } = metadata;
  if (apiVersion === '') throw invalid('chart.metadata.apiVersion is required');
  if (name === '') throw invalid('chart.metadata.name is required');
  if (name === '.' || name === '..') throw invalid(`chart.metadata.name ${JSON.stringify(name)} is not allowed`);
  if (name !== baseName(name)) throw invalid(`chart.metadata.name ${JSON.stringify(name)} is invalid`);
  if (version === '') throw invalid('chart.metadata.version is required');
  if (!isVersion(version)) throw invalid(`chart.metadata.version ${JSON.stringify(version)} is invalid`);
  if (!['', 'application', 'library'].includes(type))
    throw invalid('chart.metadata.type must be application or library');
  for (const maintainer of metadata.maintainers ?? []) validateMaintainer(maintainer);
  validateDependencies(metadata.dependencies ?? []);
}

const invalid = (message: string): Error => new Error(`validation: ${message}`);

function isVersion(text: string): boolean {
  try {
    return parseVersion(text) !== undefined;
  } catch {
    return false;
  }
}

function validateMaintainer(maintainer: Maintainer | null): void {
  if (maintainer === null) throw invalid('maintainers must not contain empty or null nodes');
  for (const field of ['name', 'email', 'url'] as const) sanitizeField(maintainer, field);
}

const ALIAS = /^[a-zA-Z0-9_-]+$/;

function validateDependencies(dependencies: (Dependency | null)[]): void {
  const seen = new Set<string>();
  for (const dependency of dependencies) {
    if (dependency === null) throw invalid('dependencies must not contain empty or null nodes');
    dependency.name ??= '';
    for (const field of ['name', 'version', 'repository', 'condition'] as const) sanitizeField(dependency, field);
    if (dependency.tags) dependency.tags = dependency.tags.map(sanitize);
    const { name, alias = '' } = dependency;
    if (alias !== '' && !ALIAS.test(alias))
      throw invalid(`dependency ${JSON.stringify(name)} has disallowed characters in the alias`);
    const key = alias || name;
    if (seen.has(key)) throw invalid(`more than one dependency with name or alias ${JSON.stringify(key)}`);
    seen.add(key);
  }
}

function sanitizeField<K extends string>(object: { [key in K]?: string }, field: K): void {
  const text = object[field];
  if (text !== undefined) object[field] = sanitize(text);
}

const PLAIN = /^[ -~]*$/;

/** White space becomes a space; what does not print goes. */
function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  return [...text].map((char) => (isSpace(char.codePointAt(0)!) ? ' ' : isPrint(char) ? char : '')).join('');
}
