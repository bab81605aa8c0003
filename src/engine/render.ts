/** Renders a chart's templates to files: pure, and usable in a browser. */
import { baseName } from '../archive/path.ts';
import type { Chart } from '../chart/chart.ts';
import { type Logger, silentLog } from '../log.ts';
import { type SprigContext, sprigFunctions } from '../sprig/functions.ts';
import { type Limits, Templates } from '../template/template.ts';
import { type GoFunction, typedMap, type Value, type ValueMap } from '../template/value.ts';
import { type Capabilities, defaultCapabilities, toCapabilitiesObject } from './capabilities.ts';
import { COMPAT, type CompatVersion, DEFAULT_COMPAT } from './compat.ts';
import { executionError, parseError } from './errors.ts';
import { engineFunctions, type Lookup, type Nesting, NO_VALUE, SET_NAME, setFunctions } from './functions.ts';
import { type ScopedTemplate, scopedTemplates } from './scopes.ts';

/** The release that `.Release` tells of. */
export interface ReleaseScope {
  name: string;
  namespace: string;
  /** 1 for an install. */
  revision?: number;
  isUpgrade?: boolean;
}

/** Templates of another engine. */
export interface ForeignTemplates {
  /** How their names end: `.hbs`. */
  extension: string;
  /** An empty set of them, which can call these functions. */
  create(functions: Record<string, GoFunction>): ForeignSet;
}
export interface ForeignSet {
  parse(name: string, text: string): void;
  execute(name: string, data: Value): string;
}

export interface RenderOptions {
  release: ReleaseScope;
  capabilities?: Capabilities;
  /** Time, chance and names of hosts, for the functions that need them. */
  context: SprigContext;
  lookup?: Lookup;
  /** Missing values that a chart requires are no error. */
  lint?: boolean;
  /** A key that a map does not have is an error. */
  strict?: boolean;
  limits?: Limits;
  handlebars?: ForeignTemplates;
  /** The Helm to render as; 4.2 where absent. */
  compat?: CompatVersion;
  log?: Logger;
}

/** Rendered texts by the path of their template, partials left out. */
export type RenderedFiles = Map<string, string>;

/**
 * Renders `chart`, whose dependencies have been processed, with its coalesced values. Values may be changed by the
 * templates (`set`). Throws RenderError.
 */
export function render(chart: Chart, values: ValueMap, options: RenderOptions): RenderedFiles {
  const { compat = DEFAULT_COMPAT, capabilities = defaultCapabilities({ compat }) } = options;
  const templates = scopedTemplates(chart, values, {
    common: { Release: toReleaseMap(options.release), Capabilities: toCapabilitiesObject(capabilities) },
    chartIsStruct: COMPAT[compat].chartIsStruct,
  });
  const execute = parseAll(chart, templates, options);
  const rendered: RenderedFiles = new Map();
  for (const template of templates) {
    if (baseName(template.name).startsWith('_')) continue;
    const { name, scope, basePath } = template;
    scope['Template'] = typedMap('common.Values', { Name: name, BasePath: basePath });
    rendered.set(name, execute(template).replaceAll(NO_VALUE, ''));
  }
  return rendered;
}

const toReleaseMap = ({ name, namespace, revision = 1, isUpgrade = false }: ReleaseScope): ValueMap => ({
  Name: name,
  Namespace: namespace,
  IsUpgrade: isUpgrade,
  IsInstall: !isUpgrade,
  Revision: BigInt(revision),
  Service: 'Helm',
});

/** Parses every template; answers what runs one. */
function parseAll(
  chart: Chart,
  templates: ScopedTemplate[],
  options: RenderOptions,
): (template: ScopedTemplate) => string {
  const { context, lint = false, lookup, handlebars, compat = DEFAULT_COMPAT, log = silentLog } = options;
  const nesting: Nesting = { includes: new Map(), tpl: 0 };
  const own = { ...engineFunctions({ lint, lookup, log }), ...setFunctions(() => set, nesting) };
  const set: Templates = baseSet(chart, options).clone(own);
  const foreign = handlebars?.create({ ...Object.fromEntries(libraryFor(context)), ...own });
  const setOf = ({ name }: ScopedTemplate) => (foreign && name.endsWith(handlebars!.extension) ? foreign : set);
  for (const template of templates)
    failing(parseError, template.name, () => setOf(template).parse(template.name, template.text));
  const { traces } = COMPAT[compat];
  const explain = (file: string, error: Error) => executionError(file, error, { traces });
  return (template) => failing(explain, template.name, () => setOf(template).execute(template.name, template.scope));
}

/** By a chart's list of templates, which copies of the chart share: rendering it again parses nothing again. */
const baseSets = new WeakMap<Chart['templates'], { context: SprigContext; set: Templates }>();

/** A set without templates that has the whole library, and the texts that were parsed for this chart before. */
function baseSet(chart: Chart, { context, strict = false, limits }: RenderOptions): Templates {
  const isPlain = !strict && limits === undefined;
  const known = baseSets.get(chart.templates);
  if (isPlain && known?.context === context) return known.set;
  const set = new Templates({
    name: SET_NAME,
    functions: libraryFor(context),
    missingKey: strict ? 'error' : 'zero',
    ...(limits && { limits }),
  });
  if (isPlain) baseSets.set(chart.templates, { context, set });
  return set;
}

const libraries = new WeakMap<SprigContext, ReadonlyMap<string, GoFunction>>();

function libraryFor(context: SprigContext): ReadonlyMap<string, GoFunction> {
  let library = libraries.get(context);
  if (library === undefined) libraries.set(context, (library = sprigFunctions(context)));
  return library;
}

function failing<T>(explain: (file: string, error: Error) => Error, file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw explain(file, error as Error);
  }
}
