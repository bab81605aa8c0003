/**
 * The schemas of schemas: what each draft says of its own keywords, built from one table. Helm's validator holds a
 * chart's schema to that of its draft before it holds values to the chart's.
 */
import { compileRegexp } from '../regexp/regexp.ts';
import { isMap, type Value, type ValueMap } from '../template/value.ts';
import { type Draft, SchemaDocument } from './schema-document.ts';

const ADDRESSES: Record<Draft, string> = {
  4: 'http://json-schema.org/draft-04/schema',
  6: 'http://json-schema.org/draft-06/schema',
  7: 'http://json-schema.org/draft-07/schema',
  2019: 'https://json-schema.org/draft/2019-09/schema',
  2020: 'https://json-schema.org/draft/2020-12/schema',
};

type Vocabulary = 'core' | 'applicator' | 'unevaluated' | 'validation' | 'meta-data' | 'format' | 'content' | 'root';
type Kind = keyof ReturnType<typeof kindsOf>;

/** Keywords by vocabulary and kind; `name@since` and `name@since-until` bound the drafts. */
const KEYWORDS: [Vocabulary, Kind, string][] = [
  ['core', 'reference', '$id@6-7 $ref@6 $recursiveRef@2019-2019 $dynamicRef@2020'],
  ['core', 'identifier', '$id@2019'],
  ['core', 'text', 'id@4-4 $ref@4-4 $comment@7'],
  ['core', 'address', '$schema'],
  ['core', 'anchor', '$anchor@2019 $dynamicAnchor@2020'],
  ['core', 'boolean', '$recursiveAnchor@2019-2019'],
  ['core', 'vocabularies', '$vocabulary@2019'],
  ['core', 'schemaMap', 'definitions@4-7 $defs@2019'],
  ['applicator', 'schemas', 'allOf anyOf oneOf prefixItems@2020'],
  ['applicator', 'schema', 'not contains@6 propertyNames@6 if@7 then@7 else@7 items@2020 additionalItems@6-2019'],
  ['applicator', 'schema', 'additionalProperties@6 unevaluatedItems@2019-2019 unevaluatedProperties@2019-2019'],
  ['applicator', 'schemaOrBoolean', 'additionalItems@4-4 additionalProperties@4-4'],
  ['applicator', 'schemaOrSchemas', 'items@4-2019'],
  ['applicator', 'schemaMap', 'properties dependentSchemas@2019 patternProperties@4-6'],
  ['applicator', 'patternMap', 'patternProperties@7'],
  ['applicator', 'schemaOrNames', 'dependencies@4-7'],
  ['unevaluated', 'schema', 'unevaluatedItems@2020 unevaluatedProperties@2020'],
  ['validation', 'types', 'type'],
  ['validation', 'options', 'enum@4-7'],
  ['validation', 'list', 'enum@2019'],
  ['validation', 'step', 'multipleOf'],
  ['validation', 'number', 'maximum minimum exclusiveMaximum@6 exclusiveMinimum@6'],
  ['validation', 'boolean', 'exclusiveMaximum@4-4 exclusiveMinimum@4-4 uniqueItems'],
  ['validation', 'size', 'maxLength maxItems maxProperties minContains@2019 maxContains@2019'],
  ['validation', 'sizeFromZero', 'minLength minItems minProperties'],
  ['validation', 'pattern', 'pattern'],
  ['validation', 'names', 'required'],
  ['validation', 'nameMap', 'dependentRequired@2019'],
  ['meta-data', 'text', 'title description'],
  ['meta-data', 'boolean', 'readOnly@7 writeOnly@7 deprecated@2019'],
  ['meta-data', 'list', 'examples@7'],
  ['format', 'text', 'format'],
  ['content', 'text', 'contentEncoding@7 contentMediaType@7'],
  ['content', 'schema', 'contentSchema@2019'],
  ['root', 'schemaMap', 'definitions@2019'],
  ['root', 'schemaOrNames', 'dependencies@2019'],
  ['root', 'anchor', '$recursiveAnchor@2020'],
  ['root', 'reference', '$recursiveRef@2020'],
];

/** What a keyword of each kind must be. */
function kindsOf(draft: Draft) {
  const schema: ValueMap =
    draft < 2019 ? { $ref: '#' } : draft === 2019 ? { $recursiveRef: '#' } : { $dynamicRef: '#meta' };
  const text = { type: 'string' };
  const size = { type: 'integer', minimum: 0 };
  const schemas = { type: 'array', minItems: 1, items: schema };
  const simpleType = { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] };
  const names: ValueMap = { type: 'array', items: text, uniqueItems: true, ...(draft === 4 ? { minItems: 1 } : {}) };
  const schemaMap = { type: 'object', additionalProperties: schema };
  const reference: ValueMap = { type: 'string', format: 'uri-reference' };
  const anchor = draft === 2019 ? '^[A-Za-z][-A-Za-z0-9.:_]*$' : '^[A-Za-z_][-A-Za-z0-9._]*$';
  const address: ValueMap = { type: 'string', format: 'uri' };
  return {
    schema,
    schemas,
    schemaMap,
    text,
    size,
    names,
    reference,
    address,
    identifier: { ...reference, pattern: '^[^#]*#?$' },
    anchor: { type: 'string', pattern: anchor },
    boolean: { type: 'boolean' },
    number: { type: 'number' },
    list: { type: 'array' },
    options: { type: 'array', minItems: 1, uniqueItems: true },
    step:
      draft === 4 ? { type: 'number', minimum: 0, exclusiveMinimum: true } : { type: 'number', exclusiveMinimum: 0 },
    sizeFromZero: draft < 2019 ? { allOf: [size, { default: 0 }] } : size,
    pattern: { type: 'string', format: 'regex' },
    patternMap: { ...schemaMap, propertyNames: { format: 'regex' } },
    nameMap: { type: 'object', additionalProperties: names },
    vocabularies: { type: 'object', propertyNames: address, additionalProperties: { type: 'boolean' } },
    types: { anyOf: [simpleType, { type: 'array', items: simpleType, minItems: 1, uniqueItems: true }] },
    schemaOrBoolean: { anyOf: [{ type: 'boolean' }, schema] },
    schemaOrSchemas: { anyOf: [schema, schemas] },
    schemaOrNames: { type: 'object', additionalProperties: { anyOf: [schema, names] } },
  };
}

const built = new Map<Draft, SchemaDocument>();

/** The schema that a schema of `draft` is held to, and its address as error texts name it. */
export function metaschemaOf(draft: Draft): { document: SchemaDocument; address: string } {
  const address = ADDRESSES[draft];
  const document = built.get(draft) ?? new SchemaDocument(buildMetaschema(draft), address);
  built.set(draft, document);
  return { document, address: `${address}#` };
}

function buildMetaschema(draft: Draft): ValueMap {
  const head: ValueMap = { $schema: ADDRESSES[draft], type: draft === 4 ? 'object' : ['object', 'boolean'] };
  const part = (vocabularies: Vocabulary[]): ValueMap => ({ properties: propertiesOf(draft, vocabularies) });
  if (draft < 2019) {
    const flat = part(['core', 'applicator', 'validation', 'meta-data', 'format', 'content']);
    if (draft === 4) flat.dependencies = { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] };
    return { ...head, ...flat };
  }
  const dynamic: ValueMap = draft === 2019 ? { $recursiveAnchor: true } : { $dynamicAnchor: 'meta' };
  const all: Vocabulary[] = ['core', 'applicator', 'unevaluated', 'validation', 'meta-data', 'format', 'content'];
  const vocabularies = draft === 2019 ? all.filter((name) => name !== 'unevaluated') : all;
  const $defs: ValueMap = {};
  for (const name of vocabularies) $defs[name] = { type: ['object', 'boolean'], ...part([name]) };
  const allOf = vocabularies.map((name) => ({ $ref: `#/$defs/${name}` }));
  return { ...head, ...dynamic, allOf, $defs, ...part(['root']) };
}

function propertiesOf(draft: Draft, vocabularies: Vocabulary[]): ValueMap {
  const kinds = kindsOf(draft);
  const properties: ValueMap = {};
  for (const [name, kind] of keywordsOf(draft, vocabularies)) properties[name] = kinds[kind];
  return properties;
}

function keywordsOf(draft: Draft, vocabularies?: Vocabulary[]): Map<string, Kind> {
  const keywords = new Map<string, Kind>();
  for (const [vocabulary, kind, names] of KEYWORDS) {
    if (vocabularies && !vocabularies.includes(vocabulary)) continue;
    for (const entry of names.split(' ')) {
      const [name, drafts = '4'] = entry.split('@');
      const [since, until = '2020'] = drafts.split('-');
      if (draft >= Number(since) && draft <= Number(until)) keywords.set(name!, kind);
    }
  }
  return keywords;
}

// ── the short way ─────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Whether a schema surely follows the rules of its draft. Nearly all do, and this finds it a hundred times faster than
 * a check by the metaschema, which is left to find the words for those that may not.
 */
export function surelyFollows(schema: Value, draft: Draft): boolean {
  const keywords = keywordsOf(draft);
  const isSchema = (value: Value, depth: number): boolean => {
    if (typeof value === 'boolean') return draft !== 4;
    if (!isMap(value) || depth > MAX_DEPTH) return false;
    if (draft === 4 && !isDraft4(value)) return false;
    return Object.keys(value).every((key) => {
      const kind = keywords.get(key);
      return kind === undefined || FITS[kind](value[key], (inner) => isSchema(inner, depth + 1));
    });
  };
  return isSchema(schema, 0);
}

const MAX_DEPTH = 100;

/** There, `exclusiveMaximum` needs `maximum`. */
const isDraft4 = (schema: ValueMap): boolean =>
  (schema.exclusiveMaximum === undefined || schema.maximum !== undefined) &&
  (schema.exclusiveMinimum === undefined || schema.minimum !== undefined);

type IsSchema = (value: Value) => boolean;
type Fits = (value: Value, isSchema: IsSchema) => boolean;

const TYPE_NAMES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);

const isText: Fits = (value) => typeof value === 'string';
const isBoolean: Fits = (value) => typeof value === 'boolean';
const isSize: Fits = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isList: Fits = (value) => Array.isArray(value);
/** Addresses with nothing odd in them. */
const isPlainAddress: Fits = (value) => typeof value === 'string' && /^[\w#/.$-]*$|^https?:\/\/[\w#/.-]*$/.test(value);
const isFullAddress: Fits = (value) => typeof value === 'string' && /^https?:\/\/[\w#/.-]+$/.test(value);
const isListOf = (value: Value, fits: (item: Value) => boolean): boolean => Array.isArray(value) && value.every(fits);
const isMapOf = (value: Value, fits: (item: Value) => boolean): boolean =>
  isMap(value) && Object.keys(value).every((key) => fits(value[key]));
const isUnique = (list: Value): boolean => Array.isArray(list) && new Set(list).size === list.length;
const isNames = (value: Value): boolean =>
  isListOf(value, (item) => typeof item === 'string') && isUnique(value) && (value as Value[]).length > 0;
const isSchemas: Fits = (value, isSchema) => isListOf(value, isSchema) && (value as Value[]).length > 0;
const isScalar = (value: Value): boolean => typeof value !== 'object' || value === null;
const isTypeName = (value: Value): boolean => typeof value === 'string' && TYPE_NAMES.has(value);

const FITS: Record<Kind, Fits> = {
  schema: (value, isSchema) => isSchema(value),
  schemas: isSchemas,
  schemaMap: isMapOf,
  text: isText,
  size: isSize,
  sizeFromZero: isSize,
  names: isNames,
  reference: isPlainAddress,
  identifier: (value, isSchema) => isPlainAddress(value, isSchema) && !String(value).includes('#'),
  address: isFullAddress,
  anchor: (value) => typeof value === 'string' && /^[A-Za-z][-A-Za-z0-9._]*$/.test(value),
  boolean: isBoolean,
  number: (value) => typeof value === 'number',
  list: isList,
  options: (value) => isListOf(value, isScalar) && isUnique(value) && (value as Value[]).length > 0,
  step: (value) => typeof value === 'number' && value > 0,
  pattern: isRegexp,
  patternMap: (value, isSchema) => isMapOf(value, isSchema) && Object.keys(value as ValueMap).every(isRegexp),
  nameMap: (value) => isMapOf(value, isNames),
  vocabularies: () => false,
  types: (value) => isTypeName(value) || (isListOf(value, isTypeName) && isNames(value)),
  schemaOrBoolean: (value, isSchema) => typeof value === 'boolean' || isSchema(value),
  schemaOrSchemas: (value, isSchema) => isSchema(value) || isSchemas(value, isSchema),
  schemaOrNames: (value, isSchema) => isMapOf(value, (item) => isSchema(item) || isNames(item)),
};

function isRegexp(value: Value): boolean {
  if (typeof value !== 'string') return false;
  try {
    compileRegexp(value);
    return true;
  } catch {
    return false;
  }
}
