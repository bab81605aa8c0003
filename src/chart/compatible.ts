/** Whether a version is within a range; what cannot be read is within none. */
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { parseVersion } from '../semver/version.ts';

export function isCompatibleRange(range: string, version: string): boolean {
  try {
    return satisfies(parseVersion(version), parseConstraint(range));
  } catch {
    return false;
  }
}
