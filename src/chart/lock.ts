/** Chart.lock: what was resolved, and the digest by which it is known to be out of date. */
import { createHash } from 'node:crypto';
import { toJson } from '../encoding/json.ts';
import { toYaml } from '../encoding/yaml.ts';
import type { Value } from '../template/value.ts';
import type { Dependency, Lock } from './chart.ts';

/** In the order of Go's struct: the digest is one of this text. */
const FIELDS = ['name', 'version', 'repository', 'condition', 'tags', 'enabled', 'import-values', 'alias'] as const;

const ALWAYS: readonly string[] = ['name', 'repository'];

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

const dependenciesJson = (dependencies: readonly Dependency[]): string =>
  `[${dependencies.map(dependencyJson).join(',')}]`;

function dependencyJson(dependency: Dependency): string {
  const fields = FIELDS.flatMap((field) => {
    const value = dependency[field] ?? (ALWAYS.includes(field) ? '' : undefined);
    return value === undefined || (!ALWAYS.includes(field) && isZero(value))
      ? []
      : [`"${field}":${toJson(value as Value)}`];
  });
  return `{${fields.join(',')}}`;
}

const isZero = (value: unknown): boolean =>
  value === '' || value === false || (Array.isArray(value) && value.length === 0);

export const lockYaml = (lock: Lock): string => toYaml(lock as unknown as Value);

/** `now` is milliseconds since the Unix epoch. */
export const newLock = (declared: readonly Dependency[], locked: Dependency[], now: number): Lock => ({
  generated: new Date(now).toISOString().replace(/\.?0*Z$/, 'Z'),
  digest: lockDigest(declared, locked),
  dependencies: locked,
});
