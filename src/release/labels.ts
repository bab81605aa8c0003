/** The labels by which a storage finds its records, beside the user's own. */
import type { Release } from './release.ts';

const SYSTEM_LABELS = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

/** Throws where labels that a user gives are a storage's own. */
export function checkLabels(labels: Record<string, string>): void {
  if (Object.keys(labels).some((key) => SYSTEM_LABELS.includes(key)))
    throw new Error(
      `user supplied labels contains system reserved label name. System labels: [${SYSTEM_LABELS.join(' ')}]`,
    );
}

export const withoutSystemLabels = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !SYSTEM_LABELS.includes(key)));

/** `stamp` is `createdAt` on creation, `modifiedAt` later; as in Helm a label of that name in the release wins. */
export function recordLabels(
  release: Release,
  stamp: 'createdAt' | 'modifiedAt',
  seconds: number,
): Record<string, string> {
  return {
    [stamp]: String(seconds),
    ...release.labels,
    name: release.name,
    owner: 'helm',
    status: release.info.status,
    version: String(release.revision),
  };
}

export const matchesLabels = (labels: Record<string, string>, wanted: Record<string, string>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);
