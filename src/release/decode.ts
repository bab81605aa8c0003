/** Reads a record that Helm 3, Helm 4 or we wrote. */
import { gunzipSync } from 'node:zlib';
import type { ValueMap } from '../template/value.ts';
import type { ApplyMethod, Hook, HookPhase, RecordedChart, Release, ReleaseStatus } from './release.ts';
import { parseGoTime } from './time.ts';

/** No record that a cluster can store decompresses to more; what claims to is not one. */
export const MAX_RECORD = 256 << 20;

/** `text` is the base64 that a storage keeps. Throws for what is no record, or unpacks to more than 256 MiB. */
export function decodeRelease(text: string): Release {
  let bytes: Buffer = Buffer.from(text, 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08)
    bytes = gunzipSync(bytes, { maxOutputLength: MAX_RECORD });
  return fromRecord(JSON.parse(bytes.toString('utf8')));
}

/** A release from its JSON, every field of which may be missing or of the wrong type. */
export function fromRecord(json: unknown): Release {
  const record = objectOf(json);
  if (record === undefined) throw new Error('json: cannot unmarshal into Go value of type v1.Release');
  const info = objectOf(record.info) ?? {};
  return {
    name: textOf(record.name),
    namespace: textOf(record.namespace),
    revision: numberOf(record.version),
    info: {
      firstDeployed: parseGoTime(info.first_deployed),
      lastDeployed: parseGoTime(info.last_deployed),
      deleted: parseGoTime(info.deleted),
      description: textOf(info.description),
      status: (textOf(info.status) || 'unknown') as ReleaseStatus,
      notes: textOf(info.notes),
    },
    ...(objectOf(record.chart) && { chart: record.chart as RecordedChart }),
    overrides: (objectOf(record.config) ?? {}) as ValueMap,
    manifest: textOf(record.manifest),
    hooks: listOf(record.hooks).map(hookOf),
    labels: {},
    applyMethod: textOf(record.apply_method) as ApplyMethod,
  };
}

function hookOf(json: unknown): Hook {
  const hook = objectOf(json) ?? {};
  const run = objectOf(hook.last_run) ?? {};
  return {
    name: textOf(hook.name),
    kind: textOf(hook.kind),
    path: textOf(hook.path),
    manifest: textOf(hook.manifest),
    events: listOf(hook.events).map(textOf) as Hook['events'],
    weight: numberOf(hook.weight),
    deletePolicies: listOf(hook.delete_policies).map(textOf),
    outputLogPolicies: listOf(hook.output_log_policies).map(textOf),
    lastRun: {
      startedAt: parseGoTime(run.started_at),
      completedAt: parseGoTime(run.completed_at),
      phase: textOf(run.phase) as HookPhase,
    },
  };
}

type Json = Record<string, unknown>;
const objectOf = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
