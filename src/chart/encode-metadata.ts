/** Chart.yaml, dependencies and locks as Go's encoders write them: fields in the order of the struct, empty ones left out. */
import type { Value, ValueMap } from '../template/value.ts';
import type { Dependency, Lock, Maintainer, Metadata } from './chart.ts';

export function encodeMetadata(metadata: Metadata): ValueMap {
  const { name, home, sources, version, description, keywords, maintainers, icon, apiVersion, condition, tags } =
    metadata;
  const { appVersion, deprecated, annotations, kubeVersion, dependencies, type } = metadata;
  return filled({
    name,
    home,
    sources,
    version,
    description,
    keywords,
    maintainers: maintainers?.map(encodeMaintainer),
    icon,
    apiVersion,
    condition,
    tags,
    appVersion,
    deprecated,
    annotations,
    kubeVersion,
    dependencies: dependencies?.map(encodeDependency),
    type,
  });
}

const encodeMaintainer = ({ name, email, url }: Maintainer): ValueMap => filled({ name, email, url });

/** A dependency has a name and a repository even where they are empty. */
export function encodeDependency(dependency: Dependency): ValueMap {
  const { name, version, repository = '', condition, tags, enabled, alias } = dependency;
  const importValues = dependency['import-values'] as Value[] | undefined;
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

/** Without what Go's `omitempty` leaves out. */
function filled(fields: { [name: string]: Value | undefined }): ValueMap {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && !isEmpty(value));
  return Object.fromEntries(kept) as ValueMap;
}

function isEmpty(value: Value): boolean {
  if (value === '' || value === false || value === null) return true;
  return typeof value === 'object' && Object.keys(value as object).length === 0;
}
