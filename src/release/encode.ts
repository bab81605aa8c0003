/** A release as the text a storage keeps: Helm's JSON, compressed, in base64. */
import { gzipSync } from 'node:zlib';
import { goJson } from '../encoding/json.ts';
import { GoInt, isGoObject, isMap, type Value, type ValueMap } from '../template/value.ts';
import type { Hook, RecordedChart, Release } from './release.ts';
import { formatRfc3339Nano, type GoTime } from './time.ts';

/** The text that Helm keeps in a Secret, a ConfigMap or a table: what `decodeRelease` reads. */
export const encodeRelease = (release: Release): string =>
  gzipSync(Buffer.from(goJson(toRecord(release))), { level: 9 }).toString('base64');

/** The fields in Helm's order, those left out that Helm leaves out when empty. */
export function toRecord(release: Release): Record<string, unknown> {
  const { info } = release;
  return present({
    name: release.name,
    info: {
      ...times({ first_deployed: info.firstDeployed, last_deployed: info.lastDeployed, deleted: info.deleted }),
      ...present({ description: info.description, status: info.status, notes: info.notes }),
    },
    chart: release.chart && chartRecord(release.chart),
    config: Object.keys(release.overrides).length > 0 ? plain(release.overrides) : undefined,
    manifest: release.manifest,
    hooks: release.hooks.length > 0 ? release.hooks.map(hookRecord) : undefined,
    version: release.revision || undefined,
    namespace: release.namespace,
    apply_method: release.applyMethod,
  });
}

const chartRecord = (chart: RecordedChart) => ({
  ...chart,
  values: chart.values === null ? null : plain(chart.values),
});

function hookRecord(hook: Hook): Record<string, unknown> {
  const { lastRun } = hook;
  return present({
    name: hook.name,
    kind: hook.kind,
    path: hook.path,
    manifest: hook.manifest,
    events: hook.events.length > 0 ? hook.events : undefined,
    last_run: {
      ...times({ started_at: lastRun.startedAt, completed_at: lastRun.completedAt }),
      phase: lastRun.phase,
    },
    weight: hook.weight || undefined,
    delete_policies: hook.deletePolicies.length > 0 ? hook.deletePolicies : undefined,
    output_log_policies: hook.outputLogPolicies.length > 0 ? hook.outputLogPolicies : undefined,
  });
}

const present = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));

const times = (fields: Record<string, GoTime | undefined>) =>
  Object.fromEntries(Object.entries(fields).flatMap(([key, time]) => (time ? [[key, formatRfc3339Nano(time)]] : [])));

/** Template values as JSON data, keys in Go's order. Integers beyond 2^53 lose digits, as they do when Helm reads them. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof GoInt) return Number(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (isGoObject(value)) return value.toData ? plain(value.toData()) : value.print();
  if (!isMap(value)) return value;
  const keys = Object.keys(value as ValueMap).sort();
  return Object.fromEntries(keys.map((key) => [key, plain((value as ValueMap)[key])]));
}
