/** What keeps release records: Secrets, ConfigMaps, a database or memory. */
import type { Release } from './release.ts';

/** A record found by a query, told by its labels and decoded only when asked. */
export interface StoredRelease {
  name: string;
  namespace: string;
  revision: number;
  status: string;
  labels: Record<string, string>;
  /**
   * What the record itself tells: all of the release but, where it has parts, what stands in those; not to be written
   * back. Undefined when the record cannot be read.
   */
  decode(): Release | undefined;
  /** The whole release. Throws what is wrong with a record that cannot be read. */
  read(): Promise<Release>;
}

export interface ReleaseDriver {
  readonly name: 'Secret' | 'ConfigMap' | 'SQL' | 'Memory';
  /** Throws ReleaseNotFoundError. */
  get(key: string): Promise<Release>;
  /** Records whose labels hold all of `labels`. */
  query(labels: Record<string, string>): Promise<StoredRelease[]>;
  /**
   * All records, where many are asked for more cheaply than by a query: what newer revisions have replaced may then be
   * told by its labels alone, which `decode` cannot read and `read` asks for.
   */
  list?(): Promise<StoredRelease[]>;
  /** Throws ReleaseExistsError. */
  create(key: string, release: Release): Promise<void>;
  update(key: string, release: Release): Promise<void>;
  delete(key: string): Promise<void>;
  /** Ends what it keeps open. */
  close?(): Promise<void>;
}

export class ReleaseNotFoundError extends Error {
  constructor() {
    super('release: not found');
    this.name = 'ReleaseNotFoundError';
  }
}

export class ReleaseExistsError extends Error {
  constructor() {
    super('release: already exists');
    this.name = 'ReleaseExistsError';
  }
}

export class NoDeployedReleaseError extends Error {
  constructor(release: string) {
    super(`${JSON.stringify(release)} has no deployed releases`);
    this.name = 'NoDeployedReleaseError';
  }
}
