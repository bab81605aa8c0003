/** `--compat`: which Helm a chart is rendered as. */
import { COMPAT_VERSIONS, type CompatVersion, DEFAULT_COMPAT } from '../engine/compat.ts';
import type { Flag } from './flag.ts';
import type { FlagValues } from './parse.ts';

export const COMPAT_FLAG: Flag = {
  name: 'compat',
  type: 'string',
  default: DEFAULT_COMPAT,
  help: `render as this version of Helm does: ${COMPAT_VERSIONS.join(', ')}`,
};

/** Throws for a version whose ways are not known. */
export function compatOf(flags: FlagValues): CompatVersion {
  const asked = flags.string('compat');
  const known = COMPAT_VERSIONS.find((version) => version === asked);
  if (known !== undefined) return known;
  throw new Error(`invalid compat version ${JSON.stringify(asked)}: must be one of: ${COMPAT_VERSIONS.join(', ')}`);
}
