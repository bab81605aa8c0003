/** `test`: the tests of a release run. */
import { type TestOptions, testLogs, testRelease } from '../action/test-release.ts';
import { type Command, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import type { Output } from './environment.ts';
import { QUIET_FLAG, TIMEOUT_FLAG } from './flag-sets.ts';
import { onReleases } from './operation.ts';
import type { FlagValues } from './parse.ts';
import { statusText } from './status-text.ts';

const LONG = `
Run the tests of a release: the pods and jobs that its chart has for that.

    $ portolan test web --logs
    $ portolan test web --filter name=web-test-connection
`;

export const command: Command = {
  use: 'test [RELEASE]',
  long: LONG,
  args: exactArgs(1),
  complete: completeOneRelease,
  flags: [
    TIMEOUT_FLAG,
    { name: 'logs', type: 'bool', help: "print the logs of the tests' pods when all have run" },
    { name: 'filter', type: 'strings', help: "choose tests: name=test1,name=test2, or '!name=test3' to leave one out" },
    QUIET_FLAG,
  ],
  async run(context) {
    const { args, flags, settings, stdout } = context;
    const options = optionsOf(flags);
    await onReleases(context, { quiet: flags.bool('quiet'), settle: true }, async (action) => {
      const { release, error, cleanUp } = await testRelease(action, args[0]!, options);
      try {
        stdout.write(statusText(release, { color: settings.color, hideNotes: true }));
        const failures = error ? [error] : [];
        if (flags.bool('logs')) {
          stdout.write('\n');
          await printLogs(testLogs(action, release, options), stdout).catch((failure) => failures.push(failure));
        }
        if (failures.length > 0)
          throw new Error(failures.map(({ message }) => message).join('\n'), { cause: failures[0] });
      } finally {
        await cleanUp();
      }
    });
    return undefined;
  },
};

async function printLogs(logs: AsyncIterable<string>, { write }: Output): Promise<void> {
  for await (const log of logs) write(log);
}

function optionsOf(flags: FlagValues): TestOptions {
  const filters = flags.list('filter');
  const after = (prefix: RegExp) => filters.filter((text) => prefix.test(text)).map((text) => text.replace(prefix, ''));
  return { timeout: flags.number('timeout'), include: after(/^name=/), exclude: after(/^!\s?name=/) };
}
