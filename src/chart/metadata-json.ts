/** Chart.yaml in JSON as Helm writes it: fields in the order of its structs, and safe inside HTML. */
import { METADATA_FIELDS, type Metadata } from './chart.ts';

const MAINTAINER_FIELDS = ['name', 'email', 'url'] as const;
const DEPENDENCY_FIELDS = [
  'name',
  'version',
  'repository',
  'condition',
  'tags',
  'enabled',
  'import-values',
  'alias',
] as const;

/** The fields that are there, in the order in which `structJson` shall write them. */
export function inStructOrder(metadata: Metadata): Record<string, unknown> {
  const { maintainers, dependencies, annotations } = metadata;
  return inOrder(METADATA_FIELDS, {
    ...metadata,
    maintainers: maintainers?.map((maintainer) => inOrder(MAINTAINER_FIELDS, maintainer)),
    dependencies: dependencies?.map((dependency) => inOrder(DEPENDENCY_FIELDS, dependency)),
    annotations: annotations && inOrder(Object.keys(annotations).sort(), annotations),
  });
}

export function inOrder(fields: readonly string[], object: object): Record<string, unknown> {
  const values = object as Record<string, unknown>;
  return Object.fromEntries(
    fields.filter((field) => values[field] !== undefined).map((field) => [field, values[field]]),
  );
}

/** As json.Marshal, or json.MarshalIndent, writes what is in order already. */
export const structJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
