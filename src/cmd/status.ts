/** `status`: how a release is, with what it consists of. */
import { recordedRelease } from '../action/history.ts';
import { releaseResources } from '../action/status.ts';
import { toRecord } from '../release/encode.ts';
import { type Command, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import { OUTPUT_FLAG, REVISION_FLAG } from './flag-sets.ts';
import { onReleases } from './operation.ts';
import { formatted } from './output.ts';
import { resourceTables } from './resource-tables.ts';
import { statusText } from './status-text.ts';

const LONG = `
Show how a release is: when it was deployed, its revision and status, the
objects that it consists of, the results of its last tests, and its notes.
`;

export const command: Command = {
  use: 'status RELEASE_NAME',
  long: LONG,
  args: exactArgs(1),
  complete: completeOneRelease,
  flags: [REVISION_FLAG, OUTPUT_FLAG],
  async run(context) {
    const { args, flags, settings, stdout } = context;
    const isTable = flags.string('output') === 'table';
    const { release, resources } = await onReleases(context, {}, async (action) => {
      const release = await recordedRelease(action, args[0]!, flags.number('revision'));
      return { release, resources: await releaseResources(action, release, { asTables: isTable }) };
    });
    const { chart: _, ...shown } = release;
    const record = toRecord(shown);
    if (resources.size > 0)
      Object.assign(record.info as object, { resources: sortedDeep(Object.fromEntries(resources)) });
    stdout.write(
      formatted(flags.string('output'), record, () =>
        statusText(shown, { color: settings.color, resources: resourceTables(resources) }),
      ),
    );
    return undefined;
  },
};

/** Keys in order, as Go prints maps. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedDeep(inner)]));
}
