/** Records as Kubernetes objects: a Secret of type helm.sh/release.v1 each, or a ConfigMap. */
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { decodeRelease } from './decode.ts';
import { type ReleaseDriver, ReleaseExistsError, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { encodeRelease } from './encode.ts';
import { recordLabels, withoutSystemLabels } from './labels.ts';
import type { Release } from './release.ts';

interface Storage {
  name: 'Secret' | 'ConfigMap';
  resource: GroupVersionResource;
  wrap(text: string): Record<string, unknown>;
  unwrap(object: KubeObject): string;
}

const SECRETS: Storage = {
  name: 'Secret',
  resource: { group: '', version: 'v1', resource: 'secrets' },
  wrap: (text) => ({ type: 'helm.sh/release.v1', data: { release: Buffer.from(text).toString('base64') } }),
  unwrap: (object) => Buffer.from(String(object.data?.release ?? ''), 'base64').toString('latin1'),
};

const CONFIG_MAPS: Storage = {
  name: 'ConfigMap',
  resource: { group: '', version: 'v1', resource: 'configmaps' },
  wrap: (text) => ({ data: { release: text } }),
  unwrap: (object) => String(object.data?.release ?? ''),
};

export interface ObjectDriverOptions {
  client: Client;
  /** '' lists and queries all namespaces; it cannot write. */
  namespace: string;
  clock: Clock;
}

export const secretDriver = (options: ObjectDriverOptions): ReleaseDriver => objectDriver(SECRETS, options);
export const configMapDriver = (options: ObjectDriverOptions): ReleaseDriver => objectDriver(CONFIG_MAPS, options);

function objectDriver(storage: Storage, { client, namespace, clock }: ObjectDriverOptions): ReleaseDriver {
  const { resource } = storage;
  const object = (key: string, release: Release, stamp: 'createdAt' | 'modifiedAt'): KubeObject => ({
    apiVersion: 'v1',
    kind: storage.name,
    metadata: {
      name: key,
      namespace,
      labels: recordLabels(release, stamp, Math.floor(clock.now() / 1000)),
    },
    ...storage.wrap(encodeRelease(release)),
  });
  return {
    name: storage.name,

    async get(key) {
      const found = await client.get(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : failed(`get: failed to get "${key}"`, error);
      });
      try {
        const release = decodeRelease(storage.unwrap(found));
        release.labels = withoutSystemLabels(found.metadata.labels ?? {});
        return release;
      } catch (error) {
        throw failed(`get: failed to decode data "${key}"`, error);
      }
    },

    async query(labels) {
      const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(',');
      const list = await client
        .list(resource, { ...(namespace !== '' && { namespace }), labelSelector })
        .catch((error: unknown) => {
          throw failed('query: failed to query with labels', error);
        });
      return list.items.map((item) => stored(item, storage));
    },

    async create(key, release) {
      await client.create(resource, object(key, release, 'createdAt')).catch((error: unknown) => {
        throw isAlreadyExists(error) ? new ReleaseExistsError() : failed('create: failed to create', error);
      });
    },

    async update(key, release) {
      await client.update(resource, object(key, release, 'modifiedAt')).catch((error: unknown) => {
        throw failed('update: failed to update', error);
      });
    },

    async delete(key) {
      await client.delete(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : error;
      });
    },
  };
}

function stored(item: KubeObject, storage: Storage): StoredRelease {
  const labels = item.metadata.labels ?? {};
  return {
    name: labels.name ?? '',
    namespace: item.metadata.namespace ?? '',
    revision: Number(labels.version ?? 0),
    status: labels.status ?? 'unknown',
    labels,
    decode() {
      try {
        const release = decodeRelease(storage.unwrap(item));
        release.labels = { ...labels };
        return release;
      } catch {
        return undefined;
      }
    },
  };
}

const failed = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
