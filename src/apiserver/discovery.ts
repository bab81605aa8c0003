/** Discovery: which groups, versions and resources are served, in the old form and the aggregated one. */
import type { ApiRequest, ApiResponse } from '../api/http.ts';
import type { Api } from './call.ts';
import { builtinResources, type ResourceType, type SubresourceType } from './resources.ts';

export function discovery(api: Api, request: ApiRequest): ApiResponse | undefined {
  const parts = request.path.split('/').filter((part) => part !== '');
  const [root, group, version] = parts;
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  if (root === 'api') {
    if (parts.length === 1) return aggregated(api, request, '') ?? json(legacyVersions(api));
    return parts.length === 2 ? resourceList(api, '', group!) : undefined;
  }
  if (root !== 'apis') return undefined;
  if (parts.length === 1) return aggregated(api, request, undefined) ?? json(groupList(api));
  if (parts.length === 2) return oneGroup(api, group!);
  return parts.length === 3 ? resourceList(api, group!, version!) : undefined;
}

const json = (object: unknown, type = 'application/json'): ApiResponse => ({
  status: 200,
  headers: { 'content-type': type },
  body: { type: 'object', object },
});

const legacyVersions = ({ endpoint: { address, port } }: Api) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `${address}:${port}` }],
});

const groupList = (api: Api) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(api).map(groupEntry),
});

/** The groups with names, each with its versions, the preferred first. */
function groupsOf({ types }: Api): [group: string, versions: string[]][] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of types.all()) {
    if (group === '') continue;
    groups.set(group, (groups.get(group) ?? new Set()).add(version));
  }
  return [...groups].map(([group, versions]) => [group, sortVersions(group, [...versions])]);
}

const BUILT_IN = new Set(builtinResources.map(({ group }) => group));

/** The versions of a defined group as Kubernetes prefers them: stable ones first, then beta, the highest first. */
const sortVersions = (group: string, versions: string[]): string[] =>
  BUILT_IN.has(group) ? versions : versions.sort(compareVersions);

function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  const difference = left.map((value, i) => right[i]! - value).find((value) => value !== 0);
  return difference ?? (a < b ? -1 : a > b ? 1 : 0);
}

/** Stability, major and minor number; nothing for what is no version of Kubernetes' kind. */
function rank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const [, major, stage, minor = '0'] = match;
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor)];
}

function groupEntry([name, versions]: [string, string[]]) {
  const each = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: each, preferredVersion: each[0] };
}

function oneGroup(api: Api, name: string): ApiResponse | undefined {
  const found = groupsOf(api).find(([group]) => group === name);
  return found && json({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found) });
}

function resourceList(api: Api, group: string, version: string): ApiResponse | undefined {
  const types = api.types.all().filter((type) => type.group === group && type.version === version);
  if (types.length === 0) return undefined;
  return json({
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: types.flatMap((type) => [
      resourceEntry(type),
      ...Object.entries(type.subresources).map(([name, subresource]) => subresourceEntry(type, name, subresource)),
    ]),
  });
}

const resourceEntry = ({ resource, singular, namespaced, kind, verbs, shortNames, categories }: ResourceType) => ({
  name: resource,
  singularName: singular,
  namespaced,
  kind,
  verbs,
  ...(shortNames.length > 0 && { shortNames }),
  ...(categories.length > 0 && { categories }),
});

const subresourceEntry = (type: ResourceType, name: string, { group, version, kind, verbs }: SubresourceType) => ({
  name: `${type.resource}/${name}`,
  singularName: '',
  namespaced: type.namespaced,
  ...(group !== undefined && { group, version }),
  kind: kind ?? type.kind,
  verbs,
});

const AGGREGATED = /application\/json;g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList/;

/** The whole of `/api` or `/apis` in one answer, where the client takes that. */
function aggregated(api: Api, { headers }: ApiRequest, only: string | undefined): ApiResponse | undefined {
  const version = AGGREGATED.exec(headers['accept'] ?? '')?.[1];
  if (version === undefined) return undefined;
  const groups: [string, string[]][] = only === '' ? [['', ['v1']]] : groupsOf(api);
  const items = groups.map(([name, versions]) => ({
    metadata: { ...(name !== '' && { name }), creationTimestamp: null },
    versions: versions.map((each) => ({
      version: each,
      resources: api.types
        .all()
        .filter((type) => type.group === name && type.version === each)
        .map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  return json(
    { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  );
}

const aggregatedResource = (type: ResourceType) => ({
  resource: type.resource,
  responseKind: { group: type.group, version: type.version, kind: type.kind },
  scope: type.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: type.singular,
  verbs: type.verbs,
  ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
  ...(type.categories.length > 0 && { categories: type.categories }),
  ...(Object.keys(type.subresources).length > 0 && {
    subresources: Object.entries(type.subresources).map(([subresource, { group, version, kind, verbs }]) => ({
      subresource,
      responseKind: { group: group ?? type.group, version: version ?? type.version, kind: kind ?? type.kind },
      verbs,
    })),
  }),
});
