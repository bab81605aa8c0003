/** Values against a chart's values.schema.json, and those of its subcharts, with Helm's error texts. */
import { parseJson } from '../encoding/json.ts';
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';
import type { ValuesChart, Warn } from './coalesce.ts';
import { draftNamed, draftOf, ROOT_URL, type Schema, SchemaDocument } from './schema-document.ts';
import { goTypeName } from './type-name.ts';

export interface SchemaChart extends ValuesChart {
  /** The text of values.schema.json. */
  readonly schema: string | null | undefined;
  readonly dependencies: readonly SchemaChart[];
}

export interface SchemaOptions {
  /** Answers the text of a schema that another refers to by URL. */
  load?: (url: string) => Promise<string>;
  warn?: Warn;
}

/**
 * What is wrong with the values, as Helm words it after "values don't meet the specifications of the schema(s) in the
 * following chart(s):\n"; empty where all is well.
 */
export async function schemaProblems(
  chart: SchemaChart,
  values: ValueMap,
  options: SchemaOptions = {},
): Promise<string> {
  let problems = '';
  if (chart.schema !== null && chart.schema !== undefined) {
    const found = await singleSchemaProblem(chart.schema, values, options);
    if (found !== undefined) problems += `${chart.name}:\n${found}`;
  }
  for (const subchart of chart.dependencies) {
    const own = getKey(values, subchart.name);
    if (own === undefined || own === null) continue;
    if (isMap(own)) problems += await schemaProblems(subchart, own, options);
    else problems += `${subchart.name}:\ninvalid type for values: expected object (map), got ${goTypeName(own)}\n`;
  }
  return problems;
}

/** The validator is loaded only for charts that have a schema. */
async function singleSchemaProblem(
  text: string,
  values: ValueMap,
  options: SchemaOptions,
): Promise<string | undefined> {
  const { checkSchema } = await import('./json-schema.ts');
  const { describe } = await import('./schema-error.ts');
  try {
    const document = await loadDocument(text, options);
    const failures = checkSchema(document, values);
    // The line before is cut off by Helm, which wants one more line break for subcharts.
    return failures.length === 0 ? undefined : `${describe(failures).slice(1)}\n`;
  } catch (error) {
    return (error as Error).message;
  }
}

const MAX_DOCUMENTS = 100;

async function loadDocument(text: string, { load, warn }: SchemaOptions): Promise<SchemaDocument> {
  const document = new SchemaDocument(await parseSchema(text));
  const missing = referencesIn(document.root);
  let loaded = 0;
  for (let address = missing.pop(); address !== undefined; address = missing.pop()) {
    if (document.has(address)) continue;
    if (++loaded > MAX_DOCUMENTS) throw new Error(`the schema refers to more than ${MAX_DOCUMENTS} documents`);
    const schema = await loadSchema(address, load, warn);
    document.include(address, schema);
    missing.push(...referencesIn(schema));
  }
  return document;
}

async function loadSchema(address: string, load: SchemaOptions['load'], warn?: Warn): Promise<Schema> {
  const draft = draftOf(address);
  if (draft === undefined) return parseSchema(await fetchDocument(address, load, warn), address);
  const { metaschemaOf } = await import('./metaschema.ts');
  return metaschemaOf(draft).document.root;
}

/** A schema that follows the rules of its draft. */
async function parseSchema(text: string, address = ROOT_URL): Promise<Schema> {
  if (text.trim() === '') throw new Error('EOF');
  const schema = parseJson(text);
  const { metaschemaOf, surelyFollows } = await import('./metaschema.ts');
  const draft = draftNamed(schema);
  if (surelyFollows(schema, draft)) return schema as Schema;
  const { checkSchema } = await import('./json-schema.ts');
  const { describe } = await import('./schema-error.ts');
  const meta = metaschemaOf(draft);
  const failures = checkSchema(meta.document, schema, { formats: true });
  if (failures.length === 0) return schema as Schema;
  const head = `jsonschema validation failed with '${meta.address}'`;
  throw new Error(`"${address}#" is not valid against metaschema: ${head}${describe(failures)}`);
}

async function fetchDocument(address: string, load: SchemaOptions['load'], warn?: Warn): Promise<string> {
  if (address.startsWith('urn:')) {
    warn?.('unresolved URN reference ignored; using permissive schema');
    return 'true';
  }
  try {
    if (!load) throw new Error('schemas cannot be loaded here');
    return await load(address);
  } catch (error) {
    throw new Error(`failing loading "${address}": ${(error as Error).message}`, { cause: error });
  }
}

/** The addresses of other documents that a schema refers to, or is written in the dialect of. */
function referencesIn(value: Value): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isMap(value)) return [];
  const dialect = typeof value.$schema === 'string' && !draftOf(value.$schema) ? value.$schema : undefined;
  const own = [value.$ref, dialect].flatMap((reference) =>
    typeof reference === 'string' && /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(reference) ? [reference.split('#')[0]!] : [],
  );
  return [...own, ...Object.keys(value).flatMap((key) => referencesIn(value[key]))];
}
