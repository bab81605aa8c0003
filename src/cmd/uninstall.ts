/** `uninstall`: releases are removed. */
import { uninstallRelease } from '../action/uninstall.ts';
import type { Propagation } from '../kube/delete.ts';
import { type Command, minimumArgs } from './command.ts';
import { completeReleases } from './complete-releases.ts';
import { QUIET_FLAG, TIMEOUT_FLAG, WAIT_FLAG } from './flag-sets.ts';
import { onReleases, waitingOf } from './operation.ts';

const LONG = `
Uninstall releases: delete the objects of the newest revision, and all that was
recorded, so that the name is free again. --keep-history keeps the records.

Objects annotated with helm.sh/resource-policy: keep stay in the cluster.
`;

const PROPAGATION: Record<string, Propagation> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};

export const command: Command = {
  use: 'uninstall RELEASE_NAME [...]',
  long: LONG,
  args: minimumArgs(1),
  complete: completeReleases,
  flags: [
    { name: 'dry-run', type: 'bool', help: 'only say what would be uninstalled' },
    { name: 'no-hooks', type: 'bool', help: 'run no hooks' },
    { name: 'ignore-not-found', type: 'bool', help: 'a release that does not exist is no failure' },
    { name: 'keep-history', type: 'bool', help: 'keep the records, marked as uninstalled' },
    {
      name: 'cascade',
      type: 'string',
      default: 'background',
      help: 'how dependents are deleted: background, foreground, or orphan to leave them',
    },
    TIMEOUT_FLAG,
    { name: 'description', type: 'string', help: 'description of the record that is kept' },
    WAIT_FLAG,
    QUIET_FLAG,
  ],
  async run(context) {
    const { args, flags, log, stdout } = context;
    const cascade = flags.string('cascade');
    if (!Object.hasOwn(PROPAGATION, cascade))
      throw new Error(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
    const options = {
      waiting: waitingOf(flags, log),
      dryRun: flags.bool('dry-run'),
      noHooks: flags.bool('no-hooks'),
      ignoreNotFound: flags.bool('ignore-not-found'),
      keepHistory: flags.bool('keep-history'),
      propagation: PROPAGATION[cascade]!,
      description: flags.string('description'),
    };
    await onReleases(context, { quiet: flags.bool('quiet'), settle: true }, async (action) => {
      for (const name of args) {
        const uninstalled = await uninstallRelease(action, name, options);
        if (uninstalled?.kept) stdout.write(`${uninstalled.kept}\n`);
        stdout.write(`release "${name}" uninstalled\n`);
      }
    });
    return undefined;
  },
};
