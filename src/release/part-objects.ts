/** The parts beside records, as objects: which record has which, and which none has any more. */
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { decodeRelease } from './decode.ts';
import { type EncodedRecord, hasManifest, joinParts, type PartsReference, partNames, takeReference } from './parts.ts';
import type { Release } from './release.ts';

/** How an object of a part is read and written. */
export interface PartAccess {
  get(name: string, namespace: string): Promise<KubeObject>;
  create(name: string, labels: Record<string, string>, text: string): Promise<unknown>;
  delete(name: string): Promise<unknown>;
  textOf(object: KubeObject): string;
  /** What such an object is, for messages. */
  kind: string;
}

export interface PartObjects {
  /** Writes those of a record that is about to be written. */
  create(key: string, release: Release, encoded: EncodedRecord): Promise<void>;
  /** After the record was written: those that it had before go, and those of nobody. */
  settle(key: string, reference: PartsReference | undefined): Promise<void>;
  /** After the record was deleted. */
  deleteOf(key: string): Promise<void>;
  /** The whole release of a record. `found`: parts that are at hand. Throws where one is missing or is not what it was. */
  join(release: Release, reference: PartsReference | undefined, found?: Map<string, KubeObject>): Promise<Release>;
  remember(key: string, reference: PartsReference | undefined): void;
  /** Learns from all records of a release, and all parts, which belong together. */
  learn(records: KubeObject[], found: Map<string, KubeObject>): void;
}

export function partObjects(access: PartAccess): PartObjects {
  /** The parts that a record is known to have, by its key. */
  const partsOf = new Map<string, string[]>();
  /** Parts that no record refers to: somebody was killed between writing the ones and the other. */
  let orphans: string[] = [];

  /** But for those that another record refers to: Helm copies records. */
  async function deleteAll(names: string[]): Promise<void> {
    const needed = new Set([...partsOf.values()].flat());
    for (const name of names.filter((each) => !needed.has(each)))
      await access.delete(name).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** Those that cannot be deleted now are found again. */
  async function deleteUnneeded(names: string[]): Promise<void> {
    await deleteAll([...names, ...orphans]).catch(() => {});
    orphans = [];
  }

  const parts: PartObjects = {
    async create(key, { name: release, revision }, { reference, parts: texts }) {
      const known = partsOf.get(key) ?? [];
      const names = reference ? partNames(reference) : [];
      orphans = orphans.filter((name) => !names.includes(name));
      for (const [i, name] of names.entries())
        if (!known.includes(name))
          await access.create(name, { name: release, version: String(revision) }, texts[i]!).catch((error: unknown) => {
            // One of that name has that text.
            if (!isAlreadyExists(error)) throw error;
          });
    },

    async settle(key, reference) {
      const before = partsOf.get(key) ?? [];
      parts.remember(key, reference);
      await deleteUnneeded(before);
    },

    async deleteOf(key) {
      const before = partsOf.get(key) ?? [];
      partsOf.delete(key);
      await deleteAll(before);
      await deleteUnneeded([]);
    },

    async join(release, reference, found = new Map()) {
      if (!reference) return release;
      const names = partNames(reference);
      const objects = await Promise.all(
        names.map(async (name) => found.get(name) ?? (await access.get(name, release.namespace).catch(missing))),
      );
      try {
        const texts = objects.map((object, i) => {
          if (object) return access.textOf(object);
          throw new Error(`part ${i + 1} of ${reference.count}, ${access.kind} "${names[i]}", is missing`);
        });
        return joinParts(release, texts, reference);
      } catch (error) {
        // What is missing is nothing that a release is changed by: Helm copied the record, and its original is gone.
        if (hasManifest(release)) return release;
        throw error;
      }
    },

    remember(key, reference) {
      if (reference) partsOf.set(key, partNames(reference));
      else partsOf.delete(key);
    },

    learn(records, found) {
      for (const [key, names] of partsOf) if (names.some((name) => found.has(name))) partsOf.delete(key);
      for (const record of records) partsOf.set(record.metadata.name, namesFor(record, found));
      const referred = new Set([...partsOf.values()].flat());
      orphans = [...found.keys()].filter((name) => !referred.has(name));
    },
  };

  /** A record that cannot be read has those of its revision: it may be mended. */
  function namesFor({ metadata, ...record }: KubeObject, found: Map<string, KubeObject>): string[] {
    try {
      const reference = takeReference(decodeRelease(access.textOf({ metadata, ...record })));
      return reference ? partNames(reference) : [];
    } catch {
      const isSame = ({ metadata: { labels } }: KubeObject) => labels?.version === metadata.labels?.version;
      return [...found.values()].filter(isSame).map((part) => part.metadata.name);
    }
  }
  return parts;
}

function missing(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
