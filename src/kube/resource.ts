/** An object of a manifest together with the resource of the cluster it belongs to. */
import { gvkOf, type KubeObject } from '../api/object.ts';
import type { Client, Resource } from '../client/types.ts';
import { parseYaml } from '../encoding/yaml.ts';
import { isMap, type Value } from '../template/value.ts';
import { aggregate, checkMetadata, checkTyped } from './check-document.ts';
import { readDocuments } from './read-documents.ts';

export interface KubeResource {
  resource: Resource;
  name: string;
  /** Undefined for a resource that has none. */
  namespace: string | undefined;
  object: KubeObject;
}

export interface BuildOptions {
  /** Refuses documents that do not tell what they are in the words of Helm's validation. */
  validate?: boolean;
  /** Kinds that are not served are told to it and left out, instead of failing. */
  onVanished?: (what: string) => void;
}

/**
 * The objects of `manifest`, lists flattened, each in its namespace or in the given one. Throws where a document is no
 * object or its kind is not served, with one message for all of them.
 */
export async function buildResources(
  client: Client,
  manifest: string,
  namespace: string,
  { validate = false, onVanished }: BuildOptions = {},
): Promise<KubeResource[]> {
  const problems: string[] = [];
  const built: KubeResource[] = [];
  for (const document of readDocuments(manifest)) {
    try {
      const value = parseYaml(document);
      if (validate && value !== null && value !== undefined) checkTyped(value);
      for (const object of objectsOf(value)) {
        checkMetadata(object);
        built.push(await toResource(client, object, namespace));
      }
    } catch (error) {
      if (error instanceof UnknownKindError && onVanished) onVanished(error.message);
      else problems.push((error as Error).message);
    }
  }
  if (problems.length > 0) throw new Error(aggregate(problems));
  return built;
}

class UnknownKindError extends Error {}

function objectsOf(value: Value): KubeObject[] {
  if (value === null || value === undefined) return [];
  if (!isMap(value))
    throw new Error(`error parsing : json: cannot unmarshal ${kindOf(value)} into Go value of type runtime.Unknown`);
  const object = value as unknown as KubeObject;
  if (typeof object.kind !== 'string' || object.kind === '')
    throw new Error(`unable to decode "": Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  return object.kind.endsWith('List') && Array.isArray(object.items) ? object.items.flatMap(objectsOf) : [object];
}

const kindOf = (value: Value) => (Array.isArray(value) ? 'array' : typeof value === 'number' ? 'number' : 'string');

async function toResource(client: Client, object: KubeObject, fallback: string): Promise<KubeResource> {
  const { apiVersion = '' } = object as { apiVersion?: string };
  const gvk = gvkOf({ ...object, apiVersion });
  const name = object.metadata?.name ?? '';
  const resource = await client.resourceFor(gvk);
  if (!resource)
    throw new UnknownKindError(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(object.metadata?.namespace ?? '')} ` +
        `from "": no matches for kind "${gvk.kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  const namespace = resource.namespaced ? object.metadata?.namespace || fallback : undefined;
  return {
    resource,
    name,
    namespace,
    object: { ...object, metadata: { ...object.metadata, ...(namespace !== undefined && { namespace }) } },
  };
}

/** Names one stored object: versions of a resource are views of the same thing. */
export const identityOf = ({ name, namespace, resource, object }: KubeResource): string =>
  `${resource.group}/${object.kind}/${namespace ?? ''}/${name}`;

/** Tells objects apart by version too. */
export const resourceKey = ({ object, namespace, name }: KubeResource): string =>
  `${object.apiVersion}/${object.kind}/${namespace ?? ''}/${name}`;

/** `Deployment "web" in namespace "default"` */
export const describeResource = ({ object, name, namespace }: KubeResource): string =>
  `${object.kind} ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace ?? '')}`;

/** `default/web apps/v1, Kind=Deployment`, and `/v1` for the core group. */
export const describeWithKind = ({ object, name, namespace, resource }: KubeResource): string =>
  `${namespace ?? ''}/${name} ${resource.group}/${resource.version}, Kind=${object.kind}`;

/** Throws client-go's refusal of a request for no object in particular. */
export function checkName({ name }: KubeResource): void {
  if (name === '') throw new Error('resource name may not be empty');
}

export async function readResource(target: KubeResource, client: Client): Promise<KubeObject> {
  checkName(target);
  return client.get(target.resource, target.name, target.namespace);
}

/** Whether the server makes up the name. Throws where the object has a name as well. */
export function isNameGenerated({ object, name }: KubeResource): boolean {
  if (!object.metadata.generateName) return false;
  if (name !== '') throw new Error('metadata.name and metadata.generateName cannot both be set');
  return true;
}

/** Calls `fn` for every resource: those of one kind that stand together at once, one kind after the other. */
export const inKindOrder = <T>(resources: KubeResource[], fn: (resource: KubeResource) => Promise<T>): Promise<T[]> =>
  inGroups(resources, (first, next) => first.object.kind === next.object.kind, fn);

/** Calls `fn` for every resource, many at once: for what changes nothing. */
export const atOnce = <T>(resources: KubeResource[], fn: (resource: KubeResource) => Promise<T>): Promise<T[]> =>
  inGroups(resources, () => true, fn);

async function inGroups<T>(
  resources: KubeResource[],
  areTogether: (first: KubeResource, next: KubeResource) => boolean,
  fn: (resource: KubeResource) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < resources.length; ) {
    let end = at + 1;
    while (end < resources.length && areTogether(resources[at]!, resources[end]!) && end - at < MAX_AT_ONCE) end++;
    results.push(...(await Promise.all(resources.slice(at, end).map(fn))));
    at = end;
  }
  return results;
}

const MAX_AT_ONCE = 32;
