/** Chart.yaml, dependencies and locks as Go's encoders write them: fields in the order of the struct, empty ones left out. */
import { isMap, sortedKeys, type Value, type ValueMap } from '../template/value.ts';
import { type Dependency, type Lock, type Maintainer, METADATA_FIELDS, type Metadata } from './chart.ts';

export function encodeMetadata(metadata: Metadata): ValueMap {
  const { maintainers, dependencies, annotations } = metadata;
  const encoded: { [field in keyof Metadata]: unknown } = {
    ...metadata,
    maintainers: maintainers?.map(encodeMaintainer),
    dependencies: dependencies?.map(encodeDependency),
    annotations: annotations && sorted(annotations),
  };
  return filled(Object.fromEntries(METADATA_FIELDS.map((field) => [field, encoded[field] as Value | undefined])));
}

const encodeMaintainer = ({ name, email, url }: Maintainer): ValueMap => filled({ name, email, url });

/** A dependency has a name and a repository even where they are empty. */
export function encodeDependency(dependency: Dependency): ValueMap {
  const { name, version, repository = '', condition, tags, enabled, alias } = dependency;
  const importValues = (dependency['import-values'] as Value[] | undefined)?.map((each) =>
    isMap(each) ? sorted(each) : each,
  );
  return {
    name,
    ...filled({ version }),
    repository,
    ...filled({ condition, tags, enabled, 'import-values': importValues, alias }),
  };
}

export const encodeLock = ({ generated, digest, dependencies }: Lock): ValueMap => ({
  generated,
  digest,
  dependencies: dependencies.map(encodeDependency),
});

/** A map's keys have Go's order. */
const sorted = (map: ValueMap): ValueMap => Object.fromEntries(sortedKeys(map).map((key) => [key, map[key]!]));

/** Without what Go's `omitempty` leaves out. */
function filled(fields: { [name: string]: Value | undefined }): ValueMap {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && !isEmpty(value));
  return Object.fromEntries(kept) as ValueMap;
}

function isEmpty(value: Value): boolean {
  if (value === '' || value === false || value === null) return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}
