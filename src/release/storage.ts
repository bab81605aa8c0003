/** The history of releases over any driver: revisions, the deployed one, the last one, trimming. */
import { NoDeployedReleaseError, type ReleaseDriver, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { type Release, recordKey } from './release.ts';

export interface ReleaseStorage {
  get(name: string, revision: number): Promise<Release>;
  /** The newest revision, whatever its status. Throws ReleaseNotFoundError. */
  last(name: string): Promise<Release>;
  /** All revisions, oldest first. Throws ReleaseNotFoundError where there is none. */
  history(name: string): Promise<Release[]>;
  /** The newest deployed revision. Throws NoDeployedReleaseError. */
  deployed(name: string): Promise<Release>;
  deployedAll(name: string): Promise<Release[]>;
  /** Every record, told by its labels. */
  list(): Promise<StoredRelease[]>;
  /** Writes a new revision, after dropping the oldest beyond `maxHistory` (0: keep all), never the deployed one. */
  create(release: Release, maxHistory?: number): Promise<void>;
  update(release: Release): Promise<void>;
  delete(name: string, revision: number): Promise<void>;
}

export function releaseStorage(driver: ReleaseDriver): ReleaseStorage {
  const query = (name: string, more: Record<string, string> = {}) => driver.query({ name, owner: 'helm', ...more });
  const storage: ReleaseStorage = {
    get: (name, revision) => driver.get(recordKey(name, revision)),

    async last(name) {
      for (const record of byRevision(await query(name)).reverse()) {
        const release = record.decode();
        if (release) return release;
      }
      throw new ReleaseNotFoundError();
    },

    async history(name) {
      const records = byRevision(await query(name));
      if (records.length === 0) throw new ReleaseNotFoundError();
      return decoded(records);
    },

    async deployed(name) {
      const all = await storage.deployedAll(name);
      if (all.length === 0) throw new NoDeployedReleaseError(name);
      return all.at(-1)!;
    },

    deployedAll: async (name) => decoded(byRevision(await query(name, { status: 'deployed' }))),

    list: () => driver.query({ owner: 'helm' }),

    async create(release, maxHistory = 0) {
      if (maxHistory > 0) await trim(release.name, maxHistory - 1);
      await driver.create(recordKey(release.name, release.revision), release);
    },
    update: (release) => driver.update(recordKey(release.name, release.revision), release),
    delete: (name, revision) => driver.delete(recordKey(name, revision)),
  };

  async function trim(name: string, keep: number): Promise<void> {
    const records = byRevision(await query(name));
    const deployed = records.filter((record) => record.status === 'deployed').at(-1);
    const old = records.filter((record) => record !== deployed).slice(0, Math.max(0, records.length - keep));
    const errors: Error[] = [];
    for (const { revision } of old)
      await storage.delete(name, revision).catch((error: unknown) => void errors.push(error as Error));
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1)
      throw new Error(`encountered ${errors.length} deletion errors. First is: ${errors[0]!.message}`);
  }
  return storage;
}

const byRevision = (records: StoredRelease[]) => [...records].sort((a, b) => a.revision - b.revision);
const decoded = (records: StoredRelease[]) =>
  records.flatMap((record) => {
    const release = record.decode();
    return release ? [release] : [];
  });
