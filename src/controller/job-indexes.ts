/** The indexes of an Indexed job: which have ended, which may start, and how often each has failed. */
import type { KubeObject } from '../api/object.ts';
import { failsIndexByPolicy, ignoredByPolicy } from './job-policies.ts';

export const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

export const indexOf = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[INDEX] ?? -1);

export const hasLimitPerIndex = ({ spec }: KubeObject): boolean =>
  spec.completionMode === 'Indexed' && typeof spec.backoffLimitPerIndex === 'number';

const countOf = ({ metadata }: KubeObject, annotation: string): number =>
  Number.parseInt(metadata.annotations?.[annotation] ?? '0', 10) || 0;

/** Whether the failure of this pod was the last that its index may have. */
export const failsIndex = (job: KubeObject, pod: KubeObject): boolean =>
  failsIndexByPolicy(job, pod) ||
  (!ignoredByPolicy(job, pod) && countOf(pod, FAILURES) >= job.spec.backoffLimitPerIndex);

/** What the next pod of the index carries on from the failed one before it. */
export function failureCounts(job: KubeObject, before: KubeObject | undefined): Record<string, string> {
  const [failures, ignored] = before ? [countOf(before, FAILURES), countOf(before, IGNORED)] : [0, 0];
  const isIgnored = before !== undefined && ignoredByPolicy(job, before);
  const counted = before !== undefined && !isIgnored;
  const allIgnored = ignored + (isIgnored ? 1 : 0);
  return {
    [FAILURES]: String(failures + (counted ? 1 : 0)),
    ...(allIgnored > 0 && { [IGNORED]: String(allIgnored) }),
  };
}

/** Failures of the index up to this pod's, whatever they count as. */
export const failuresUpTo = (pod: KubeObject): number => countOf(pod, FAILURES) + countOf(pod, IGNORED) + 1;

/** `1-3,5` as a set; bounded by what a job may have. */
export function parseIndexes(text = ''): Set<number> {
  const indexes = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    for (let i = from; i <= to && indexes.size < 100_000; i++) indexes.add(i);
  }
  return indexes;
}

export function printIndexes(indexes: Set<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    const [first, last] = [sorted[at]!, sorted[end]!];
    parts.push(end === at ? `${first}` : `${first}${end === at + 1 ? ',' : '-'}${last}`);
    at = end + 1;
  }
  return parts.join(',');
}
