/** The operations on releases for programs: one object for a cluster and a namespace, with defaults for the rest. */
import type { Chart } from '../chart/chart.ts';
import type { Client } from '../client/types.ts';
import { type Clock, realClock } from '../clock.ts';
import { type Logger, silentLog } from '../log.ts';
import { secretDriver } from '../release/object-driver.ts';
import type { Release } from '../release/release.ts';
import { releaseStorage } from '../release/storage.ts';
import type { ValueMap } from '../template/value.ts';
import type { ActionContext } from './context.ts';
import { recordedRelease, releaseHistory } from './history.ts';
import { type InstallOptions, installRelease } from './install.ts';
import { type ListOptions, listReleases } from './list.ts';
import { type RollbackOptions, rollbackRelease } from './rollback.ts';
import { type Uninstalled, type UninstallOptions, uninstallRelease } from './uninstall.ts';
import { type UpgradeOptions, upgradeRelease } from './upgrade.ts';
import type { Waiting } from './wait.ts';

export interface ReleasesOptions
  extends Pick<Partial<ActionContext>, 'onProgress' | 'onHookLog' | 'signal' | 'holder'> {
  client: Client;
  namespace?: string;
  clock?: Clock;
  log?: Logger;
}

export interface Releases {
  install(name: string, chart: Chart, options?: Partial<InstallOptions> & { overrides?: ValueMap }): Promise<Release>;
  /** `values` says where values come from beside the given ones. */
  upgrade(name: string, chart: Chart, options?: Partial<UpgradeOptions> & { overrides?: ValueMap }): Promise<Release>;
  /** To the revision before the newest where none is given. */
  rollback(name: string, options?: Partial<RollbackOptions>): Promise<Release>;
  /** Undefined where there was none and that is to be ignored. */
  uninstall(name: string, options?: Partial<UninstallOptions>): Promise<Uninstalled | undefined>;
  list(options?: Partial<ListOptions>): Promise<Release[]>;
  history(name: string): Promise<Release[]>;
  get(name: string, revision?: number): Promise<Release>;
}

/** Waits until all is ready, five minutes at most. */
const WAITING: Waiting = { strategy: 'watcher', timeout: 300_000 };
const CHANGE = {
  waiting: WAITING,
  dryRun: 'none' as const,
  noHooks: false,
  forceReplace: false,
  forceConflicts: false,
};
const DEPLOY = {
  ...CHANGE,
  hideSecret: false,
  takeOwnership: false,
  rollbackOnFailure: false,
  description: '',
  labels: {},
  subNotes: false,
  skipSchemaValidation: false,
  skipCrds: false,
  enableDns: false,
  validate: true,
};
const MAX_HISTORY = 10;

/**
 * Operations on the releases of a namespace, recorded in Secrets as Helm records them. Changes wait until all is ready.
 * Each throws Helm's words; one that failed on the way has recorded its revision as failed.
 */
export function openReleases(options: ReleasesOptions): Releases {
  const { client, namespace = 'default', clock = realClock, log = silentLog, ...rest } = options;
  const context: ActionContext = {
    signal: new AbortController().signal,
    ...rest,
    client,
    namespace,
    clock,
    log,
    releases: releaseStorage(secretDriver({ client, namespace, clock })),
  };
  return {
    install: (name, chart, { overrides = {}, ...given } = {}) =>
      installRelease(context, name, chart, overrides, {
        ...DEPLOY,
        serverSide: true,
        createNamespace: false,
        replace: false,
        ...given,
      }),
    upgrade: (name, chart, { overrides = {}, ...given } = {}) =>
      upgradeRelease(context, name, chart, overrides, {
        ...DEPLOY,
        serverSide: 'auto',
        values: 'default',
        maxHistory: MAX_HISTORY,
        cleanupOnFail: false,
        ...given,
      }),
    rollback: (name, given = {}) =>
      rollbackRelease(context, name, {
        ...CHANGE,
        revision: 0,
        serverSide: 'auto',
        cleanupOnFail: false,
        maxHistory: MAX_HISTORY,
        ...given,
      }),
    uninstall: (name, given = {}) => uninstallRelease(context, name, { waiting: WAITING, ...given }),
    list: (given = {}) =>
      listReleases(context, {
        statuses: [],
        selector: '',
        byDate: false,
        reverse: false,
        limit: 0,
        offset: 0,
        ...given,
      }),
    history: (name) => releaseHistory(context, name),
    get: (name, revision) => recordedRelease(context, name, revision),
  };
}
