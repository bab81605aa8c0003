/** Follows the references of every schema in use, as is done before anything is checked. */
import { isMap, type Value, type ValueMap } from '../template/value.ts';
import {
  draftOf,
  isSchema,
  type Resource,
  type Schema,
  type SchemaDocument,
  UnknownResource,
} from './schema-document.ts';

/**
 * The address of a document that must be loaded first, undefined where none is missing. Definitions that nothing refers
 * to are not looked at. Throws where a reference points nowhere.
 */
export function missingDocument(document: SchemaDocument): string | undefined {
  const inUse = new Set<Schema>([document.root]);
  try {
    // A set is walked on into what is added meanwhile.
    for (const schema of inUse) if (isMap(schema)) for (const next of linked(document, schema)) inUse.add(next);
  } catch (error) {
    if (error instanceof UnknownResource) return error.address;
    throw error;
  }
  return undefined;
}

/** With a schema that is referred to, the resource around it is in use. */
function linked(document: SchemaDocument, schema: ValueMap): Schema[] {
  const resource = document.resourceOf(schema);
  const dialect = schema === resource.schema ? ownDialect(schema) : undefined;
  if (dialect !== undefined && !document.has(dialect)) throw new UnknownResource(dialect);
  const targets = REFERENCES.flatMap((keyword) => {
    const reference = schema[keyword];
    return typeof reference === 'string' ? [document.resolve(reference, resource)] : [];
  });
  const resources = targets.map((target) => document.resourceOf(target).schema);
  return [...targets, ...resources, ...(ignoresOthers(schema, resource) ? [] : subschemas(schema))];
}

const REFERENCES = ['$ref', '$recursiveRef', '$dynamicRef'];

function ownDialect({ $schema }: ValueMap): string | undefined {
  return typeof $schema === 'string' && draftOf($schema) === undefined ? $schema.split('#')[0] : undefined;
}

/** Before 2019, what stands beside a $ref is ignored. */
const ignoresOthers = (schema: ValueMap, { draft }: Resource): boolean =>
  draft < 2019 && typeof schema.$ref === 'string';

const APPLICATORS =
  'allOf anyOf oneOf not items additionalItems additionalProperties contains propertyNames if then else unevaluatedItems unevaluatedProperties prefixItems'.split(
    ' ',
  );
const MAPS_OF_SCHEMAS = ['properties', 'patternProperties', 'dependencies', 'dependentSchemas'];

function subschemas(schema: ValueMap): Schema[] {
  const applied = APPLICATORS.flatMap((keyword) => schema[keyword]);
  const named = MAPS_OF_SCHEMAS.flatMap((keyword) => {
    const map: Value = schema[keyword];
    return isMap(map) ? Object.values(map) : [];
  });
  return [...applied, ...named].filter(isSchema);
}
