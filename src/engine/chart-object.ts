/** `.Chart`: Chart.yaml under Go's names, every field present. A map, and in Helm 3 a struct. */
import { type Chart, isRoot, METADATA_FIELDS, type Metadata } from '../chart/chart.ts';
import { type GoObject, nilMap, typedMap, type Value, type ValueMap } from '../template/value.ts';
import { goStruct } from './go-struct.ts';

/** `.Chart` of Helm 3: a name that is no field is an error, and JSON has the names of Chart.yaml. */
export function toChartStruct(chart: Chart): GoObject {
  const fields = Object.entries(toChartMap(chart)).map(([name, value]) => ({ name, value }));
  const type = 'struct { chart.Metadata; IsRoot bool }';
  const metadata = chart.metadata as unknown as ValueMap;
  const present = METADATA_FIELDS.filter((name) => metadata[name] !== undefined);
  const toData = (): Value => ({
    ...Object.fromEntries(present.map((name) => [name, metadata[name]])),
    IsRoot: isRoot(chart),
  });
  return { ...goStruct({ type, fields }), toData };
}

export function toChartMap(chart: Chart): ValueMap {
  const { metadata } = chart;
  return {
    ...texts(metadata, METADATA_TEXTS),
    Sources: [...(metadata.sources ?? [])],
    Keywords: [...(metadata.keywords ?? [])],
    Maintainers: (metadata.maintainers ?? []).map((maintainer) => texts(maintainer, MAINTAINER_TEXTS)),
    Deprecated: metadata.deprecated ?? false,
    Annotations: metadata.annotations
      ? typedMap('map[string]string', { ...metadata.annotations })
      : nilMap('map[string]string'),
    Dependencies: toDependencies(metadata),
    IsRoot: isRoot(chart),
  };
}

const METADATA_TEXTS = {
  Name: 'name',
  Home: 'home',
  Version: 'version',
  Description: 'description',
  Icon: 'icon',
  APIVersion: 'apiVersion',
  Condition: 'condition',
  Tags: 'tags',
  AppVersion: 'appVersion',
  KubeVersion: 'kubeVersion',
  Type: 'type',
} as const;

const MAINTAINER_TEXTS = { Name: 'name', Email: 'email', URL: 'url' } as const;

const DEPENDENCY_TEXTS = {
  Name: 'name',
  Version: 'version',
  Repository: 'repository',
  Condition: 'condition',
  Alias: 'alias',
} as const;

const toDependencies = ({ dependencies = [] }: Metadata): Value[] =>
  dependencies.map((dependency) => ({
    ...texts(dependency, DEPENDENCY_TEXTS),
    Tags: [...(dependency.tags ?? [])],
    Enabled: dependency.enabled ?? false,
    ImportValues: [...((dependency['import-values'] ?? []) as Value[])],
  }));

/** The text fields of `source` by Go's names, "" where one is missing. */
function texts<K extends string>(source: { [key in K]?: string }, names: Record<string, K>): ValueMap {
  return Object.fromEntries(Object.entries(names).map(([goName, name]) => [goName, source[name] ?? '']));
}
