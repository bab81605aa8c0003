/** A release as Helm records it. `revision` and `overrides` are what its JSON calls `version` and `config`. */
import type { Hook as ManifestHook } from '../manifest/manifest.ts';
import type { ValueMap } from '../template/value.ts';
import type { GoTime } from './time.ts';

export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback';

export type HookPhase = '' | 'Unknown' | 'Running' | 'Succeeded' | 'Failed';

/** A hook of the chart with its last run. */
export interface Hook extends ManifestHook {
  lastRun: HookRun;
}

export interface HookRun {
  startedAt?: GoTime;
  completedAt?: GoTime;
  phase: HookPhase;
}

/** How objects were written: by the server (`ssa`) or by patches computed here (`csa`, and the meaning of ''). */
export type ApplyMethod = '' | 'ssa' | 'csa';

export interface Release {
  name: string;
  namespace: string;
  revision: number;
  info: ReleaseInfo;
  /** Absent only in records that lost it. */
  chart?: RecordedChart;
  overrides: ValueMap;
  manifest: string;
  hooks: Hook[];
  /** The user's labels; with the system's own where the record was found by a query, as in Helm. */
  labels: Record<string, string>;
  applyMethod: ApplyMethod;
}

export interface ReleaseInfo {
  firstDeployed?: GoTime;
  lastDeployed?: GoTime;
  deleted?: GoTime;
  description: string;
  status: ReleaseStatus;
  notes: string;
}

/** The chart as the record's JSON holds it: without its subcharts, file contents in base64. */
export interface RecordedChart {
  metadata: ChartMetadata | null;
  lock: Record<string, unknown> | null;
  templates: RecordedFile[] | null;
  values: ValueMap | null;
  schema: string | null;
  schemamodtime: string;
  files: RecordedFile[] | null;
  modtime?: string;
}

export interface ChartMetadata {
  name?: string;
  version?: string;
  appVersion?: string;
  annotations?: Record<string, string>;
  dependencies?: RecordedDependency[];
  [field: string]: unknown;
}

export interface RecordedDependency {
  name: string;
  repository: string;
  version?: string;
  [field: string]: unknown;
}

export interface RecordedFile {
  name: string;
  data: string | null;
  modtime?: string;
}

export const isPending = (status: ReleaseStatus): boolean => status.startsWith('pending-');

/** The key of a record in every storage. */
export const recordKey = (name: string, revision: number): string => `sh.helm.release.v1.${name}.v${revision}`;

const RELEASE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME_LENGTH = 53;

/** What is wrong with a release name, in Helm's words; undefined when nothing is. */
export function releaseNameProblem(name: string): string | undefined {
  if (name === '') return 'no name provided';
  if (name.length <= MAX_NAME_LENGTH && RELEASE_NAME.test(name)) return undefined;
  return `invalid release name, must match regex ${RELEASE_NAME.source} and the length must not be longer than 53`;
}
