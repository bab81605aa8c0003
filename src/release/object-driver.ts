/** Records as Kubernetes objects: a Secret of type helm.sh/release.v1 each, or a ConfigMap. */
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { listMetadata } from '../client/metadata-list.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { decodeRelease } from './decode.ts';
import { type ReleaseDriver, ReleaseExistsError, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { recordLabels, withoutSystemLabels } from './labels.ts';
import {
  type EncodedRecord,
  encodeRecord,
  hasManifest,
  joinParts,
  type PartsReference,
  partNames,
  takeReference,
} from './parts.ts';
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
  /** The parts that a record is known to have, by its key. */
  const partsOf = new Map<string, string[]>();
  /** Parts that no record refers to: somebody was killed between writing the ones and the other. */
  let orphans: string[] = [];

  const object = (name: string, type: 'record' | 'part', labels: Record<string, string>, text: string): KubeObject => ({
    apiVersion: 'v1',
    kind: storage.name,
    metadata: { name, namespace, labels },
    ...(storage.types && { type: storage.types[type] }),
    data: { release: storage.wrap(text) },
  });
  const record = (key: string, release: Release, stamp: 'createdAt' | 'modifiedAt', text: string): KubeObject =>
    object(key, 'record', recordLabels(release, stamp, Math.floor(clock.now() / 1000)), text);

  async function createParts(key: string, release: Release, { reference, parts }: EncodedRecord): Promise<void> {
    const known = partsOf.get(key) ?? [];
    const names = reference ? partNames(reference) : [];
    orphans = orphans.filter((name) => !names.includes(name));
    const labels = { name: release.name, owner: PART_OWNER, version: String(release.revision) };
    for (const [i, name] of names.entries())
      if (!known.includes(name))
        await client.create(resource, object(name, 'part', labels, parts[i]!)).catch((error: unknown) => {
          // One of that name has that text.
          if (!isAlreadyExists(error)) throw error;
        });
  }

  /** A record that Helm copied refers to the parts of another. */
  async function deleteParts(names: string[]): Promise<void> {
    const needed = new Set([...partsOf.values()].flat());
    for (const name of names.filter((each) => !needed.has(each)))
      await client.delete(resource, name, namespace).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** Those that cannot be deleted now are found again. */
  async function deleteUnneeded(names: string[]): Promise<void> {
    await deleteParts([...names, ...orphans]).catch(() => {});
    orphans = [];
  }

  /** `found`: parts that are at hand already. */
  async function withParts(
    release: Release,
    reference: PartsReference | undefined,
    found = new Map<string, KubeObject>(),
  ): Promise<Release> {
    if (!reference) return release;
    const objects = await Promise.all(
      partNames(reference).map(
        async (name) => found.get(name) ?? (await client.get(resource, name, release.namespace).catch(missing)),
      ),
    );
    try {
      const texts = objects.map((part, i) => {
        if (part) return storage.unwrap(part.data?.release);
        const name = partNames(reference)[i];
        throw new Error(`part ${i + 1} of ${reference.count}, ${storage.name} "${name}", is missing`);
      });
      return joinParts(release, texts, reference);
    } catch (error) {
      // What is missing is nothing that a release is changed by: Helm copied the record, and its original is gone.
      if (hasManifest(release)) return release;
      throw error;
    }
  }

  function stored(item: KubeObject, parts: Map<string, KubeObject>): StoredRelease {
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
        remember(item.metadata.name, reference);
        return withParts(release, reference, parts);
      },
    };
  }

  /** A record of which only the metadata is at hand. */
  const headOf = (head: KubeObject): StoredRelease => ({
    ...stored(head, new Map()),
    decode: () => undefined,
    read: async () => stored(await client.get(resource, head.metadata.name, head.metadata.namespace), new Map()).read(),
  });

  const remember = (key: string, reference: PartsReference | undefined): void => {
    if (reference) partsOf.set(key, partNames(reference));
    else partsOf.delete(key);
  };

  /** Learns which record has which parts. */
  function sortOut(records: KubeObject[], parts: Map<string, KubeObject>): void {
    for (const [key, names] of partsOf) if (names.some((name) => parts.has(name))) partsOf.delete(key);
    const referred = new Set<string>();
    for (const { metadata, data } of records) {
      const reference = attempt(() => takeReference(decodeRelease(storage.unwrap(data?.release))));
      remember(metadata.name, reference);
      for (const name of partsOf.get(metadata.name) ?? []) referred.add(name);
    }
    orphans = [...parts.keys()].filter((name) => !referred.has(name));
  }

  return {
    name: storage.name,

    async get(key) {
      const found = await client.get(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : failed(`get: failed to get "${key}"`, error);
      });
      try {
        const release = decodeRelease(storage.unwrap(found.data?.release));
        release.labels = withoutSystemLabels(found.metadata.labels ?? {});
        return await withParts(release, takeReference(release));
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
      const records = list.items.filter(({ metadata }) => metadata.labels?.owner !== PART_OWNER);
      const parts = new Map(
        list.items.length === records.length
          ? []
          : list.items
              .filter(({ metadata }) => metadata.labels?.owner === PART_OWNER)
              .map((part) => [part.metadata.name, part]),
      );
      if (parts.size > 0) sortOut(records, parts);
      return records.map((item) => stored(item, parts));
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
        await createParts(key, release, encoded);
        await client.create(resource, record(key, release, 'createdAt', encoded.text));
      } catch (error) {
        throw isAlreadyExists(error) ? new ReleaseExistsError() : failed('create: failed to create', error);
      }
      remember(key, encoded.reference);
      await deleteUnneeded([]);
    },

    async update(key, release) {
      const encoded = encodeRecord(release, limit);
      const before = partsOf.get(key) ?? [];
      try {
        await createParts(key, release, encoded);
        await client.update(resource, record(key, release, 'modifiedAt', encoded.text));
      } catch (error) {
        throw failed('update: failed to update', error);
      }
      remember(key, encoded.reference);
      await deleteUnneeded(before);
    },

    async delete(key) {
      await client.delete(resource, key, namespace).catch((error: unknown) => {
        throw isNotFound(error) ? new ReleaseNotFoundError() : error;
      });
      const parts = partsOf.get(key) ?? [];
      partsOf.delete(key);
      await deleteParts(parts);
      await deleteUnneeded([]);
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

function missing(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

const failed = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
