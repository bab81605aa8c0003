/**
 * What a server serves, asked for once: aggregated discovery (two requests) where the server has it, the older lists
 * (one request a group version) where it does not.
 */
import type { ApiHandler } from '../api/http.ts';
import { type GroupVersionKind, parseApiVersion, toApiVersion } from '../api/object.ts';
import { bodyValue, errorOf } from './response.ts';
import type { ClientOptions, Resource } from './types.ts';

export interface Discovery {
  resourceFor(gvk: GroupVersionKind): Promise<Resource | undefined>;
  resources(refresh?: boolean): Promise<Resource[]>;
  apiVersions(): Promise<string[]>;
}

/** `resources` has subresources too (`deployments/scale`), as their kinds count for `Capabilities.APIVersions`. */
interface Served {
  groupVersions: string[];
  resources: Resource[];
}

const ACCEPT = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

export function discoverResources(handler: ApiHandler, options: ClientOptions = {}): Discovery {
  let served: Promise<Served> | undefined;
  const load = (): Promise<Served> => {
    served ??= fetchServed(handler, options).catch((error) => {
      served = undefined;
      throw error;
    });
    return served;
  };
  return {
    async resourceFor(gvk) {
      const found = findKind(await load(), gvk);
      if (found) return found;
      served = undefined; // a definition may have been added since
      return findKind(await load(), gvk);
    },
    async resources(refresh = false) {
      if (refresh) served = undefined;
      return (await load()).resources.filter(({ resource }) => !resource.includes('/'));
    },
    async apiVersions() {
      const { groupVersions, resources } = await load();
      return [...new Set([...groupVersions, ...resources.map((r) => `${toApiVersion(r)}/${r.kind}`)])].sort();
    },
  };
}

const findKind = ({ resources }: Served, { group, version, kind }: GroupVersionKind): Resource | undefined =>
  resources.find((r) => r.kind === kind && r.group === group && r.version === version && !r.resource.includes('/'));

async function fetchServed(handler: ApiHandler, options: ClientOptions): Promise<Served> {
  const get = async (path: string): Promise<Answer> => {
    const response = await handler({
      method: 'GET',
      path,
      query: new URLSearchParams(),
      headers: { accept: ACCEPT, ...(options.userAgent && { 'user-agent': options.userAgent }) },
      ...(options.user && { user: options.user }),
    });
    if (response.status >= 400) throw await errorOf(response, 'GET', path);
    return (await bodyValue(response)) as Answer;
  };
  const [core, groups] = await Promise.all([get('/api'), get('/apis')]);
  const parts = await Promise.all([servedBy(core, get, ''), servedBy(groups, get, 'apis')]);
  return {
    groupVersions: parts.flatMap((part) => part.groupVersions),
    resources: parts.flatMap((part) => part.resources),
  };
}

/** The four shapes `/api` and `/apis` answer with. */
interface Answer {
  kind?: string;
  versions?: string[];
  groups?: { versions: { groupVersion: string }[] }[];
  items?: { metadata: { name?: string }; versions: AggregatedVersion[] }[];
  resources?: { name: string; kind: string; namespaced: boolean; verbs?: string[] }[];
}

interface AggregatedVersion {
  version: string;
  resources?: AggregatedResource[];
}

interface AggregatedResource {
  resource: string;
  responseKind?: { kind: string };
  scope: 'Namespaced' | 'Cluster';
  verbs?: string[];
  subresources?: { subresource: string; responseKind?: { kind: string } }[];
}

async function servedBy(answer: Answer, get: (path: string) => Promise<Answer>, root: string): Promise<Served> {
  if (answer.kind === 'APIGroupDiscoveryList') return fromAggregated(answer);
  const groupVersions =
    answer.versions ?? (answer.groups ?? []).flatMap((group) => group.versions.map((v) => v.groupVersion));
  const lists = await Promise.all(
    groupVersions.map(async (groupVersion) => {
      // A group whose extension server is down must not hide the others.
      const list = await get(root === '' ? `/api/${groupVersion}` : `/apis/${groupVersion}`).catch(() => undefined);
      const { group, version } = parseApiVersion(groupVersion);
      return (list?.resources ?? []).map(({ name, kind, namespaced, verbs = [] }) => ({
        group,
        version,
        resource: name,
        kind,
        namespaced,
        verbs,
      }));
    }),
  );
  return { groupVersions, resources: lists.flat() };
}

function fromAggregated(answer: Answer): Served {
  const served: Served = { groupVersions: [], resources: [] };
  for (const item of answer.items ?? []) {
    const group = item.metadata.name ?? '';
    for (const { version, resources = [] } of item.versions) {
      served.groupVersions.push(toApiVersion({ group, version }));
      for (const { resource, responseKind, scope, verbs = [], subresources = [] } of resources) {
        const at = { group, version, namespaced: scope === 'Namespaced', verbs };
        served.resources.push({ ...at, resource, kind: responseKind?.kind ?? '' });
        for (const sub of subresources)
          if (sub.responseKind)
            served.resources.push({ ...at, resource: `${resource}/${sub.subresource}`, kind: sub.responseKind.kind });
      }
    }
  }
  return served;
}
