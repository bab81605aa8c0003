/** What would change in a cluster, object by object: between two manifests, or between a manifest and what is live. */
import type { KubeObject } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import { toYaml } from '../encoding/yaml.ts';
import { FIELD_MANAGER } from '../kube/apply.ts';
import { markOwned } from '../kube/ownership.ts';
import { buildResources, identityOf, inKindOrder, type KubeResource, readResource } from '../kube/resource.ts';
import { toManifests } from '../manifest/manifest.ts';
import type { Release } from '../release/release.ts';
import type { Value } from '../template/value.ts';
import type { ActionContext } from './context.ts';

export interface ObjectChange {
  change: 'added' | 'removed' | 'changed';
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  /** YAML; '' where there is nothing. */
  before: string;
  after: string;
}

export interface DiffOptions {
  /** Where objects are that name no namespace. */
  namespace: string;
  /** Shows what Secrets hold. */
  showSecrets: boolean;
}

/** Compares two manifests, without a cluster. */
export function diffManifests(before: string, after: string, options: DiffOptions): ObjectChange[] {
  const old = objectsOf(before, options.namespace);
  const next = objectsOf(after, options.namespace);
  const keys = [...new Set([...old.keys(), ...next.keys()])];
  return keys.flatMap((key) => changeOf(old.get(key), next.get(key), options));
}

/** Compares the objects in the cluster with what applying `release` would make of them; `current` is what goes. */
export async function diffLive(
  { client, namespace }: ActionContext,
  current: Release,
  release: Release,
  options: DiffOptions,
): Promise<ObjectChange[]> {
  const targets = markOwned(await buildResources(client, release.manifest, namespace), release);
  const originals = await buildResources(client, current.manifest, namespace, { onVanished() {} });
  const wanted = new Set(targets.map(identityOf));
  const gone = originals.filter((original) => !wanted.has(identityOf(original)));
  const live = (resource: KubeResource): Promise<KubeObject | undefined> =>
    readResource(resource, client).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const applied = ({ resource, name, namespace: where, object }: KubeResource): Promise<KubeObject> =>
    client.patch(resource, name, where, object, {
      type: 'apply',
      fieldManager: FIELD_MANAGER,
      force: true,
      dryRun: true,
    });
  const changed = await inKindOrder(targets, async (target) =>
    changeOf(settled(await live(target)), settled(await applied(target)), options),
  );
  const removed = await inKindOrder(gone, async (original) =>
    changeOf(settled(await live(original)), undefined, options),
  );
  return [...changed, ...removed].flat();
}

/** The object without what the cluster keeps for itself. */
function settled(object: KubeObject | undefined): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { status: _, ...rest } = object;
  const { managedFields, resourceVersion, generation, uid, creationTimestamp, ...metadata } = rest.metadata;
  return { ...rest, metadata } as KubeObject;
}

/** By what makes an object the same one: group, kind, namespace and name. */
function objectsOf(manifest: string, namespace: string): Map<string, KubeObject> {
  const objects = new Map<string, KubeObject>();
  for (const { object } of toManifests(new Map([['manifest', manifest]])).manifests) {
    const found = object as unknown as KubeObject;
    const group = found.apiVersion?.includes('/') ? found.apiVersion.split('/')[0] : '';
    const place = found.metadata?.namespace ?? namespace;
    objects.set(`${group}/${found.kind}/${place}/${found.metadata?.name}`, {
      ...found,
      metadata: { ...found.metadata, namespace: place },
    });
  }
  return objects;
}

function changeOf(
  old: KubeObject | undefined,
  next: KubeObject | undefined,
  { showSecrets }: DiffOptions,
): ObjectChange[] {
  const text = (object: KubeObject | undefined, compared?: KubeObject): string => {
    if (object === undefined) return '';
    const masked = object.kind === 'Secret' && !showSecrets ? withoutSecrets(object, compared) : object;
    return toYaml(masked as unknown as Value);
  };
  const before = text(old);
  const after = text(next, old);
  const subject = next ?? old;
  if (subject === undefined || before === after) return [];
  const { apiVersion, kind, metadata } = subject;
  const change = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
  return [{ change, apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name, before, after }];
}

/** Values give way to their sizes; one of the same size as in `compared` that is another says so. */
function withoutSecrets(object: KubeObject, compared: KubeObject | undefined): KubeObject {
  const sizes = (field: 'data' | 'stringData') => {
    const values: Record<string, unknown> = object[field] ?? {};
    const shown = Object.entries(values).map(([key, value]) => {
      const size = String(value).length;
      const other = compared?.[field]?.[key];
      const isAnother = other !== undefined && other !== value && String(other).length === size;
      return [key, `${size} characters${isAnother ? ', another value' : ''}`];
    });
    return shown.length === 0 ? {} : { [field]: Object.fromEntries(shown) };
  };
  return { ...object, ...sizes('data'), ...sizes('stringData') };
}
