/** What `install` and `upgrade` read from their flags alike, and how they print what they did. */
import type { DeployOptions } from '../action/install.ts';
import { toRecord } from '../release/encode.ts';
import type { Release } from '../release/release.ts';
import type { CommandContext } from './command.ts';
import { compatOf } from './compat.ts';
import { dryRunOf } from './dry-run.ts';
import { postRendering } from './flag-sets.ts';
import { waitingOf } from './operation.ts';
import { formatted } from './output.ts';
import { statusText } from './status-text.ts';

export function deployOptions(context: CommandContext): DeployOptions {
  const { flags, log } = context;
  const waiting = { ...waitingOf(flags, log), jobs: flags.bool('wait-for-jobs') };
  const rollbackOnFailure = flags.bool('rollback-on-failure') || flags.bool('atomic');
  if (rollbackOnFailure && waiting.strategy === 'hookOnly') waiting.strategy = 'watcher';
  return {
    waiting,
    rollbackOnFailure,
    dryRun: dryRunOf(flags, log),
    hideSecret: flags.bool('hide-secret'),
    noHooks: flags.bool('no-hooks'),
    forceReplace: flags.bool('force-replace') || flags.bool('force'),
    forceConflicts: flags.bool('force-conflicts'),
    takeOwnership: flags.bool('take-ownership'),
    description: flags.string('description'),
    labels: flags.map('labels'),
    subNotes: flags.bool('render-subchart-notes'),
    skipSchemaValidation: flags.bool('skip-schema-validation'),
    skipCrds: flags.bool('skip-crds'),
    enableDns: flags.bool('enable-dns'),
    ...postRendering(context),
    compat: compatOf(flags),
    validate: !flags.bool('disable-openapi-validation'),
  };
}

/** As `status` prints a release; with --debug all there is to know. */
export async function printDeployed({ flags, settings, stdout }: CommandContext, release: Release): Promise<void> {
  const values = settings.debug
    ? (await import('./release-values.ts')).valuesTexts(release, release.overrides)
    : undefined;
  const text = formatted(flags.string('output'), toRecord(release), () =>
    statusText(release, { color: settings.color, hideNotes: flags.bool('hide-notes'), ...(values && { values }) }),
  );
  stdout.write(text);
}

/** Says on ctrl-C what becomes of the release, in Helm's words. */
export function tellCancellation({ signal, stdout }: CommandContext, name: string): () => void {
  const tell = () => stdout.write(`Release ${name} has been cancelled.\n`);
  signal.addEventListener('abort', tell, { once: true });
  return () => signal.removeEventListener('abort', tell);
}
