/** `repo list`: the repositories that are added. */
import { readableRepositories } from '../repo/repositories.ts';
import { type Command, noArgs } from './command.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { formatted, tableText } from './output.ts';

const LONG = `
List the repositories that are added.
`;

export const command: Command = {
  use: 'list',
  long: LONG,
  args: noArgs,
  flags: [{ name: 'no-headers', type: 'bool', help: 'print no line of headings' }, OUTPUT_FLAG],
  async run({ flags, settings, stdout, stderr }) {
    const repositories = readableRepositories(settings.repositoryConfig).map(({ name, url }) => ({ name, url }));
    const format = flags.string('output');
    if (repositories.length === 0 && format === 'table') {
      stderr.write('no repositories to show\n');
      return undefined;
    }
    const head = flags.bool('no-headers') ? [] : [['NAME', 'URL']];
    stdout.write(
      formatted(format, repositories, () => tableText([...head, ...repositories.map(({ name, url }) => [name, url])])),
    );
    return undefined;
  },
};
