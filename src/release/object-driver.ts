/** Records as Kubernetes objects: a Secret of type helm.sh/release.v1 each, or a ConfigMap. */
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { listMetadata } from '../client/metadata-list.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { decodeRelease } from './decode.ts';
import { type ReleaseDriver, ReleaseExistsError, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { recordLabels, withoutSystemLabels } from './labels.ts';
import { partObjects } from './part-objects.ts';
import { encodeRecord, takeReference } from './parts.ts';
import type { Release } from './release.ts';

interface Storage {
  name: 'Secret' | 'ConfigMap';
  resource: GroupVersionResource;
  /** The type of a record's object, and of one of its parts. */
  types?: { record: string; part: string };
  wrap(text: string): unknown;
  unwrap(data: unknown): string;
}

const SECRETS: Storage = {
  name: 'Secret',
  resource: { group: '', version: 'v1', resource: 'secrets' },
  types: { record: 'helm.sh/release.v1', part: 'portolan.dev/release-part.v1' },
  wrap: (text) => Buffer.from(text).toString('base64'),
  unwrap: (data) => Buffer.from(String(data ?? ''), 'base64').toString('latin1'),
};

const CONFIG_MAPS: Storage = {
  name: 'ConfigMap',
  resource: { group: '', version: 'v1', resource: 'configmaps' },
  wrap: (text) => text,
  unwrap: (data) => String(data ?? ''),
};

export interface ObjectDriverOptions {
  client: Client;
  /** '' lists and queries all namespaces; it cannot write. */
  namespace: string;
  clock: Clock;
  /** The most text that goes into one object, in bytes; what is longer goes into several. */
  limit?: number;
}

export const secretDriver = (options: ObjectDriverOptions): ReleaseDriver => objectDriver(SECRETS, options);
export const configMapDriver = (options: ObjectDriverOptions): ReleaseDriver => objectDriver(CONFIG_MAPS, options);

/** As Helm: who a record belongs to. It selects by that, and so does not see the parts. */
const RECORD_OWNER = 'helm';
const PART_OWNER = 'portolan';

/** So many records are listed whole, whatever their status. */
const FEW = 250;

const identityOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

function objectDriver(storage: Storage, { client, namespace, clock, limit }: ObjectDriverOptions): ReleaseDriver {
  const { resource } = storage;
  const object = (name: string, type: 'record' | 'part', labels: Record<string, string>, text: string): KubeObject => ({
    apiVersion: 'v1',
    kind: storage.name,
    metadata: { name, namespace, labels },
    ...(storage.types && { type: storage.types[type] }),
    data: { release: storage.wrap(text) },
  });
  const record = (key: string, release: Release, stamp: 'createdAt' | 'modifiedAt', text: string): KubeObject =>
    object(key, 'record', recordLabels(release, stamp, Math.floor(clock.now() / 1000)), text);

  const parts = partObjects({
    get: (name, from) => client.get(resource, name, from),
    create: (name, labels, text) =>
      client.create(resource, object(name, 'part', { ...labels, owner: PART_OWNER }, text)),
    delete: (name) => client.delete(resource, name, namespace),
    textOf: (found) => storage.unwrap(found.data?.release),
    kind: storage.name,
  });

  function stored(item: KubeObject, found: Map<string, KubeObject>): StoredRelease {
    const labels = item.metadata.labels ?? {};
    const parse = () => {
      const release = decodeRelease(storage.unwrap(item.data?.release));
      release.labels = { ...labels };
      return { release, reference: takeReference(release) };
    };
    return {
      name: labels.name ?? '',
      namespace: item.metadata.namespace ?? '',
      revision: Number(labels.version ?? 0),
      status: labels.status ?? 'unknown',
      labels,
      decode: () => attempt(parse)?.release,
      async read() {
        const { release, reference } = parse();
        parts.remember(item.metadata.name, reference);
        return parts.join(release, reference, found);
      },
    };
  }

  /** A record of which only the metadata is at hand. */
  const headOf = (head: KubeObject): StoredRelease => ({
    ...stored(head, new Map()),
    decode: () => undefined,
    read: async () => stored(await client.get(resource, head.metadata.name, head.metadata.namespace), new Map()).read(),
  });

  return {
    name: storage.name,

    async get(key) {
      const found = await client.get(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : failed(`get: failed to get "${key}"`, error);
      });
      try {
        const release = decodeRelease(storage.unwrap(found.data?.release));
        release.labels = withoutSystemLabels(found.metadata.labels ?? {});
        return await parts.join(release, takeReference(release));
      } catch (error) {
        throw failed(`get: failed to decode data "${key}"`, error);
      }
    },

    async query(labels) {
      // All of one release is asked for with its parts: mostly there are none, and it is one request either way.
      const isWhole = Object.keys(labels).sort().join() === 'name,owner' && labels.owner === RECORD_OWNER;
      const labelSelector = isWhole
        ? `name=${labels.name},owner in (${RECORD_OWNER},${PART_OWNER})`
        : Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .sort()
            .join(',');
      const list = await client
        .list(resource, { ...(namespace !== '' && { namespace }), labelSelector })
        .catch((error: unknown) => {
          throw failed(
            labels.name === undefined ? 'list: failed to list' : 'query: failed to query with labels',
            error,
          );
        });
      const isPart = ({ metadata }: KubeObject) => metadata.labels?.owner === PART_OWNER;
      const records = list.items.filter((item) => !isPart(item));
      const found = new Map(list.items.filter(isPart).map((part) => [part.metadata.name, part]));
      if (found.size > 0) parts.learn(records, found);
      return records.map((item) => stored(item, found));
    },

    async list() {
      const labelSelector = `owner=${RECORD_OWNER}`;
      const where = namespace === '' ? {} : { namespace };
      const ask = (more: { labelSelector: string; limit?: number }) => client.list(resource, { ...where, ...more });
      try {
        const few = await ask({ labelSelector, limit: FEW });
        if (!few.metadata.continue) return few.items.map((item) => stored(item, new Map()));
        const [all, present] = await Promise.all([
          listMetadata(client, resource, { ...where, labelSelector }),
          ask({ labelSelector: `${labelSelector},status!=superseded` }),
        ]);
        const whole = new Map(present.items.map((item) => [identityOf(item), item]));
        return all.map((head) => {
          const item = whole.get(identityOf(head));
          return item ? stored(item, new Map()) : headOf(head);
        });
      } catch (error) {
        throw failed('list: failed to list', error);
      }
    },

    async create(key, release) {
      const encoded = encodeRecord(release, limit);
      try {
        await parts.create(key, release, encoded);
        await client.create(resource, record(key, release, 'createdAt', encoded.text));
      } catch (error) {
        throw isAlreadyExists(error) ? new ReleaseExistsError() : failed('create: failed to create', error);
      }
      await parts.settle(key, encoded.reference);
    },

    async update(key, release) {
      const encoded = encodeRecord(release, limit);
      try {
        await parts.create(key, release, encoded);
        await client.update(resource, record(key, release, 'modifiedAt', encoded.text));
      } catch (error) {
        throw failed('update: failed to update', error);
      }
      await parts.settle(key, encoded.reference);
    },

    async delete(key) {
      await client.delete(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : error;
      });
      await parts.deleteOf(key);
    },
  };
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

const failed = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
