/** Values against a chart's values.schema.json, and those of its subcharts, with Helm's error texts. */
import { parseJson } from '../encoding/json.ts';
import { typeName } from '../template/type.ts';
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';
import type { ValuesChart } from './coalesce.ts';
import { draftNamed, draftOf, ROOT_URL, type Schema, SchemaDocument } from './schema-document.ts';

export interface SchemaChart extends ValuesChart {
  /** The text of values.schema.json. */
  readonly schema: string | null | undefined;
  readonly dependencies: readonly SchemaChart[];
}

export interface SchemaOptions {
  /** Answers the text of a schema that another refers to by URL. */
  load?: (url: string) => Promise<string>;
  warn?: (message: string, fields: { urn: string }) => void;
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
    else problems += `${subchart.name}:\ninvalid type for values: expected object (map), got ${typeName(own)}\n`;
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
  const { missingDocument } = await import('./schema-references.ts');
  const document = new SchemaDocument(await followingDraft(parseText(text), ROOT_URL));
  let loaded = 0;
  for (let address = missingDocument(document); address !== undefined; address = missingDocument(document)) {
    if (++loaded > MAX_DOCUMENTS) throw new Error(`the schema refers to more than ${MAX_DOCUMENTS} documents`);
    document.include(address, await loadSchema(address, load, warn));
  }
  return document;
}

async function loadSchema(address: string, load: SchemaOptions['load'], warn?: SchemaOptions['warn']): Promise<Schema> {
  const draft = draftOf(address);
  const { metaschemaOf } = await import('./metaschema.ts');
  if (draft !== undefined) return metaschemaOf(draft).document.root;
  if (!address.startsWith('urn:')) return followingDraft(await fetchDocument(address, load), address);
  warn?.('unresolved URN reference ignored; using permissive schema', { urn: address });
  return true;
}

async function fetchDocument(address: string, load: SchemaOptions['load']): Promise<Value> {
  try {
    if (!load) throw new Error('schemas cannot be loaded here');
    return parseText(await load(address));
  } catch (error) {
    throw new Error(`failing loading "${address}": ${(error as Error).message}`, { cause: error });
  }
}

/** Throws in the words of Go's json.Decoder, which reads a stream. */
function parseText(text: string): Value {
  if (text.trim() === '') throw new Error('EOF');
  try {
    return parseJson(text);
  } catch (error) {
    const message = (error as Error).message
      .replace('unexpected end of JSON input', 'unexpected EOF')
      .replace(/^invalid character .* after top-level value$/, 'invalid character after top-level value');
    throw new Error(message, { cause: error });
  }
}

/** The schema itself, which must follow the rules of its draft. */
async function followingDraft(schema: Value, address: string): Promise<Schema> {
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
