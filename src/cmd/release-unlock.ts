/** `release unlock`: a release that an interrupted command left pending can be worked on again. */
import { unlockRelease } from '../action/unlock.ts';
import { type Command, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import { onReleases } from './operation.ts';

const LONG = `
Mark a pending revision as failed, so that the release can be upgraded again.

The next command does that by itself where it can see that nobody is at work on
the release any more; it cannot when that was started on another machine.
`;

export const command: Command = {
  use: 'unlock RELEASE_NAME',
  long: LONG,
  args: exactArgs(1),
  flags: [],
  complete: completeOneRelease,
  async run(context) {
    const release = await onReleases(context, {}, (action) => unlockRelease(action, context.args[0]!));
    context.stdout.write(`Release "${release.name}" is unlocked: revision ${release.revision} is now failed\n`);
    return undefined;
  },
};
