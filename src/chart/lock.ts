/** Chart.lock: what was resolved, and the digest by which it is known to be out of date. */
import { createHash } from 'node:crypto';
import { goJson } from '../encoding/json.ts';
import { toYaml } from '../encoding/yaml.ts';
import type { Dependency, Lock } from './chart.ts';
import { encodeDependency, encodeLock } from './encode-metadata.ts';

/** Helm's digest over what a chart declares and what it was resolved to. */
export function lockDigest(declared: readonly Dependency[], locked: readonly Dependency[]): string {
  const text = `[${[declared, locked].map(dependenciesJson).join(',')}]`;
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The digest of Helm 2, which charts of apiVersion v1 may still carry. */
export function lockDigestV2(declared: readonly Dependency[]): string {
  const text = `{"dependencies":${dependenciesJson(declared)}}`;
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const dependenciesJson = (dependencies: readonly Dependency[]): string => goJson(dependencies.map(encodeDependency));

export const lockYaml = (lock: Lock): string => toYaml(encodeLock(lock));

/** `now` is milliseconds since the Unix epoch. */
export const newLock = (declared: readonly Dependency[], locked: Dependency[], now: number): Lock => ({
  generated: new Date(now).toISOString().replace(/\.?0*Z$/, 'Z'),
  digest: lockDigest(declared, locked),
  dependencies: locked,
});
