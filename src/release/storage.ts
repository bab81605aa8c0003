/** The history of releases over any driver: revisions, the deployed one, the last one, trimming. */
import { type Logger, silentLog } from '../log.ts';
import { NoDeployedReleaseError, type ReleaseDriver, ReleaseNotFoundError, type StoredRelease } from './driver.ts';
import { type Release, recordKey } from './release.ts';

export interface ReleaseStorage {
  get(name: string, revision: number): Promise<Release>;
  /** The newest revision that can be read, whatever its status. Throws ReleaseNotFoundError. */
  last(name: string): Promise<Release>;
  /**
   * All revisions that can be read, oldest first; of those before the newest only what their records tell by
   * themselves, not to be written back. Throws ReleaseNotFoundError where there is none.
   */
  history(name: string): Promise<Release[]>;
  /** The number that follows those of all records, readable or not, as they were last asked for. */
  nextRevision(name: string): number;
  /** The newest deployed revision. Throws NoDeployedReleaseError. */
  deployed(name: string): Promise<Release>;
  deployedAll(name: string): Promise<Release[]>;
  /** The others that were deployed when the revisions were last asked for: there are some where a change was not recorded. */
  deployedBesides(release: Release): Promise<Release[]>;
  /** Every record, told by its labels; with `newest` those alone must be decoded which nothing has replaced. */
  list(options?: { newest?: boolean }): Promise<StoredRelease[]>;
  /** Writes a new revision, after dropping the oldest beyond `maxHistory` (0: keep all), never the deployed one. */
  create(release: Release, maxHistory?: number): Promise<void>;
  update(release: Release): Promise<void>;
  delete(name: string, revision: number): Promise<void>;
  /** Deletes all revisions, those too that cannot be read. */
  purge(history: Release[]): Promise<void>;
}

/** Records that cannot be read are passed over, as Helm passes them over, but not in silence. */
export function releaseStorage(driver: ReleaseDriver, log: Logger = silentLog): ReleaseStorage {
  const query = (name: string, more: Record<string, string> = {}) => driver.query({ name, owner: 'helm', ...more });
  /** The records that a release was last seen to have. */
  const seen = new Map<string, StoredRelease[]>();

  async function records(name: string): Promise<StoredRelease[]> {
    const found = byRevision(await query(name));
    seen.set(name, found);
    return [...found];
  }

  async function readable(record: StoredRelease): Promise<Release | undefined> {
    try {
      return await record.read();
    } catch (error) {
      log.warn('a revision cannot be read and is passed over', { name: record.name, revision: record.revision, error });
      return undefined;
    }
  }

  const allReadable = async (found: StoredRelease[]): Promise<Release[]> =>
    (await Promise.all(found.map(readable))).filter((release) => release !== undefined);

  const storage: ReleaseStorage = {
    get: (name, revision) => driver.get(recordKey(name, revision)),

    async last(name) {
      for (const record of (await records(name)).reverse()) {
        const release = await readable(record);
        if (release) return release;
      }
      throw new ReleaseNotFoundError();
    },

    async history(name) {
      const found = await records(name);
      if (found.length === 0) throw new ReleaseNotFoundError();
      let newest: Release | undefined;
      while (found.length > 0 && !newest) newest = await readable(found.pop()!);
      return [...found.map((record) => record.decode()), newest].filter((release) => release !== undefined);
    },

    nextRevision: (name) => Math.max(0, ...(seen.get(name) ?? []).map(({ revision }) => revision)) + 1,

    async deployed(name) {
      const all = await storage.deployedAll(name);
      if (all.length === 0) throw new NoDeployedReleaseError(name);
      return all.at(-1)!;
    },

    deployedAll: async (name) => allReadable(byRevision(await query(name, { status: 'deployed' }))),
    deployedBesides: ({ name, revision }) =>
      allReadable((seen.get(name) ?? []).filter((each) => each.status === 'deployed' && each.revision !== revision)),

    list: async ({ newest = false } = {}) => (newest && (await driver.list?.())) || driver.query({ owner: 'helm' }),

    async create(release, maxHistory = 0) {
      // Those that were seen are not asked for again while there are few.
      const known = seen.get(release.name)?.length ?? maxHistory;
      if (maxHistory > 0 && known >= maxHistory) await trim(release.name, maxHistory - 1);
      await driver.create(recordKey(release.name, release.revision), release);
    },
    update: (release) => driver.update(recordKey(release.name, release.revision), release),
    async delete(name, revision) {
      await driver.delete(recordKey(name, revision));
      const others = seen.get(name)?.filter((each) => each.revision !== revision);
      if (others) seen.set(name, others);
    },

    async purge(history) {
      const name = history[0]?.name ?? '';
      const revisions = [...history, ...(seen.get(name) ?? [])].map(({ revision }) => revision);
      for (const revision of new Set(revisions)) await storage.delete(name, revision);
    },
  };

  async function trim(name: string, keep: number): Promise<void> {
    const found = byRevision(await query(name));
    const deployed = found.filter((record) => record.status === 'deployed').at(-1);
    const old = found.filter((record) => record !== deployed).slice(0, Math.max(0, found.length - keep));
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
