/** `rollback`: a release goes back to an earlier revision. */
import { rollbackRelease } from '../action/rollback.ts';
import { type Command, minimumArgs } from './command.ts';
import { completeReleases, completeRevisions } from './complete-releases.ts';
import { dryRunOf } from './dry-run.ts';
import {
  DRY_RUN_FLAG,
  FORCE_FLAGS,
  FORCE_GROUPS,
  QUIET_FLAG,
  TIMEOUT_FLAG,
  WAIT_FLAG,
  WAIT_FOR_JOBS_FLAG,
} from './flag-sets.ts';
import { onReleases, waitingOf } from './operation.ts';
import { maxHistoryDefault } from './settings.ts';

const LONG = `
Roll a release back to an earlier revision: its chart and values become the
release's next revision. Without REVISION, or with 0, that is the one before the
newest; 'portolan history RELEASE' lists them.

    $ portolan rollback web 2 --wait
`;

export const command: Command = {
  use: 'rollback <RELEASE> [REVISION]',
  long: LONG,
  args: minimumArgs(1),
  complete: async (context) =>
    context.args.length === 0 ? completeReleases(context) : context.args.length === 1 ? completeRevisions(context) : [],
  flags: [
    ...FORCE_FLAGS,
    {
      name: 'server-side',
      type: 'string',
      default: 'auto',
      help: 'let the server apply objects: true, false, or auto for as that revision was applied',
    },
    { name: 'no-hooks', type: 'bool', help: 'run no hooks' },
    TIMEOUT_FLAG,
    WAIT_FOR_JOBS_FLAG,
    { name: 'cleanup-on-fail', type: 'bool', help: 'delete what a failed rollback created' },
    { name: 'history-max', type: 'int', default: maxHistoryDefault, help: 'how many revisions to keep; 0 keeps all' },
    DRY_RUN_FLAG,
    WAIT_FLAG,
    QUIET_FLAG,
  ],
  exclusive: FORCE_GROUPS,
  async run(context) {
    const { args, flags, log, stdout } = context;
    const options = {
      revision: revisionOf(args[1] ?? '0'),
      dryRun: dryRunOf(flags, log),
      waiting: { ...waitingOf(flags, log), jobs: flags.bool('wait-for-jobs') },
      noHooks: flags.bool('no-hooks'),
      serverSide: flags.string('server-side'),
      forceReplace: flags.bool('force-replace') || flags.bool('force'),
      forceConflicts: flags.bool('force-conflicts'),
      cleanupOnFail: flags.bool('cleanup-on-fail'),
      maxHistory: flags.number('history-max'),
    };
    await onReleases(context, { quiet: flags.bool('quiet'), settle: true }, (action) =>
      rollbackRelease(action, args[0]!, options),
    );
    stdout.write('Rollback was a success! Happy Helming!\n');
    return undefined;
  },
};

function revisionOf(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new Error(
    `could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
