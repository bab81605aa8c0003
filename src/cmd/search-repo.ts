/** `search repo`: charts of the user's repositories by keyword. */
import { type SearchRepoOptions, searchRepositories } from '../action/search-repo.ts';
import { anyArgs, type Command } from './command.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { formatted, tableText } from './output.ts';
import { placesOf } from './repositories.ts';

const LONG = `
Search names, descriptions and keywords of the charts in your repositories, as
last fetched by 'portolan repo update'. Versions that are pre-releases are
shown with --devel or by a --version that allows them.

    $ portolan search repo mysql
    $ portolan search repo mysql --versions
    $ portolan search repo mysql --version ^8.0.0
`;

export const command: Command = {
  use: 'repo [keyword]',
  long: LONG,
  args: anyArgs,
  flags: [
    { name: 'regexp', short: 'r', type: 'bool', help: 'the keyword is a regular expression' },
    { name: 'versions', short: 'l', type: 'bool', help: 'show every version of a chart' },
    { name: 'devel', type: 'bool', help: "show development versions too; the same as --version '>0.0.0-0'" },
    { name: 'version', type: 'string', help: 'show versions that this constraint allows' },
    { name: 'max-col-width', type: 'uint', default: '50', help: 'widest a column may be' },
    { name: 'fail-on-no-result', type: 'bool', help: 'fail where nothing is found' },
    OUTPUT_FLAG,
  ],
  async run(context) {
    const { args, flags, stdout, log } = context;
    const results = searchRepositories({
      places: placesOf(context),
      keyword: args.join(' '),
      compile: flags.bool('regexp') ? await regularExpressions() : undefined,
      versions: flags.bool('versions'),
      version: flags.string('version'),
      devel: flags.bool('devel'),
      log,
    });
    if (results.length === 0 && flags.bool('fail-on-no-result')) throw new Error('no results found');
    const rows = results.map(({ name, entry }) => ({
      name,
      version: entry.version,
      app_version: entry.appVersion ?? '',
      description: entry.description ?? '',
    }));
    stdout.write(
      formatted(flags.string('output'), rows, () =>
        rows.length === 0
          ? 'No results found\n'
          : tableText(
              [['NAME', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION'], ...rows.map((row) => Object.values(row))],
              flags.number('max-col-width'),
            ),
      ),
    );
    return undefined;
  },
};

/** Linear in the text, whatever the pattern. */
async function regularExpressions(): Promise<SearchRepoOptions['compile']> {
  const { RE2JS } = await import('re2js');
  return (pattern) => {
    const compiled = RE2JS.compile(pattern);
    return {
      index(text) {
        const matcher = compiled.matcher(text);
        return matcher.find() ? matcher.start() : -1;
      },
    };
  };
}
