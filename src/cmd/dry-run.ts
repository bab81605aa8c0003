/** `--dry-run`, of which Helm accepts more spellings than it documents. */
import type { DryRun } from '../action/context.ts';
import type { Logger } from '../log.ts';
import type { FlagValues } from './parse.ts';

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Throws Helm's words for a spelling that is none. */
export function dryRunOf(flags: FlagValues, log: Logger, { isTemplate = false } = {}): DryRun {
  const value = flags.string('dry-run');
  const refuse = (allowed: string) => new Error(`invalid dry-run value (${JSON.stringify(value)}). Must be ${allowed}`);
  if (value === 'unset') {
    log.warn(`--dry-run is deprecated and should be replaced with '--dry-run=client'`);
    return 'client';
  }
  if (value === 'client' || value === 'server') return value;
  if (value === 'none' && !isTemplate) return 'none';
  if (![...TRUE, ...FALSE, 'none'].includes(value)) throw refuse('"none", "server", or "client"');
  if (isTemplate && !TRUE.includes(value)) throw refuse('"server" or "client"');
  const meant = TRUE.includes(value) ? 'client' : 'none';
  log.warn(`boolean '--dry-run=${value}' flag is deprecated and must be replaced with '--dry-run=${meant}'`);
  return meant;
}
