/** `release unlock`: a release that an interrupted command left pending can be worked on again. */
import { unlockRelease } from '../action/unlock.ts';
import { type Command, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import { onReleases } from './operation.ts';

const LONG = `
Mark a pending revision as failed, so that the release can be upgraded again,
and end the guard of whoever held the release.

The next command does that by itself where it can see that nobody is at work on
the release any more; where it was started on another machine it
waits until the guard of that has run out, fifteen seconds at most.
`;

export const command: Command = {
  use: 'unlock RELEASE_NAME',
  long: LONG,
  args: exactArgs(1),
  flags: [],
  complete: completeOneRelease,
  async run(context) {
    const name = context.args[0]!;
    const { holder, failed } = await onReleases(context, {}, (action) => unlockRelease(action, name));
    const told = [
      ...(holder === undefined ? [] : [`it was held by ${holder || 'another'}`]),
      ...(failed ? [`revision ${failed.revision} is now failed`] : []),
    ];
    context.stdout.write(`Release "${name}" is unlocked: ${told.join(', ')}\n`);
    return undefined;
  },
};
